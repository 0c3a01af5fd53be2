import type { PassOutput } from './pass-output.ts';

interface Share {
  readonly value: number;
  /** Datums of the chunk the value is from. */
  readonly weight: number;
}

type Reduction = (shares: readonly Share[]) => number | null;

const sum: Reduction = (shares) => shares.reduce((total, { value }) => total + value, 0);
const max: Reduction = (shares) => Math.max(...shares.map(({ value }) => value));
const min: Reduction = (shares) => Math.min(...shares.map(({ value }) => value));
const same: Reduction = (shares) => (shares.every(({ value }) => value === shares[0]!.value) ? shares[0]!.value : null);

const mean: Reduction = (shares) => {
  const total = shares.reduce((weights, { weight }) => weights + weight, 0);
  return total === 0 ? null : shares.reduce((acc, { value, weight }) => acc + (value * weight) / total, 0);
};

/** How the values of several chunks become one, by the suffix of the key. A sole value per batch stays only when all agree. */
const REDUCTIONS: ReadonlyMap<string, Reduction> = new Map([
  [':sum', sum],
  [':mean', mean],
  [':max', max],
  [':min', min],
  [':slack', (shares) => max(shares)! - (mean(shares) ?? 0)],
  [':unique', same],
  [':hash_unordered', same],
]);

/**
 * Joins the results of a batch's chunks, in order. Metrics merge by the suffix after their last colon;
 * one that is not in every chunk, or has a suffix nobody defined, is dropped.
 */
export function mergeOutputs(outputs: readonly PassOutput[]): PassOutput {
  if (outputs.length === 1) return outputs[0]!;
  const metrics: Record<string, number> = {};
  for (const key of Object.keys(outputs[0]?.metrics ?? {})) {
    const reduce = REDUCTIONS.get(/:[^:]*$/.exec(key)?.[0] ?? '');
    if (reduce === undefined || !outputs.every((output) => key in output.metrics)) continue;
    const merged = reduce(outputs.map((output) => ({ value: output.metrics[key]!, weight: output.logprobs.length })));
    if (merged !== null) metrics[key] = merged;
  }
  return { logprobs: outputs.flatMap((output) => output.logprobs), metrics };
}
