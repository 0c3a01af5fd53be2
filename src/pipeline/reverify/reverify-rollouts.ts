import type { CurriculumPlan } from '../../core/curriculum.ts';
import { computeReward, type Reward, type RewardConfig } from '../../core/reward.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { RolloutKey, RolloutRecord, RolloutRevision } from '../../ports/run-store/rollouts.ts';
import { judgeTrajectories } from '../rollout/score-trajectory.ts';
import { reverifyAttempts } from './reverify-attempts.ts';
import { isSameVerdict, type ReverifiedBatch, type ReverifyContext, type VerdictChange } from './verdict-change.ts';

/** Judges the rollouts of one step anew. */
async function reverifyRollouts(
  ctx: ReverifyContext,
  stored: readonly RolloutRecord[],
  apply: boolean,
): Promise<ReverifiedBatch> {
  const finished = stored.flatMap((rollout) =>
    rollout.trajectory === null ? [] : [{ ...rollout, trajectory: rollout.trajectory }],
  );
  const verdicts = await judgeTrajectories(ctx.verifier, ctx.plan, finished, ctx.signal);
  const revisions: RolloutRevision[] = [];
  const changes: VerdictChange[] = [];
  for (const [k, rollout] of finished.entries()) {
    const after = verdicts[k]!;
    if (isSameVerdict(rollout.verdict, after)) continue;
    const { stageIndex, purpose, step, group, sample, problem, verdict: before } = rollout;
    const key = { stageIndex, purpose, step, group, sample };
    const reward = reviseReward(ctx.plan, rollout, after);
    revisions.push({ ...key, verdict: after, reward });
    const values = reward === null ? null : { before: rollout.reward!.value, after: reward.value };
    changes.push({ place: { kind: 'rollout', ...key, problem }, before, after, reward: values, outcome: null });
  }
  if (apply && revisions.length > 0) ctx.store.reviseVerdicts(ctx.runId, { rollouts: revisions, attempts: [] });
  return { judged: finished.length, changes };
}

/** The reward by the formula that was in force when the rollout was made. */
function reviseReward(plan: CurriculumPlan, rollout: RolloutRecord, { verdict }: Verdict): Reward | null {
  if (rollout.reward === null) return null;
  const parts = { ...rollout.reward, correct: verdict === 'correct' };
  const config = findRewardConfig(plan, rollout);
  // A reward that the caller of the run brought along is not here to be asked again.
  return config.kind === 'own' ? parts : computeReward(config, Math.max(1, rollout.step), parts);
}

/** Only training knows other rewards than accuracy. */
function findRewardConfig({ stages }: CurriculumPlan, { stageIndex, purpose }: RolloutKey): RewardConfig {
  const stage = stages[stageIndex];
  return purpose === 'train' && stage?.kind === 'rl' ? stage.reward : { kind: 'accuracy' };
}

/**
 * Judges every stored answer of a run anew, batch by batch. With `apply` each batch is written in a transaction of
 * its own before it is handed out; repeating an interrupted call finishes the work.
 */
export async function* reverify(ctx: ReverifyContext, apply: boolean): AsyncGenerator<ReverifiedBatch> {
  for (const { index, kind } of ctx.store.listStages(ctx.runId)) {
    if (kind === 'cold-start') yield* reverifyAttempts(ctx, index, apply);
  }
  for (const { stageIndex, purpose, step } of ctx.store.listRolloutSteps(ctx.runId)) {
    const rollouts = ctx.store.loadRollouts(ctx.runId, stageIndex, purpose, step);
    yield await reverifyRollouts(ctx, rollouts, apply);
  }
}
