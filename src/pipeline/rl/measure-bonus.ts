import { countBlocks, type RewardConfig } from '../../core/reward.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

/**
 * Shares of the finished rollouts of a step that meet what the bonus asks for, whether or not this step's formula pays it,
 * and that do so with hollow blocks. Nothing under a reward that pays for no block.
 */
export function measureBonus(rollouts: readonly RolloutRecord[], reward: RewardConfig): Record<string, number> {
  if (!('count' in reward)) return {};
  const finished = rollouts.filter(({ trajectory }) => trajectory !== null);
  const share = (test: (rollout: RolloutRecord) => boolean) =>
    finished.length === 0 ? 0 : finished.filter(test).length / finished.length;
  const isPaid = ({ reward: parts }: RolloutRecord) =>
    parts?.correct === true && parts.formatValid && countBlocks(reward.count, parts) > 0;
  return {
    'reward/bonus_fraction': share(isPaid),
    'reward/hollow_bonus_fraction': share((rollout) => isPaid(rollout) && rollout.reward?.blocksEffective === 0),
  };
}
