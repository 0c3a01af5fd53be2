import { type EvaluationFigures, measureSamples } from '../../core/statistics/evaluation-figures.ts';
import type { EvaluatedSample } from '../../core/statistics/outcomes.ts';
import { countCriticalTokens, countPolicyTokens } from '../../core/trajectory.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

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

/** Measures the rollouts of one set. Problems are told apart by group, never by text; rollouts that failed for good are left out. */
export function measureEvaluation(set: string, rollouts: readonly RolloutRecord[], seed: number): Evaluation {
  const finished = rollouts.filter(({ trajectory }) => trajectory !== null);
  const average = (measure: (rollout: RolloutRecord) => number) =>
    finished.length === 0 ? 0 : finished.reduce((sum, rollout) => sum + measure(rollout), 0) / finished.length;
  return {
    set,
    ...measureSamples(rollouts.map(toSample), { seed }),
    formatValidFraction: average(({ formatValid }) => Number(formatValid)),
    parallelFraction: average(({ reward }) => Number((reward?.blocksExecuted ?? 0) > 0)),
    meanTokens: average(({ trajectory }) => countPolicyTokens(trajectory!)),
    meanCriticalTokens: average(({ trajectory }) => countCriticalTokens(trajectory!)),
  };
}

/** A stored rollout of an evaluation as the statistics see it. */
export function toSample({ group, trajectory, verdict, formatValid }: RolloutRecord): EvaluatedSample {
  return {
    problem: `${group}`,
    answer: verdict?.extracted ?? null,
    correct: verdict?.verdict === 'correct',
    errored: trajectory === null,
    truncated: trajectory?.end === 'length',
    formatValid,
  };
}
