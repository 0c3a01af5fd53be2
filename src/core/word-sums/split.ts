import { hashSeed } from '../rng.ts';

export type WordSumSplit = 'train' | 'heldout';

/** One multiset of operands in this many is held out. */
const HELD_OUT_ONE_IN = 8;

/**
 * Which side a problem is on, by the multiset of its operands and nothing else: a split by text would
 * leak, as only 4,095 different pairs of operands exist.
 */
export function findSplit(operands: readonly number[]): WordSumSplit {
  const sorted = [...operands].sort((a, b) => a - b);
  return hashSeed('word-sums/split', ...sorted) % HELD_OUT_ONE_IN === 0 ? 'heldout' : 'train';
}
