import type { DecodeRegion } from '../memory-plan.ts';
import type { Runtime } from '../runtime.ts';

/** Room for the keys and values of one sequence, and which tokens they belong to. */
export interface Slot {
  readonly address: number;
  readonly pathsAddress: number;
  /** Prompt and sampled tokens; `known` of them are set. */
  readonly tokens: Int32Array;
  known: number;
  /** Tokens whose keys and values are stored: the first ones. */
  stored: number;
  /** Weights that computed them. */
  generation: number;
  /** False where positions or paths were given: such keys fit no other sequence. */
  isShareable: boolean;
  isBusy: boolean;
  lastUse: number;
}

/**
 * The key-value cache of one thread. A slot whose sequence has ended keeps its contents until the room is
 * needed, so that a sequence with the same beginning copies them instead of computing them again.
 */
export class KvSlots {
  readonly #runtime: Runtime;
  readonly #region: DecodeRegion;
  readonly #slots: readonly Slot[];
  #clock = 0;
  #busy = 0;

  constructor(runtime: Runtime, region: DecodeRegion) {
    this.#runtime = runtime;
    this.#region = region;
    const { maxLength } = runtime.shape;
    this.#slots = Array.from({ length: region.slots }, (_, i) => ({
      address: region.slotBase + i * region.slotBytes,
      pathsAddress: region.slotPaths + i * maxLength * 4,
      tokens: new Int32Array(maxLength),
      known: 0,
      stored: 0,
      generation: -1,
      isShareable: false,
      isBusy: false,
      lastUse: 0,
    }));
  }

  get busy(): number {
    return this.#busy;
  }

  /**
   * Takes a slot for a prompt and fills it with the longest beginning that another slot holds under
   * the same weights; at least one token is left to compute. Null when every slot is busy.
   */
  take(prompt: readonly number[], generation: number, isShareable: boolean): Slot | null {
    const slot = this.#findOldest();
    if (slot === null) return null;
    const source = isShareable ? this.#findLongest(prompt, generation) : null;
    const shared = source === null ? 0 : countShared(source, prompt);
    if (source !== null && source !== slot) this.#copy(source, slot, shared);
    slot.tokens.set(prompt);
    slot.known = prompt.length;
    slot.stored = shared;
    slot.generation = generation;
    slot.isShareable = isShareable;
    slot.isBusy = true;
    this.#busy += 1;
    this.#touch(slot);
    if (source !== null) this.#touch(source);
    return slot;
  }

  release(slot: Slot): void {
    slot.isBusy = false;
    this.#busy -= 1;
    this.#touch(slot);
  }

  #touch(slot: Slot): void {
    this.#clock += 1;
    slot.lastUse = this.#clock;
  }

  #findOldest(): Slot | null {
    let oldest: Slot | null = null;
    for (const slot of this.#slots) {
      if (!slot.isBusy && (oldest === null || slot.lastUse < oldest.lastUse)) oldest = slot;
    }
    return oldest;
  }

  #findLongest(prompt: readonly number[], generation: number): Slot | null {
    let longest: Slot | null = null;
    let most = 0;
    for (const slot of this.#slots) {
      if (slot.generation !== generation || !slot.isShareable) continue;
      const shared = countShared(slot, prompt);
      if (shared > most) {
        most = shared;
        longest = slot;
      }
    }
    return longest;
  }

  /** Keys lie in blocks of four, so a few more than `count` come along; they are overwritten before they are read. */
  #copy(from: Slot, to: Slot, count: number): void {
    const { floats, shape } = this.#runtime;
    const { layerBytes, valueOffset } = this.#region;
    const keyFloats = Math.ceil(count / 4) * 4 * shape.width;
    for (let layer = 0; layer < shape.layers; layer += 1) {
      const source = (from.address + layer * layerBytes) / 4;
      const target = (to.address + layer * layerBytes) / 4;
      floats.copyWithin(target, source, source + keyFloats);
      const values = source + valueOffset / 4;
      floats.copyWithin(target + valueOffset / 4, values, values + count * shape.width);
    }
  }
}

/** Tokens at the beginning of a prompt whose keys and values a slot holds, the last prompt token left out. */
function countShared(slot: Slot, prompt: readonly number[]): number {
  const most = Math.min(slot.stored, prompt.length - 1);
  let count = 0;
  while (count < most && slot.tokens[count] === prompt[count]) count += 1;
  return count;
}
