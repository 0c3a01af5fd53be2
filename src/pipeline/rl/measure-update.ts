import type { Datum, LossSpec } from '../../core/datum.ts';

/** What came back for one minibatch. */
export interface MinibatchResult {
  /** As sampled: with the sampler's log-probs. */
  readonly sampled: readonly Datum[];
  /** As trained on: with the old log-probs of the loss. */
  readonly data: readonly Datum[];
  readonly logprobs: readonly (readonly number[] | null)[];
  readonly gradNorm: number | null;
}

/**
 * Metrics of one step's update. `mismatch` is |trainer log-prob - sampler log-prob| on trained
 * positions of the first minibatch, before any update of the step: sampling and training should
 * agree there. `clip_fraction` is the share of trained positions whose ratio left the bounds.
 */
export function measureUpdate(results: readonly MinibatchResult[], loss: LossSpec): Record<string, number> {
  const metrics: Record<string, number> = { 'train/updates': results.length };
  const norms = results.flatMap(({ gradNorm }) => (gradNorm === null ? [] : [gradNorm]));
  if (norms.length > 0) metrics['train/grad_norm'] = Math.max(...norms);
  const first = results[0] === undefined ? null : measureMismatch(results[0]);
  if (first !== null) {
    metrics['mismatch/mean'] = first.mean;
    metrics['mismatch/max'] = first.max;
  }
  if (loss.kind === 'ppo' || loss.kind === 'cispo') metrics['train/clip_fraction'] = measureClipping(results, loss);
  return metrics;
}

/** Calls `visit` with the trainer's and the old log-prob and the advantage of every trained position. */
function forEachTrained(
  data: readonly Datum[],
  logprobs: MinibatchResult['logprobs'],
  visit: (trainer: number, sampler: number, advantage: number) => void,
): void {
  data.forEach((datum, index) => {
    const row = logprobs[index];
    if (row == null || datum.logprobs === undefined || datum.advantages === undefined) return;
    for (let position = 0; position < row.length; position += 1) {
      const advantage = datum.advantages[position]!;
      if (advantage !== 0) visit(row[position]!, datum.logprobs[position]!, advantage);
    }
  });
}

function measureMismatch(result: MinibatchResult): { mean: number; max: number } | null {
  let sum = 0;
  let max = 0;
  let count = 0;
  forEachTrained(result.sampled, result.logprobs, (trainer, sampler) => {
    const difference = Math.abs(trainer - sampler);
    sum += difference;
    max = Math.max(max, difference);
    count += 1;
  });
  return count === 0 ? null : { mean: sum / count, max };
}

function measureClipping(results: readonly MinibatchResult[], loss: { clipLow: number; clipHigh: number }): number {
  let clipped = 0;
  let count = 0;
  for (const result of results) {
    forEachTrained(result.data, result.logprobs, (trainer, old, advantage) => {
      const ratio = Math.exp(trainer - old);
      if (advantage > 0 ? ratio > loss.clipHigh : ratio < loss.clipLow) clipped += 1;
      count += 1;
    });
  }
  return count === 0 ? 0 : clipped / count;
}
