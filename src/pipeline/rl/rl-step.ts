import { type RlStage, selectBatch } from '../../core/curriculum.ts';
import type { Problem } from '../../core/problem.ts';
import { hashSeed } from '../../core/rng.ts';
import { measureCalls } from '../engine/calls.ts';
import { measureAnswers } from '../evaluate/measure-answers.ts';
import { rollOutStep, type StepRollouts } from '../rollout/roll-out-step.ts';
import type { SamplingRun } from '../stage-run.ts';
import { measureTrainerRetries } from '../weights/trainer-model.ts';
import { measureBonus } from './measure-bonus.ts';
import { measureRollouts } from './measure-step.ts';
import { creditGroups, type UpdateOutcome, updateModel } from './rl-update.ts';

/** Where the rollouts come from that an RL step learns from. */
export interface RolloutSource {
  /** The rollouts of `step` (from 1), in (group, sample) order. Called for one step after the other. */
  take(step: number): Promise<StepRollouts>;
}

/**
 * On policy: the rollouts of a step are sampled from the weights after the step before it. Those the store holds already
 * are used as they are. `tell` hears how many groups of how many are finished.
 */
export function createOnPolicySource(
  run: SamplingRun<RlStage>,
  problems: readonly Problem[],
  tell: (step: number, finishedGroups: number, groups: number) => void,
): RolloutSource {
  const { ctx, stage } = run;
  const { temperature, topP } = ctx.plan.rollout;
  return {
    take: (step) => {
      const batch = selectBatch(problems, stage.batchSize, step, hashSeed(ctx.plan.seed, stage.id));
      return rollOutStep(run, {
        purpose: 'train',
        step,
        groups: batch.map((problem) => ({ problem, size: stage.groupSize })),
        reward: stage.reward,
        temperature,
        topP,
        weightsStep: step - 1,
        onGroup: (finished) => tell(step, finished, batch.length),
      });
    },
  };
}

/**
 * One GRPO step: take the rollouts, turn rewards into advantages, update the model, commit. The update follows from the
 * stored rollouts alone, so that a step that is repeated after a crash repeats the update. Resolves with every metric of
 * the step.
 */
export async function runRlStep(
  run: SamplingRun<RlStage>,
  source: RolloutSource,
  step: number,
): Promise<UpdateOutcome> {
  const { ctx, stage, index, binding } = run;
  const callsBefore = ctx.calls.stats();
  const retriesBefore = ctx.trainer.retries();
  const startedMs = ctx.clock.monotonic();
  const { rollouts, handOverMs } = await source.take(step);
  const rolledOutMs = ctx.clock.monotonic();
  const batch = creditGroups(rollouts, stage.advantage);
  const { metrics: update, largestMismatch } = await updateModel(run, step, batch);
  const updatedMs = ctx.clock.monotonic();
  const metrics = {
    ...measureRollouts(rollouts),
    ...measureAnswers(rollouts, { parallelOpen: binding.tags.parallelOpen, thresholds: ctx.plan.effective }),
    ...measureBonus(rollouts, stage.reward),
    'train/informative_groups': batch.informativeGroups,
    'train/informative_fraction': batch.groups === 0 ? 0 : batch.informativeGroups / batch.groups,
    ...update,
    ...measureCalls(callsBefore, ctx.calls.stats()),
    ...measureTrainerRetries(retriesBefore, ctx.trainer.retries()),
    'time/hand_over_s': handOverMs / 1000,
    'time/rollout_s': (rolledOutMs - startedMs - handOverMs) / 1000,
    'time/update_s': (updatedMs - rolledOutMs) / 1000,
  };
  ctx.store.commitStep(ctx.runId, index, step, metrics);
  ctx.observer?.stepCommitted?.({ runId: ctx.runId, stageIndex: index, stageId: stage.id, step, metrics });
  return { metrics, largestMismatch };
}

/** One line on a step for the progress bar: shares of correct answers, valid blocks and informative groups. */
export function describeStep(metrics: Readonly<Record<string, number>>): string {
  const format = (key: string) => (metrics[key] ?? 0).toFixed(2);
  return `correct ${format('reward/correct_fraction')}, valid block ${format('format/valid_block_fraction')}, informative ${format('train/informative_fraction')}`;
}
