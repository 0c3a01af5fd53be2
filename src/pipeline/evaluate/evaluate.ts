import { type EvalSet, listMeasuredSets, nameTwin } from '../../core/curriculum.ts';
import { createRng } from '../../core/rng.ts';
import { estimateMean } from '../../core/statistics/estimate-mean.ts';
import { countCriticalTokens, countPolicyTokens } from '../../core/trajectory.ts';
import type { EvaluatedSet } from '../../ports/run-observer.ts';
import type { RolloutPurpose, RolloutRecord } from '../../ports/run-store/rollouts.ts';
import type { MetricPoint } from '../../ports/run-store/training.ts';
import { type RolloutGroup, rollOutStep } from '../rollout/roll-out-step.ts';
import type { SamplingRun } from '../stage-run.ts';
import { measureAnswers } from './measure-answers.ts';

/** What is measured when. */
export interface EvaluationRequest {
  /** Evaluations of one stage and step must differ in purpose. */
  readonly step: number;
  readonly purpose: RolloutPurpose;
  readonly sets: readonly EvalSet[];
  readonly temperature: number;
  readonly topP: number;
  /** As in `StepRolloutRequest`. */
  readonly weightsStep: number | null;
}

/** Samples every set, twins included, under one weights version and measures it; the reward of an evaluation is always accuracy. */
export async function evaluate(run: SamplingRun, request: EvaluationRequest): Promise<EvaluatedSet[]> {
  const sets = await Promise.all(
    request.sets.map(async (set) => ({ set, problems: await run.ctx.problemsOf(set.problems) })),
  );
  const groups: (RolloutGroup & { readonly set: string })[] = sets.flatMap(({ set, problems }) =>
    problems.map((problem) => ({ problem, size: set.samples, set: set.name })),
  );
  groups.push(...pairGroups(request.sets, groups));
  const { rollouts } = await rollOutStep(run, { ...request, groups, reward: { kind: 'accuracy' } });
  // Rollouts stored by an older version do not name their set.
  const setOf = ({ set, group }: RolloutRecord) => set ?? groups[group]?.set;
  const scene = { parallelOpen: run.binding.tags.parallelOpen, thresholds: run.ctx.plan.effective };
  return listMeasuredSets(request.sets).map((set) => {
    const own = rollouts.filter((rollout) => setOf(rollout) === set.name);
    return { ...measureSet(set, own), analyses: measureAnswers(own, scene) };
  });
}

/** The groups of the twins: the same problems without forks, each under the seeds of its original. */
function pairGroups(
  sets: readonly EvalSet[],
  groups: readonly (RolloutGroup & { readonly set: string })[],
): (RolloutGroup & { readonly set: string })[] {
  const paired = new Set(sets.filter(({ sequentialTwin = false }) => sequentialTwin).map(({ name }) => name));
  return groups.flatMap((group, seedGroup) =>
    paired.has(group.set) ? [{ ...group, set: nameTwin(group.set), decoding: 'sequential' as const, seedGroup }] : [],
  );
}

/** Evaluates sets after `step` of a stage, stores the figures and returns them. */
export async function evaluateSets(run: SamplingRun, sets: readonly EvalSet[], step: number): Promise<EvaluatedSet[]> {
  const { ctx, index, stage } = run;
  const { temperature, topP } = ctx.plan.eval;
  const results = await evaluate(run, { purpose: 'eval', step, weightsStep: step, sets, temperature, topP });
  ctx.store.saveMetrics(ctx.runId, toMetricPoints(index, step, results));
  ctx.observer?.evaluated?.({ runId: ctx.runId, stageIndex: index, stageId: stage.id, step, results });
  return results;
}

/** Figures of the rollouts of one set. */
export function measureSet(set: EvalSet, rollouts: readonly RolloutRecord[]): Omit<EvaluatedSet, 'analyses'> {
  let validBlocks = 0;
  let tokens = 0;
  let critical = 0;
  let finished = 0;
  for (const { trajectory, formatValid, reward } of rollouts) {
    if (trajectory === null) continue;
    finished += 1;
    if (formatValid && (reward?.blocksExecuted ?? 0) > 0) validBlocks += 1;
    tokens += countPolicyTokens(trajectory);
    critical += countCriticalTokens(trajectory);
  }
  const judged = rollouts.map(({ group, verdict, trajectory }) => ({
    group,
    verdict,
    isFinished: trajectory !== null,
  }));
  return {
    name: set.name,
    samples: set.samples,
    ...measureAccuracy(judged),
    validBlockFraction: finished === 0 ? 0 : validBlocks / finished,
    meanTokens: finished === 0 ? 0 : tokens / finished,
    meanCriticalTokens: finished === 0 ? 0 : critical / finished,
  };
}

/** Mean over problems (groups) of the share of right answers, with its 95 % interval and standard error over problems; failed rollouts are left out. */
export function measureAccuracy(
  rollouts: readonly (Pick<RolloutRecord, 'group' | 'verdict'> & { readonly isFinished: boolean })[],
): Pick<EvaluatedSet, 'problems' | 'accuracy' | 'low' | 'high' | 'standardError'> {
  const perProblem = new Map<number, { correct: number; count: number }>();
  for (const { group, verdict, isFinished } of rollouts) {
    const tally = perProblem.get(group) ?? { correct: 0, count: 0 };
    perProblem.set(group, tally);
    if (!isFinished) continue;
    tally.count += 1;
    if (verdict?.verdict === 'correct') tally.correct += 1;
  }
  const shares = [...perProblem.values()].filter(({ count }) => count > 0).map(({ correct, count }) => correct / count);
  const estimate = estimateMean(shares, { method: 'bounded', level: 0.95, range: [0, 1], rng: createRng(0) });
  if (estimate === null) return { problems: 0, accuracy: 0, low: 0, high: 1, standardError: 0 };
  const { problems, mean: accuracy, low, high, standardError } = estimate;
  return { problems, accuracy, low, high, standardError: standardError ?? 0 };
}

/** Metric rows of evaluation results, keys `eval/<set>/<figure>`. */
function toMetricPoints(stageIndex: number, step: number, results: readonly EvaluatedSet[]): MetricPoint[] {
  return results.flatMap((result) =>
    [
      ['mean_accuracy', result.accuracy] as const,
      ['interval_low', result.low] as const,
      ['interval_high', result.high] as const,
      ['standard_error', result.standardError] as const,
      ['valid_block_fraction', result.validBlockFraction] as const,
      ['mean_tokens', result.meanTokens] as const,
      ['mean_critical_tokens', result.meanCriticalTokens] as const,
      ...Object.entries(result.analyses),
    ].map(([figure, value]) => ({ stageIndex, step, key: `eval/${result.name}/${figure}`, value })),
  );
}
