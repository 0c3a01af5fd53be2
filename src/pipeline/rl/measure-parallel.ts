import {
  type EffectiveParallelism,
  type EffectiveThresholds,
  measureTrajectory,
} from '../../core/effective/effective-parallelism.ts';
import { countBlocks, type RewardConfig } from '../../core/reward.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

/**
 * What the blocks of a step hold, beside how many there are. Fractions are over finished rollouts; `path_distance`,
 * `path_words`, `idle_path_fraction` over executed paths, `disagreement_fraction` over executed blocks, and all four are
 * left out where nothing was executed. The bonus figures are left out under a reward that pays for no block.
 */
export function measureParallel(
  rollouts: readonly RolloutRecord[],
  reward: RewardConfig,
  thresholds: EffectiveThresholds,
): Record<string, number> {
  const finished = rollouts.filter(({ trajectory }) => trajectory !== null);
  const share = (test: (rollout: RolloutRecord) => boolean) =>
    finished.length === 0 ? 0 : finished.filter(test).length / finished.length;
  return {
    'parallel/effective_fraction': share(({ reward }) => (reward?.blocksEffective ?? 0) > 0),
    ...measurePaths(finished.map((rollout) => remeasure(rollout, thresholds))),
    ...measureBonus(reward, share),
  };
}

function remeasure({ trajectory, problem, verdict }: RolloutRecord, thresholds: EffectiveThresholds) {
  return measureTrajectory(trajectory!, { problem: problem.text, answer: verdict?.extracted ?? null }, thresholds);
}

function measurePaths(measured: readonly EffectiveParallelism[]): Record<string, number> {
  const blocks = measured.flatMap((one) => one.blocks);
  const paths = blocks.flat();
  if (paths.length === 0) return {};
  const siblings = blocks.flatMap((block) => block.slice(1));
  const disagreeing = blocks.filter((block) => new Set(block.flatMap(({ value }) => value ?? [])).size > 1);
  return {
    ...(siblings.length > 0 && { 'parallel/path_distance': mean(siblings.map(({ distance }) => distance)) }),
    'parallel/path_words': mean(paths.map(({ units }) => units)),
    'parallel/idle_path_fraction': paths.filter(({ idle }) => idle !== null).length / paths.length,
    'parallel/disagreement_fraction': disagreeing.length / blocks.length,
  };
}

/** Responses that meet what the bonus asks for, whether or not this step's formula pays it, and those of them whose blocks are hollow. */
function measureBonus(
  reward: RewardConfig,
  share: (test: (rollout: RolloutRecord) => boolean) => number,
): Record<string, number> {
  if (!('count' in reward)) return {};
  const isPaid = ({ reward: parts }: RolloutRecord) =>
    parts?.correct === true && parts.formatValid && countBlocks(reward.count, parts) > 0;
  return {
    'reward/bonus_fraction': share(isPaid),
    'reward/hollow_bonus_fraction': share((rollout) => isPaid(rollout) && rollout.reward?.blocksEffective === 0),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
