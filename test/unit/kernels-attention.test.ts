/**
 * 1. attendSequence equals the 64-bit reference for 1 to 9 tokens and the longest length, plain and structured;
 *    its probabilities are exactly 0 for hidden keys and in the rounding.
 * 2. attendSequenceBackward equals numeric gradients of the reference, and a hidden key gets gradient exactly 0
 *    from a sibling's query.
 * 3. Path ids that hide nothing (all 0, one path only, different blocks, no block) give the plain bits.
 * 4. Decoding from slots gives the bits of attendSequence, token by token and in one batch, rows in any order.
 * 5. Leftovers in the work buffers change nothing, and no kernel writes past its buffers.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { layOutParallel } from '../support/embedded-sequences.ts';
import { assertClose, drawFloats, openKernelArena, rowsOf } from '../support/kernel-arena.ts';
import { attendRows, computeNumericGradient, isVisible } from '../support/reference-transformer.ts';

const D = 16;
const HEAD = 8;
const LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 49];

const arena = openKernelArena();
const { kernels } = arena;
const rng = createRng(13);

function roundUp(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** Path ids of a sequence with two blocks, cut to a length. */
function drawPaths(count: number): number[] {
  const { attnPath } = layOutParallel(
    2,
    [
      [1, 2, 1],
      [3, 2],
    ],
    1,
  );
  const long = layOutParallel(
    5,
    [
      [7, 6, 9],
      [5, 8],
    ],
    4,
  ).attnPath;
  return (count <= attnPath.length ? attnPath : [...long, ...long.map(() => 0)]).slice(0, count);
}

interface Attended {
  readonly out: Float32Array;
  readonly probabilities: Float32Array;
  readonly dqkv: Float32Array;
}

/** Forward and backward on fresh buffers full of NaN. */
function attend(qkv: Float32Array, paths: readonly number[] | null, dOut: Float32Array): Attended {
  arena.reset();
  const count = qkv.length / (3 * D);
  const wide = roundUp(count);
  const [input, keys] = [arena.take(qkv), arena.take(wide * D)];
  const probabilities = arena.take((D / HEAD) * count * wide);
  const out = arena.take(count * D);
  const ids = paths === null ? 0 : arena.takeIntegers(paths).at;
  kernels.attendSequence(input.at, count, D, HEAD, keys.at, probabilities.at, out.at, ids);
  const [dScores, dTo, dqkv] = [arena.take(count * wide), arena.take(dOut), arena.take(count * 3 * D)];
  // The other work buffer of the gradient is the keys' one, still full of keys.
  kernels.attendSequenceBackward(input.at, count, D, HEAD, keys.at, probabilities.at, dScores.at, dTo.at, dqkv.at);
  arena.assertCanaries();
  return { out: out.floats.slice(), probabilities: probabilities.floats.slice(), dqkv: dqkv.floats.slice() };
}

test('attention equals the reference, and hidden keys get probability 0', () => {
  for (const count of LENGTHS) {
    for (const paths of [null, drawPaths(count)]) {
      const qkv = drawFloats(rng, count * 3 * D, 2);
      const { out, probabilities } = attend(qkv, paths, drawFloats(rng, count * D, 2));
      const what = `${count} tokens, ${paths ? 'structured' : 'plain'}`;
      assertClose(
        out,
        attendRows(rowsOf(qkv, 3 * D), HEAD, paths ?? []).flatMap((row) => [...row]),
        1e-5,
        what,
      );
      rowsOf(probabilities, roundUp(count)).forEach((row, at) => {
        const i = at % count;
        row.forEach((p, j) => {
          if (!isVisible(paths ?? [], i, j)) assert.equal(p, 0, `${what}: query ${i}, key ${j}`);
        });
        assertClose([row.reduce((sum, p) => sum + p, 0)], [1], 1e-6, `${what}: sum of query ${i}`);
      });
    }
  }
});

test('the gradient equals numeric gradients of the reference', () => {
  for (const count of LENGTHS.filter((length) => length <= 9)) {
    for (const paths of [null, drawPaths(count)]) {
      const [qkv, dOut] = [drawFloats(rng, count * 3 * D, 2), drawFloats(rng, count * D, 2)];
      const { dqkv } = attend(qkv, paths, dOut);
      const objective = (moved: Float64Array) =>
        attendRows(rowsOf(moved, 3 * D), HEAD, paths ?? [])
          .flatMap((row) => [...row])
          .reduce((sum, v, i) => sum + v * dOut[i]!, 0);
      const wanted = computeNumericGradient(objective, Float64Array.from(qkv));
      assertClose(dqkv, wanted, 1e-5, `${count} tokens, ${paths ? 'structured' : 'plain'}`);
    }
  }
});

