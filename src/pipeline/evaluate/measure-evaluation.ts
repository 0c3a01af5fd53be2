import { type EvaluationFigures, measureSamples } from '../../core/statistics/evaluation-figures.ts';
import type { EvaluatedSample } from '../../core/statistics/outcomes.ts';
import type { ListedRollout } from '../../ports/run-store/listings.ts';

/**
 * Full figures of one problem set (docs/statistics.md): mean@k, pass@k, pass^k, best@k (the paper's bootstrap) and
 * majority@k with 95 % intervals over problems, what became of the samples, and what the responses looked like. Shares and
 * means are over finished rollouts, and 0 where there is none.
 */
export interface Evaluation extends EvaluationFigures {
  readonly set: string;
  readonly formatValidFraction: number;
  /** Share of rollouts with at least one executed block. */
  readonly parallelFraction: number;
  readonly meanTokens: number;
  readonly meanCriticalTokens: number;
}

/** What is measured of a rollout; its text is not needed. */
export type MeasuredRollout = Pick<
  ListedRollout,
  'group' | 'end' | 'verdict' | 'formatValid' | 'blocks' | 'policyTokens' | 'criticalTokens'
>;

/** Measures the rollouts of one set. Problems are told apart by group, never by text; rollouts that failed for good are left out. */
export function measureEvaluation(set: string, rollouts: readonly MeasuredRollout[], seed: number): Evaluation {
  const finished = rollouts.filter(({ end }) => end !== null);
  const average = (measure: (rollout: MeasuredRollout) => number) =>
    finished.length === 0 ? 0 : finished.reduce((sum, rollout) => sum + measure(rollout), 0) / finished.length;
  return {
    set,
    ...measureSamples(rollouts.map(toSample), { seed }),
    formatValidFraction: average(({ formatValid }) => Number(formatValid)),
    parallelFraction: average(({ blocks }) => Number(blocks > 0)),
    meanTokens: average(({ policyTokens }) => policyTokens),
    meanCriticalTokens: average(({ criticalTokens }) => criticalTokens),
  };
}

/** A stored rollout of an evaluation as the statistics see it. */
function toSample({ group, end, verdict, formatValid }: MeasuredRollout): EvaluatedSample {
  return {
    problem: `${group}`,
    answer: verdict?.extracted ?? null,
    correct: verdict?.verdict === 'correct',
    errored: end === null,
    truncated: end === 'length',
    formatValid,
  };
}
