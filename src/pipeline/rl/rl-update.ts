import { type Layout, learningRateAt, type RlStage } from '../../core/curriculum.ts';
import { type Datum, toForwardDatum } from '../../core/datum.ts';
import { buildDatums, countLossTokens, locateTarget } from '../../core/layout/build-datums.ts';
import { type AdvantageSettings, computeAdvantages, isInformativeGroup } from '../../core/reward.ts';
import { createRng, hashSeed, shuffle } from '../../core/rng.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import { TrainerError } from '../../errors.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';
import type { RunContext } from '../context.ts';
import type { StageRun } from '../stage-run.ts';
import { refuseDivergence } from '../weights/divergence.ts';
import { applyUpdate } from '../weights/trainer-model.ts';
import { type Mismatch, measureMismatch, measureUpdate } from './measure-step.ts';
import type { LargestMismatch } from './mismatch-watch.ts';

/** One trajectory with the advantage all its policy tokens share, and the key of its rollout within the step. */
export interface CreditedTrajectory {
  readonly group: number;
  readonly sample: number;
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
  for (const [group, members] of groups) {
    const finished = members.flatMap(({ sample, trajectory, reward }) =>
      trajectory === null || reward === null ? [] : [{ sample, trajectory, reward }],
    );
    const rewards = finished.map(({ reward }) => reward);
    if (!isInformativeGroup(rewards.map(({ value }) => value))) continue;
    informativeGroups += 1;
    const advantages = computeAdvantages(rewards, settings);
    finished.forEach(({ sample, trajectory }, i) => {
      credited.push({ group, sample, trajectory, advantage: advantages[i]! });
    });
  }
  return { credited, groups: groups.size, informativeGroups };
}

/** What the updates of one step came to. */
export interface UpdateOutcome {
  readonly metrics: Record<string, number>;
  /** Null where there was no update, or the trainer gave no log-probs. */
  readonly largestMismatch: LargestMismatch | null;
}

/**
 * Applies the updates of one step, one per minibatch; a step without an informative group makes none. Rejects with
 * `DivergedError` when the weights came out broken.
 */
export async function updateModel(run: StageRun<RlStage>, step: number, batch: UpdateBatch): Promise<UpdateOutcome> {
  const { ctx, stage } = run;
  const { layout } = ctx.plan;
  const seed = hashSeed(ctx.plan.seed, stage.id, step, 'minibatches');
  const minibatches = buildMinibatches(batch, layout, stage.minibatches, seed);
  const scaled = stage.scaleByInformative === null ? 1 : Math.min(1, batch.credited.length / stage.scaleByInformative);
  const factor = learningRateAt(stage.schedule, step - 1, stage.steps) * scaled;
  const learningRate = stage.adam.learningRate * factor;
  const adam = { ...stage.adam, learningRate };
  const trained = await withOldLogprobs(
    ctx,
    minibatches.map(({ data }) => data),
  );
  const results = await Promise.all(
    minibatches.map(async ({ data: sampled }, i) => {
      const data = trained[i]!;
      return { sampled, data, ...(await applyUpdate(ctx, data, stage.loss, adam)) };
    }),
  );
  await refuseDivergence(run, step, results);
  const mismatch = results[0] === undefined ? null : measureMismatch(results[0]);
  return {
    metrics: {
      'train/learning_rate': results.length === 0 ? 0 : learningRate,
      ...measureUpdate(results, mismatch, stage.loss),
    },
    largestMismatch: mismatch === null ? null : locateMismatch(minibatches[0]!, layout, mismatch),
  };
}

/** What one update learns from. */
export interface Minibatch {
  readonly credited: readonly CreditedTrajectory[];
  /** Made from them, in their order; never empty. */
  readonly data: readonly Datum[];
}

/** Splits the shuffled trajectories into minibatches; each is normalised by its own policy-token count. */
export function buildMinibatches(batch: UpdateBatch, layout: Layout, minibatches: number, seed: number): Minibatch[] {
  const order = shuffle(batch.credited, createRng(seed));
  const size = Math.ceil(order.length / minibatches);
  const result: Minibatch[] = [];
  for (let from = 0; from < order.length; from += size) {
    const credited = order.slice(from, from + size);
    const tokens = credited.reduce((sum, { trajectory }) => sum + countLossTokens(trajectory, 'rl'), 0);
    const data = credited.flatMap(({ trajectory, advantage }) =>
      buildDatums(trajectory, layout, { kind: 'rl', advantage, scale: 1 / tokens }),
    );
    if (data.length > 0) result.push({ credited, data });
  }
  return result;
}

/** Finds whose token the target of a minibatch is. */
function locateMismatch(
  { credited, data }: Minibatch,
  layout: Layout,
  { datumIndex, position, max, sampler, trainer }: Mismatch,
): LargestMismatch {
  let index = datumIndex;
  for (const { trajectory, advantage, group, sample } of credited) {
    const payload = { kind: 'rl', advantage, scale: 1 } as const;
    const count = buildDatums(trajectory, layout, payload).length;
    if (index < count) {
      const { id, segment, token } = locateTarget(trajectory, layout, payload, index, position);
      return {
        max,
        sampler,
        trainer,
        group,
        sample,
        segment: trajectory.segments[segment]!,
        ordinal: segment,
        token,
        id,
      };
    }
    index -= count;
  }
  throw new RangeError(`a minibatch of ${data.length} datums has no datum ${datumIndex}`);
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
