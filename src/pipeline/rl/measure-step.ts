import type { Datum, LossSpec } from '../../core/datum.ts';
import { countCriticalTokens, countPolicyTokens } from '../../core/trajectory.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

/** Metrics of one step's rollouts. Fractions are over finished rollouts; token counts are policy tokens. */
export function measureRollouts(rollouts: readonly RolloutRecord[]): Record<string, number> {
  const finished = rollouts.filter(({ trajectory }) => trajectory !== null);
  const share = (test: (rollout: RolloutRecord) => boolean) =>
    finished.length === 0 ? 0 : finished.filter(test).length / finished.length;
  const mean = (value: (rollout: RolloutRecord) => number) =>
    finished.length === 0 ? 0 : finished.reduce((sum, rollout) => sum + value(rollout), 0) / finished.length;
  return {
    'reward/mean': mean(({ reward }) => reward?.value ?? 0),
    'reward/correct_fraction': share(({ verdict }) => verdict?.verdict === 'correct'),
    'verdict/unparsable_fraction': share(({ verdict }) => verdict?.verdict === 'unparsable'),
    'format/valid_fraction': share(({ formatValid }) => formatValid),
    'format/valid_block_fraction': share(({ formatValid, reward }) => formatValid && (reward?.blocksExecuted ?? 0) > 0),
    'rollout/truncated_fraction': share(({ trajectory }) => trajectory?.end === 'length'),
    'rollout/mean_tokens': mean(({ trajectory }) => (trajectory === null ? 0 : countPolicyTokens(trajectory))),
    'rollout/mean_critical_tokens': mean(({ trajectory }) =>
      trajectory === null ? 0 : countCriticalTokens(trajectory),
    ),
    'rollout/failed': rollouts.length - finished.length,
  };
}

/** What came back for one minibatch. */
export interface MinibatchResult {
  /** As sampled: with the sampler's log-probs. */
  readonly sampled: readonly Datum[];
  /** As trained on: with the old log-probs of the loss. */
  readonly data: readonly Datum[];
  readonly logprobs: readonly (readonly number[] | null)[];
  readonly gradNorm: number | null;
}

/** |trainer log-prob - sampler log-prob| over the trained positions of a minibatch, and the target where it is largest. */
export interface Mismatch {
  readonly mean: number;
  readonly max: number;
  readonly datumIndex: number;
  readonly position: number;
  readonly sampler: number;
  readonly trainer: number;
}

/** Null where the trainer gave no log-probs. Of equal differences the first one counts. */
export function measureMismatch(result: MinibatchResult): Mismatch | null {
  let sum = 0;
  let count = 0;
  let largest: Omit<Mismatch, 'mean'> | null = null;
  forEachTrained(result.sampled, result.logprobs, (trainer, sampler, _advantage, datumIndex, position) => {
    const difference = Math.abs(trainer - sampler);
    sum += difference;
    count += 1;
    if (largest === null || difference > largest.max)
      largest = { max: difference, datumIndex, position, sampler, trainer };
  });
  return largest === null ? null : { ...(largest as Omit<Mismatch, 'mean'>), mean: sum / count };
}

/**
 * Metrics of one step's update. `mismatch` is that of the first minibatch, before any update of the step: sampling and
 * training should agree there. `clip_fraction` is the share of trained positions whose ratio left the bounds.
 */
export function measureUpdate(
  results: readonly MinibatchResult[],
  mismatch: Mismatch | null,
  loss: LossSpec,
): Record<string, number> {
  const metrics: Record<string, number> = { 'train/updates': results.length };
  const norms = results.flatMap(({ gradNorm }) => (gradNorm === null ? [] : [gradNorm]));
  if (norms.length > 0) metrics['train/grad_norm'] = Math.max(...norms);
  if (mismatch !== null) {
    metrics['mismatch/mean'] = mismatch.mean;
    metrics['mismatch/max'] = mismatch.max;
  }
  if (loss.kind === 'ppo' || loss.kind === 'cispo') metrics['train/clip_fraction'] = measureClipping(results, loss);
  return metrics;
}

/** Calls `visit` with the trainer's and the old log-prob and the advantage of every trained position, and where it is. */
function forEachTrained(
  data: readonly Datum[],
  logprobs: MinibatchResult['logprobs'],
  visit: (trainer: number, sampler: number, advantage: number, datumIndex: number, position: number) => void,
): void {
  data.forEach((datum, index) => {
    const row = logprobs[index];
    if (row == null || datum.logprobs === undefined || datum.advantages === undefined) return;
    for (let position = 0; position < row.length; position += 1) {
      const advantage = datum.advantages[position]!;
      if (advantage !== 0) visit(row[position]!, datum.logprobs[position]!, advantage, index, position);
    }
  });
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
