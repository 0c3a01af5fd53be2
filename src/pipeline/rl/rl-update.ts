import { type Layout, learningRateAt, type RlStage } from '../../core/curriculum.ts';
import { type Datum, toForwardDatum } from '../../core/datum.ts';
import { buildDatums, countLossTokens } from '../../core/layout/build-datums.ts';
import { type AdvantageSettings, computeAdvantages, isInformativeGroup } from '../../core/reward.ts';
import { createRng, hashSeed, shuffle } from '../../core/rng.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import { TrainerError } from '../../errors.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';
import type { RunContext } from '../context.ts';
import type { StageRun } from '../stage-run.ts';
import { refuseDivergence } from '../weights/divergence.ts';
import { applyUpdate } from '../weights/trainer-model.ts';
import { measureUpdate } from './measure-step.ts';

/** One trajectory with the advantage all its policy tokens share. */
export interface CreditedTrajectory {
  readonly trajectory: Trajectory;
  readonly advantage: number;
}

/** What the optimizer learns from in one step. */
export interface UpdateBatch {
  /** Those of informative groups only; a group of equal rewards teaches nothing. */
  readonly credited: readonly CreditedTrajectory[];
  readonly groups: number;
  readonly informativeGroups: number;
}

/** Turns the rewards of each group into advantages; failed rollouts are left out, not counted as wrong. */
export function creditGroups(rollouts: readonly RolloutRecord[], settings: AdvantageSettings): UpdateBatch {
  const groups = Map.groupBy(rollouts, ({ group }) => group);
  const credited: CreditedTrajectory[] = [];
  let informativeGroups = 0;
  for (const members of groups.values()) {
    const finished = members.flatMap(({ trajectory, reward }) =>
      trajectory === null || reward === null ? [] : [{ trajectory, reward }],
    );
    const rewards = finished.map(({ reward }) => reward);
    if (!isInformativeGroup(rewards.map(({ value }) => value))) continue;
    informativeGroups += 1;
    const advantages = computeAdvantages(rewards, settings);
    finished.forEach(({ trajectory }, i) => {
      credited.push({ trajectory, advantage: advantages[i]! });
    });
  }
  return { credited, groups: groups.size, informativeGroups };
}

/**
 * Applies the updates of one step, one per minibatch, and returns their metrics; a step without an informative group
 * makes none. Rejects with `DivergedError` when the weights came out broken.
 */
export async function updateModel(
  run: StageRun<RlStage>,
  step: number,
  batch: UpdateBatch,
): Promise<Record<string, number>> {
  const { ctx, stage } = run;
  const seed = hashSeed(ctx.plan.seed, stage.id, step, 'minibatches');
  const minibatches = buildMinibatches(batch, ctx.plan.layout, stage.minibatches, seed);
  const scaled = stage.scaleByInformative === null ? 1 : Math.min(1, batch.credited.length / stage.scaleByInformative);
  const factor = learningRateAt(stage.schedule, step - 1, stage.steps) * scaled;
  const learningRate = stage.adam.learningRate * factor;
  const adam = { ...stage.adam, learningRate };
  const trained = await withOldLogprobs(ctx, minibatches);
  const results = await Promise.all(
    minibatches.map(async (sampled, i) => {
      const data = trained[i]!;
      return { sampled, data, ...(await applyUpdate(ctx, data, stage.loss, adam)) };
    }),
  );
  await refuseDivergence(run, step, results);
  return { 'train/learning_rate': results.length === 0 ? 0 : learningRate, ...measureUpdate(results, stage.loss) };
}

/** Splits the shuffled trajectories into minibatches of datums; each is normalised by its own policy-token count. */
export function buildMinibatches(batch: UpdateBatch, layout: Layout, minibatches: number, seed: number): Datum[][] {
  const order = shuffle(batch.credited, createRng(seed));
  const size = Math.ceil(order.length / minibatches);
  const result: Datum[][] = [];
  for (let from = 0; from < order.length; from += size) {
    const part = order.slice(from, from + size);
    const tokens = part.reduce((sum, { trajectory }) => sum + countLossTokens(trajectory, 'rl'), 0);
    const datums = part.flatMap(({ trajectory, advantage }) =>
      buildDatums(trajectory, layout, { kind: 'rl', advantage, scale: 1 / tokens }),
    );
    if (datums.length > 0) result.push(datums);
  }
  return result;
}

/** Layouts in which the trainer scores every token in the context it was sampled in: the sampler's log-probs are the old ones. */
const SAMPLING_CONTEXT: ReadonlySet<Layout> = new Set(['units', 'exact']);

/**
 * Minibatches with the log-probs of the policy that sampled, as the loss must see them. Under `causal` and
 * `multiverse` a later path (or a summary) is scored in another context than it was sampled in, and ratios to
 * the sampler's log-probs would be biased: there the trainer scores all of them once before the first
 * update. Throws `TrainerError` when it returns no log-probs.
 */
async function withOldLogprobs(
  ctx: RunContext,
  minibatches: readonly (readonly Datum[])[],
): Promise<readonly (readonly Datum[])[]> {
  if (SAMPLING_CONTEXT.has(ctx.plan.layout) || minibatches.length === 0) return minibatches;
  const { logprobs } = await ctx.trainer.forward(minibatches.flat().map(toForwardDatum), ctx.signal);
  let next = 0;
  return minibatches.map((data) =>
    data.map((datum) => {
      const scored = logprobs[next];
      next += 1;
      if (scored == null) {
        throw new TrainerError(
          `trainer ${ctx.trainer.url} returns no log-probs, which layout ${ctx.plan.layout} needs; use training.layout exact`,
        );
      }
      if (scored.some((value, i) => datum.advantages?.[i] && !Number.isFinite(value))) {
        throw new TrainerError(
          `trainer ${ctx.trainer.url} diverged: the log-probs of its weights are no finite numbers; nothing was trained on them`,
        );
      }
      return { ...datum, logprobs: scored.map((value, i) => (datum.advantages?.[i] ? value : 0)) };
    }),
  );
}
