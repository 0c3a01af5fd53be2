import { computeGroupAdvantages, computeSplitAdvantages, isInformativeGroup } from '../../core/advantage.ts';
import type { Layout, RlStage } from '../../core/curriculum.ts';
import type { Datum } from '../../core/datum.ts';
import { buildDatums } from '../../core/layout/build-datums.ts';
import { countLossTokens } from '../../core/layout/loss-tokens.ts';
import { createRng, shuffle } from '../../core/rng.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

/** One trajectory with the advantage all its policy tokens share. */
export interface ScoredTrajectory {
  readonly trajectory: Trajectory;
  readonly advantage: number;
}

/** What the optimiser learns from in one step. */
export interface UpdateBatch {
  /** Trajectories of informative groups only; a zero-variance group teaches nothing. */
  readonly scored: readonly ScoredTrajectory[];
  readonly groups: number;
  readonly informativeGroups: number;
}

/** Centres and scales rewards within each group; failed attempts are left out, not scored 0. */
export function scoreGroups(rollouts: readonly RolloutRecord[], settings: RlStage['advantage']): UpdateBatch {
  const groups = Map.groupBy(rollouts, ({ group }) => group);
  const scored: ScoredTrajectory[] = [];
  let informativeGroups = 0;
  for (const members of groups.values()) {
    const finished = members.flatMap(({ trajectory, reward }) =>
      trajectory === null || reward === null ? [] : [{ trajectory, reward }],
    );
    const rewards = finished.map(({ reward }) => reward.value);
    if (!isInformativeGroup(rewards)) continue;
    informativeGroups += 1;
    const options = { normalisation: 'grpo', std: settings.std, epsilon: settings.epsilon } as const;
    const correct = finished.map(({ reward }) => reward.correct);
    const advantages = settings.split
      ? computeSplitAdvantages(rewards, correct, options)
      : computeGroupAdvantages(rewards, options);
    finished.forEach(({ trajectory }, index) => {
      scored.push({ trajectory, advantage: advantages[index]! });
    });
  }
  return { scored, groups: groups.size, informativeGroups };
}

/** Splits the shuffled trajectories into minibatches of datums; each is normalised by its own policy-token count. */
export function buildMinibatches(batch: UpdateBatch, layout: Layout, minibatches: number, seed: number): Datum[][] {
  const order = shuffle(batch.scored, createRng(seed));
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