test('a sibling passes no gradient', () => {
  const { attnPath, blocks } = layOutParallel(3, [[5, 6]], 0);
  const [first, second] = blocks[0]!;
  const dOut = new Float32Array(attnPath.length * D);
  dOut.fill(1, second![0] * D, second![1] * D);
  const { dqkv } = attend(drawFloats(rng, attnPath.length * 3 * D, 2), attnPath, dOut);
  assert.ok(dqkv.subarray(first![0] * 3 * D, first![1] * 3 * D).every((v) => v === 0));
  assert.ok(
    dqkv.subarray(0, 3 * 3 * D).some((v) => v !== 0),
    'the prefix does get one',
  );
});

test('path ids that hide nothing give the plain bits', () => {
  const count = 11;
  const [qkv, dOut] = [drawFloats(rng, count * 3 * D, 2), drawFloats(rng, count * D, 2)];
  const plain = attend(qkv, null, dOut);
  const idsOf: Record<string, (i: number) => number> = {
    'all 0': () => 0,
    'one path': (i) => (i > 2 ? (1 << 16) | 1 : 0),
    'a path per block': (i) => ((i + 1) << 16) | (i + 1),
    'paths without a block': (i) => i,
    'blocks without a path': () => 1 << 16,
  };
  for (const [name, idOf] of Object.entries(idsOf)) {
    const structured = attend(
      qkv,
      Array.from({ length: count }, (_, i) => idOf(i)),
      dOut,
    );
    assert.deepEqual(structured, plain, name);
  }
});

interface DecodeRow {
  readonly slot: number;
  readonly index: number;
}

test('decoding from slots gives the bits of the whole sequence', () => {
  const [count, slots] = [9, 2];
  const maxLength = 49;
  const layerFloats = roundUp(maxLength) * D + maxLength * D;
  const paths = drawPaths(count);
  const inputs = Array.from({ length: slots }, () => drawFloats(rng, count * 3 * D, 2));
  const wanted = inputs.map((qkv, s) => attend(qkv, s === 0 ? null : paths, drawFloats(rng, count * D, 2)).out);

  const decode = (batches: readonly (readonly DecodeRow[])[]) => {
    arena.reset();
    const cache = arena.take(slots * 2 * layerFloats);
    const [scores, pathIds] = [arena.take(roundUp(maxLength)), arena.takeIntegers(paths)];
    for (const batch of batches) {
      const rows = batch.flatMap(({ slot, index }) => [...inputs[slot]!.subarray(index * 3 * D, (index + 1) * 3 * D)]);
      const [qkv, out] = [arena.take(rows), arena.take(batch.length * D)];
      const addresses = arena.takeIntegers(batch.map(({ slot }) => cache.at + slot * 2 * layerFloats * 4));
      const indices = arena.takeIntegers(batch.map(({ index }) => index));
      const pathAddresses = arena.takeIntegers(batch.map(({ slot }) => (slot === 0 ? 0 : pathIds.at)));
      // The second layer's place in each slot, so that a wrong layer offset shows.
      const [layerOffset, valueOffset] = [layerFloats * 4, roundUp(maxLength) * D * 4];
      const n = batch.length;
      kernels.storeKeysValues(qkv.at, n, D, addresses.at, layerOffset, valueOffset, indices.at);
      kernels.attendSlots(
        qkv.at,
        n,
        D,
        HEAD,
        addresses.at,
        layerOffset,
        valueOffset,
        indices.at,
        pathAddresses.at,
        scores.at,
        out.at,
      );
      batch.forEach(({ slot, index }, r) => {
        const got = out.floats.slice(r * D, (r + 1) * D);
        assert.deepEqual(got, wanted[slot]!.slice(index * D, (index + 1) * D), `slot ${slot}, index ${index}`);
      });
    }
    arena.assertCanaries();
    for (let s = 0; s < slots; s += 1) {
      const firstLayer = cache.floats.subarray(s * 2 * layerFloats, (s * 2 + 1) * layerFloats);
      assert.ok(firstLayer.every(Number.isNaN), `the other layer of slot ${s} is untouched`);
    }
  };
  const all = Array.from({ length: slots * count }, (_, i) => ({ slot: i % slots, index: Math.floor(i / slots) }));
  decode(all.map((row) => [row]));
  decode([all]);
  decode([all.toReversed()]);
});
