/** Small shapes and sequences for the tests of the embedded transformer. */
import type { LossSequence, ModelShape, ScoreSequence } from '../../adapters/embedded-lm/model/contract.ts';
import type { Rng } from '../../src/core/rng.ts';

/** Odd where the kernels allow it: heads of 16, a vocabulary that is not all used, a length that is no multiple of 4. */
export const SMALL_SHAPE: ModelShape = {
  width: 32,
  layers: 2,
  heads: 2,
  hidden: 64,
  vocab: 24,
  usedVocab: 21,
  maxLength: 49,
};

export function drawTokens(rng: Rng, shape: ModelShape, length: number): number[] {
  return Array.from({ length }, () => rng.nextInt(shape.usedVocab));
}

export function drawSequence(rng: Rng, shape: ModelShape, length: number): ScoreSequence {
  const full = drawTokens(rng, shape, length + 1);
  return { tokens: full.slice(0, -1), targets: full.slice(1) };
}

/** Where the parts of a parallel sequence lie, as index ranges [start, end). */
export interface ParallelParts {
  readonly prefix: readonly [number, number];
  /** Per block, per path. */
  readonly blocks: readonly (readonly (readonly [number, number])[])[];
  readonly summary: readonly [number, number];
}

/**
 * Positions and path ids of prefix, blocks of paths, and a summary after each block, from their lengths: every
 * path of a block restarts after what stands before the block, and the trunk goes on after the longest path.
 */
export function layOutParallel(
  prefix: number,
  blocks: readonly (readonly number[])[],
  summary: number,
): ParallelParts & { readonly positionIds: number[]; readonly attnPath: number[] } {
  const positionIds: number[] = [];
  const attnPath: number[] = [];
  let trunk = 0;
  const append = (length: number, from: number, path: number): readonly [number, number] => {
    const start = positionIds.length;
    for (let i = 0; i < length; i += 1) {
      positionIds.push(from + i);
      attnPath.push(path);
    }
    return [start, start + length];
  };
  const prefixRange = append(prefix, 0, 0);
  trunk = prefix;
  let summaryRange = prefixRange;
  const ranges = blocks.map((lengths, b) => {
    const paths = lengths.map((length, p) => append(length, trunk, ((b + 1) << 16) | (p + 1)));
    trunk += Math.max(...lengths);
    summaryRange = append(summary, trunk, 0);
    trunk += summary;
    return paths;
  });
  return { prefix: prefixRange, blocks: ranges, summary: summaryRange, positionIds, attnPath };
}

/** Adds loss weights with both signs and zeros. */
export function addWeights(rng: Rng, sequence: ScoreSequence): LossSequence {
  return { ...sequence, weights: sequence.tokens.map((_, i) => (i % 3 === 0 ? 0 : (rng.next() - 0.4) * 2)) };
}
