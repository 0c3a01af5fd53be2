import type { RlStage } from '../../core/curriculum.ts';
import { measureCalls } from '../engine/calls.ts';
import type { SamplingRun } from '../stage-run.ts';
import { measureTrainerRetries } from '../weights/trainer-model.ts';
import { measureRollouts } from './measure-step.ts';
import { creditGroups, updateModel } from './rl-update.ts';
import type { RolloutSource } from './rollout-source.ts';

/**
 * One GRPO step: take the rollouts, turn rewards into advantages, update the model, commit. The update follows from the
 * stored rollouts alone, so that a step that is repeated after a crash repeats the update.
 */
export async function runRlStep(
  run: SamplingRun<RlStage>,
  source: RolloutSource,
  step: number,
): Promise<Readonly<Record<string, number>>> {
  const { ctx, stage, index, binding } = run;
  const callsBefore = ctx.calls.stats();
  const retriesBefore = ctx.trainer.retries();
  const startedMs = ctx.clock.monotonic();
  const { rollouts, handOverMs } = await source.take(step);
  const rolledOutMs = ctx.clock.monotonic();
  const batch = creditGroups(rollouts, stage.advantage);
  const update = await updateModel(run, step, batch);
  const updatedMs = ctx.clock.monotonic();
  const metrics = {
    ...measureRollouts(rollouts, binding.tags),
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
  return metrics;
}

/** One line on a step for the progress bar: shares of correct answers, valid blocks and informative groups. */
export function describeStep(metrics: Readonly<Record<string, number>>): string {
  const format = (key: string) => (metrics[key] ?? 0).toFixed(2);
  return `correct ${format('reward/correct_fraction')}, valid block ${format('format/valid_block_fraction')}, informative ${format('train/informative_fraction')}`;
}
