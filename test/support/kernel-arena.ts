/**
 * A kernel memory in which every buffer stands between canaries, so that a write one float too far is seen.
 * Fresh buffers hold NaN: a kernel that reads what nobody wrote spoils its result.
 */
import assert from 'node:assert/strict';
import { bindKernels, type Kernels, loadKernelModule, MAX_PAGES } from '../../adapters/embedded-lm/model/kernels.ts';
import type { Rng } from '../../src/core/rng.ts';

const CANARY = 0x7fc0dead;
const CANARY_WORDS = 16;
/** Below lies the module's static data. */
const FIRST_BYTE = 65_536;

export interface ArenaBuffer {
  /** Byte address for a kernel call. */
  readonly at: number;
  readonly floats: Float32Array;
  readonly integers: Int32Array;
}

export interface KernelArena {
  readonly kernels: Kernels;
  /** Room for n numbers: NaN, or the given values. */
  take(content: number | ArrayLike<number>): ArenaBuffer;
  takeIntegers(values: readonly number[]): ArenaBuffer;
  /** Fails when any buffer was written past its ends. */
  assertCanaries(): void;
  /** Forgets all buffers. */
  reset(): void;
}

export function openKernelArena(): KernelArena {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: MAX_PAGES, shared: true });
  const words = new Int32Array(memory.buffer);
  const canaries: number[] = [];
  let next = FIRST_BYTE / 4;
  const putCanary = () => {
    words.fill(CANARY, next, next + CANARY_WORDS);
    canaries.push(next);
    next += CANARY_WORDS;
  };
  const reserve = (n: number): ArenaBuffer => {
    putCanary();
    next = Math.ceil(next / 4) * 4;
    const at = next * 4;
    next += n;
    putCanary();
    assert.ok(next <= words.length, `the arena is too small for ${n} more numbers`);
    const floats = new Float32Array(memory.buffer, at, n);
    floats.fill(Number.NaN);
    return { at, floats, integers: new Int32Array(memory.buffer, at, n) };
  };
  return {
    kernels: bindKernels(loadKernelModule(), memory),
    take(content) {
      const buffer = reserve(typeof content === 'number' ? content : content.length);
      if (typeof content !== 'number') buffer.floats.set(content);
      return buffer;
    },
    takeIntegers(values) {
      const buffer = reserve(values.length);
      buffer.integers.set(values);
      return buffer;
    },
    assertCanaries() {
      for (const start of canaries) {
        for (let i = start; i < start + CANARY_WORDS; i += 1)
          assert.equal(words[i], CANARY, `byte ${i * 4} was written`);
      }
    },
    reset() {
      next = FIRST_BYTE / 4;
      canaries.length = 0;
    },
  };
}

/** Fails unless every value is within `bound` of the wanted one, relative to the largest wanted magnitude or 1. */
export function assertClose(actual: ArrayLike<number>, wanted: ArrayLike<number>, bound: number, what: string): void {
  assert.equal(actual.length, wanted.length, `${what}: length`);
  let scale = 1;
  for (let i = 0; i < wanted.length; i += 1) scale = Math.max(scale, Math.abs(wanted[i]!));
  for (let i = 0; i < wanted.length; i += 1) {
    const error = Math.abs(actual[i]! - wanted[i]!) / scale;
    // Written so that NaN fails.
    if (!(error <= bound)) assert.fail(`${what}: [${i}] is ${actual[i]}, wanted ${wanted[i]}, error ${error}`);
  }
}

/** Random numbers within `bound` of 0. */
export function drawFloats(rng: Rng, n: number, bound = 1): Float32Array {
  return Float32Array.from({ length: n }, () => rng.next() * 2 * bound - bound);
}

/** A matrix as its rows, in double precision. */
export function rowsOf(values: ArrayLike<number>, width: number): Float64Array[] {
  const all = Float64Array.from(values);
  return Array.from({ length: all.length / width }, (_, i) => all.slice(i * width, (i + 1) * width));
}
