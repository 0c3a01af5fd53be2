import type { Estimate } from '../../core/statistics/estimate-mean.ts';
import {
  compareSamples,
  type EvaluationComparison,
  type EvaluationFigures,
  measureSamples,
} from '../../core/statistics/evaluation-figures.ts';
import type { EvaluatedSample, OutcomeTally } from '../../core/statistics/outcomes.ts';
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
  /** Null where the answers came without their tokens. */
  readonly meanTokens: number | null;
  readonly meanCriticalTokens: number | null;
  /** The set split by level and by subject; empty where its problems name none, or all the same. */
  readonly parts: readonly EvaluationPart[];
}

/** The problems of a set that share a label. */
export interface EvaluationPart {
  readonly by: 'level' | 'subject';
  readonly label: string;
  readonly problems: number;
  readonly tally: OutcomeTally;
  /** mean@k with its interval over these problems; null where no sample counts. */
  readonly mean: Estimate | null;
}

/** The answers without forks of a set beside those that may fork, problem by problem: positive where forks help. */
export interface TwinComparison extends EvaluationComparison {
  readonly set: string;
  /** The set of the answers without forks. */
  readonly twin: string;
}

/** What is measured of a rollout; its text is not needed. */
export type MeasuredRollout = Pick<ListedRollout, 'group' | 'end' | 'verdict' | 'formatValid' | 'blocks'> & {
  readonly policyTokens: number | null;
  readonly criticalTokens: number | null;
  /** Where it is unknown, the set has no parts and no twin. */
  readonly problem?: Pick<ListedRollout['problem'], 'key' | 'level' | 'subject'>;
};

/** Measures the rollouts of one set. Problems are told apart by group, never by text; rollouts that failed for good are left out. */
export function measureEvaluation(set: string, rollouts: readonly MeasuredRollout[], seed: number): Evaluation {
  const finished = rollouts.filter(({ end }) => end !== null);
  const average = (measure: (rollout: MeasuredRollout) => number) =>
    finished.length === 0 ? 0 : finished.reduce((sum, rollout) => sum + measure(rollout), 0) / finished.length;
  const averageTokens = (count: (rollout: MeasuredRollout) => number | null) =>
    finished.some((rollout) => count(rollout) === null) ? null : average((rollout) => count(rollout)!);
  return {
    set,
    ...measureSamples(rollouts.map(toSample), { seed }),
    formatValidFraction: average(({ formatValid }) => Number(formatValid)),
    parallelFraction: average(({ blocks }) => Number(blocks > 0)),
    meanTokens: averageTokens(({ policyTokens }) => policyTokens),
    meanCriticalTokens: averageTokens(({ criticalTokens }) => criticalTokens),
    parts: [...measureParts('level', rollouts, seed), ...measureParts('subject', rollouts, seed)],
  };
}

/** More labels than these are no classes but names. */
const MAX_LABELS = 40;

function measureParts(by: EvaluationPart['by'], rollouts: readonly MeasuredRollout[], seed: number): EvaluationPart[] {
  const byLabel = Map.groupBy(rollouts, ({ problem }) => problem?.[by] ?? null);
  if (byLabel.size < 2 || byLabel.size > MAX_LABELS) return [];
  return [...byLabel]
    .map(([label, own]) => {
      const { problems, tally, mean } = measureSamples(own.map(toSample), { seed, ks: [] });
      return { by, label: label ?? `no ${by}`, problems, tally, mean };
    })
    .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
}

/** Compares two evaluations of the same problems, `second` minus `first`; their groups may have other numbers. */
export function compareMeasured(
  first: readonly MeasuredRollout[],
  second: readonly MeasuredRollout[],
  seed: number,
): EvaluationComparison {
  return compareSamples(nameGroups(first), nameGroups(second), { seed });
}

/** Samples under what both evaluations call their problem: its key, and which of the groups that answer it they are of. */
function nameGroups(rollouts: readonly MeasuredRollout[]): EvaluatedSample[] {
  const names = new Map<number, string>();
  const seen = new Map<number, number>();
  for (const { group, problem } of rollouts.toSorted((a, b) => a.group - b.group)) {
    if (names.has(group) || problem === undefined) continue;
    const earlier = seen.get(problem.key) ?? 0;
    seen.set(problem.key, earlier + 1);
    names.set(group, `${problem.key}/${earlier}`);
  }
  return rollouts.map((rollout) => ({
    ...toSample(rollout),
    problem: names.get(rollout.group) ?? `?${rollout.group}`,
  }));
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
