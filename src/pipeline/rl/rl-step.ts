import type { RlStage } from '../../core/curriculum.ts';
import type { Datum } from '../../core/datum.ts';
import { learningRateAt } from '../../core/lr-schedule.ts';
import type { Problem } from '../../core/problem.ts';
import { hashSeed } from '../../core/rng.ts';
import type { Binding, RunContext } from '../context.ts';
import { measureCalls } from '../engine/calls.ts';
import { noteOutages } from '../engine/fleet/create-engine-fleet.ts';
import { rollOutStep } from '../rollout/roll-out-step.ts';
import { pickGradNorm, selectBatch } from '../sft/sft-stage.ts';
import type { WeightsServer } from '../weights/weights-server.ts';
import { measureRollouts } from './measure-rollouts.ts';
import { type MinibatchResult, measureUpdate } from './measure-update.ts';
import { withOldLogprobs } from './old-logprobs.ts';
import { buildMinibatches, scoreGroups, type UpdateBatch } from './rl-update.ts';

/** Where one RL step stands in its stage. */
export interface RlStepContext {
  readonly ctx: RunContext;
  readonly binding: Binding;
  readonly weights: WeightsServer;
  readonly stage: RlStage;
  readonly stageIndex: number;
  readonly problems: readonly Problem[];
  /** Says what the step is doing, for the stage's progress bar. */
  note(text: string): void;
}

/**
 * One GRPO step: roll out, score, centre rewards in their groups, update, commit. Rollouts of this
 * step that the store holds already are used as they are; the update always follows from them alone.
 */
export async function runRlStep(at: RlStepContext, step: number): Promise<Readonly<Record<string, number>>> {
  const { ctx, binding, stage, stageIndex } = at;
  const startedMs = ctx.clock.monotonic();
  const callsBefore = ctx.calls.stats();
  const problems = selectBatch(at.problems, stage.batchSize, step, hashSeed(ctx.plan.seed, stage.id));
  const rollouts = await rollOutStep(ctx, binding, {
    stageIndex,
    purpose: 'train',
    step,
    groups: problems.map((problem) => ({ problem, size: stage.groupSize })),
    reward: stage.reward,
    temperature: ctx.plan.rollout.temperature,
    topP: ctx.plan.rollout.topP,
    servedVersion: () => at.weights.serve(stageIndex, step - 1),
    onGroup: (finished) =>
      at.note(
        `step ${step}: ${finished} of ${problems.length} groups rolled out${noteOutages(ctx.engine.listEndpoints?.())}`,
      ),
  });
  const rolledOutMs = ctx.clock.monotonic();
  const batch = scoreGroups(rollouts, stage.advantage);
  const update = await updateModel(at, step, batch);
  const metrics = {
    ...measureRollouts(rollouts, binding.tags),
    'train/informative_groups': batch.informativeGroups,
    'train/informative_fraction': batch.groups === 0 ? 0 : batch.informativeGroups / batch.groups,
    ...update,
    ...measureCalls(callsBefore, ctx.calls.stats()),
    'time/rollout_s': (rolledOutMs - startedMs) / 1000,
    'time/update_s': (ctx.clock.monotonic() - rolledOutMs) / 1000,
  };
  ctx.store.commitStep(ctx.runId, stageIndex, step, metrics);
  return metrics;
}

/** Applies the update; a step without an informative group makes no optimiser step. */
async function updateModel(at: RlStepContext, step: number, batch: UpdateBatch): Promise<Record<string, number>> {
  const { ctx, stage } = at;
  const seed = hashSeed(ctx.plan.seed, stage.id, step, 'minibatches');
  const minibatches = buildMinibatches(batch, ctx.plan.layout, stage.minibatches, seed);
  const scaled = stage.scaleByInformative === null ? 1 : Math.min(1, batch.scored.length / stage.scaleByInformative);
  const factor = learningRateAt(stage.schedule, step - 1, stage.steps) * scaled;
  const learningRate = stage.adam.learningRate * factor;
  const trained = await withOldLogprobs(ctx, minibatches);
  const results = await Promise.all(
    minibatches.map((sampled, i) => submitMinibatch(at, sampled, trained[i]!, learningRate)),
  );
  return { 'train/learning_rate': results.length === 0 ? 0 : learningRate, ...measureUpdate(results, stage.loss) };
}

/** `sampled` carries the sampler's log-probs, `data` those the loss compares with. */
async function submitMinibatch(
  at: RlStepContext,
  sampled: readonly Datum[],
  data: readonly Datum[],
  learningRate: number,
): Promise<MinibatchResult> {
  const { ctx, stage } = at;
  const [forward, optim] = await Promise.all([
    ctx.trainer.forwardBackward(data, stage.loss, ctx.signal),
    ctx.trainer.optimStep({ ...stage.adam, learningRate }, ctx.signal),
  ]);
  return { sampled, data, logprobs: forward.logprobs, gradNorm: pickGradNorm(optim)['train/grad_norm'] ?? null };
}

/** One line on a step for the progress bar: shares of correct answers, valid blocks and informative groups. */
export function describeStep(metrics: Readonly<Record<string, number>>): string {
  const format = (key: string) => (metrics[key] ?? 0).toFixed(2);
  return `correct ${format('reward/correct_fraction')}, valid block ${format('format/valid_block_fraction')}, informative ${format('train/informative_fraction')}`;
}
