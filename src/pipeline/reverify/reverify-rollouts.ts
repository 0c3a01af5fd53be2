import type { CurriculumPlan } from '../../core/curriculum.ts';
import { computeReward, type Reward, type RewardConfig } from '../../core/reward.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { RolloutKey, RolloutRecord, RolloutRevision, RolloutStep } from '../../ports/run-store/rollouts.ts';
import { judgeTrajectories } from '../rollout/score-trajectory.ts';
import { readFigures, StepFigures, type StoredFigures } from './follow-figures.ts';
import { reverifyAttempts } from './reverify-attempts.ts';
import { isSameVerdict, type ReverifiedBatch, type ReverifyContext, type VerdictChange } from './verdict-change.ts';

/** Rollouts held in memory and sent to the verifier at once. */
const ROLLOUTS_AT_ONCE = 512;

/** Judges the rollouts of one step again, page by page; with `apply` the step's figures follow the last of them. */
async function* reverifyStep(
  ctx: ReverifyContext,
  place: RolloutStep,
  stored: StoredFigures,
  apply: boolean,
): AsyncGenerator<ReverifiedBatch> {
  const { stageIndex, purpose, step } = place;
  const figures = new StepFigures();
  for (const page of ctx.store.pageRollouts(ctx.runId, stageIndex, purpose, step, ROLLOUTS_AT_ONCE))
    yield await reverifyRollouts(ctx, page, figures, apply);
  const points = figures.listPoints(place, stored);
  if (apply && points.length > 0) ctx.store.saveMetrics(ctx.runId, points);
  yield { judged: 0, changes: [], figures: points };
}

async function reverifyRollouts(
  ctx: ReverifyContext,
  stored: readonly RolloutRecord[],
  figures: StepFigures,
  apply: boolean,
): Promise<ReverifiedBatch> {
  const finished: (RolloutRecord & { readonly trajectory: Trajectory })[] = [];
  for (const rollout of stored) {
    if (rollout.trajectory === null) figures.add(rollout);
    else finished.push({ ...rollout, trajectory: rollout.trajectory });
  }
  const verdicts = await judgeTrajectories(ctx.verifier, ctx.plan, finished, ctx.signal);
  const revisions: RolloutRevision[] = [];
  const changes: VerdictChange[] = [];
  for (const [k, rollout] of finished.entries()) {
    const after = verdicts[k]!;
    if (isSameVerdict(rollout.verdict, after)) {
      figures.add(rollout);
      continue;
    }
    const { stageIndex, purpose, step, group, sample, problem, verdict: before } = rollout;
    const key = { stageIndex, purpose, step, group, sample };
    const reward = reviseReward(ctx.plan, rollout, after);
    revisions.push({ ...key, verdict: after, reward });
    figures.add({ ...rollout, verdict: after, reward });
    const values = reward === null ? null : { before: rollout.reward!.value, after: reward.value };
    changes.push({ place: { kind: 'rollout', ...key, problem }, before, after, reward: values, outcome: null });
  }
  if (apply && revisions.length > 0) ctx.store.reviseVerdicts(ctx.runId, { rollouts: revisions, attempts: [] });
  return { judged: finished.length, changes, figures: [] };
}

/** The reward by the formula that was in force when the rollout was made. */
function reviseReward(plan: CurriculumPlan, rollout: RolloutRecord, { verdict }: Verdict): Reward | null {
  if (rollout.reward === null) return null;
  const parts = { ...rollout.reward, correct: verdict === 'correct' };
  const config = findRewardConfig(plan, rollout);
  // A reward that was passed in by the program which started the run cannot be computed again here.
  return config.kind === 'own' ? parts : computeReward(config, Math.max(1, rollout.step), parts);
}

/** Only training has rewards other than accuracy. */
function findRewardConfig({ stages }: CurriculumPlan, { stageIndex, purpose }: RolloutKey): RewardConfig {
  const stage = stages[stageIndex];
  return purpose === 'train' && stage?.kind === 'rl' ? stage.reward : { kind: 'accuracy' };
}

/**
 * Judges every stored answer of a run again, batch by batch. With `apply` each batch is written in a transaction of
 * its own before it is yielded; repeating an interrupted call finishes the work.
 */
export async function* reverify(ctx: ReverifyContext, apply: boolean): AsyncGenerator<ReverifiedBatch> {
  for (const { index, kind } of ctx.store.listStages(ctx.runId)) {
    if (kind === 'cold-start') yield* reverifyAttempts(ctx, index, apply);
  }
  const figures = readFigures(ctx.store, ctx.runId);
  for (const step of ctx.store.listRolloutSteps(ctx.runId)) yield* reverifyStep(ctx, step, figures, apply);
}
