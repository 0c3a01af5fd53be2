import { computeParallelRatio, findBlockPositions, summarizePositions } from '../../core/block-metrics.ts';
import type { TagIds } from '../../core/grammar.ts';
import { countCriticalTokens, countPolicyTokens } from '../../core/trajectory.ts';
import type { RolloutRecord } from '../../ports/run-store/rollouts.ts';

/** Metrics of one step's rollouts. Fractions are over finished rollouts; token counts are policy tokens. */
export function measureRollouts(rollouts: readonly RolloutRecord[], tags: TagIds): Record<string, number> {
  const finished = rollouts.filter(({ trajectory }) => trajectory !== null);
  const share = (test: (rollout: RolloutRecord) => boolean) =>
    finished.length === 0 ? 0 : finished.filter(test).length / finished.length;
  const mean = (value: (rollout: RolloutRecord) => number) =>
    finished.length === 0 ? 0 : finished.reduce((sum, rollout) => sum + value(rollout), 0) / finished.length;
  return {
    'reward/mean': mean(({ reward }) => reward?.value ?? 0),
    'reward/correct_fraction': share(({ verdict }) => verdict?.verdict === 'correct'),
    'verdict/unparsable_fraction': share(({ verdict }) => verdict?.verdict === 'unparsable'),
    'format/valid_fraction': share(({ formatValid }) => formatValid),
    'format/valid_block_fraction': share(({ formatValid, reward }) => formatValid && (reward?.blocksExecuted ?? 0) > 0),
    'rollout/parallel_fraction': share(({ reward }) => (reward?.blocksExecuted ?? 0) > 0),
    'rollout/truncated_fraction': share(({ trajectory }) => trajectory?.end === 'length'),
    'rollout/mean_tokens': mean(({ trajectory }) => (trajectory === null ? 0 : countPolicyTokens(trajectory))),
    'rollout/mean_critical_tokens': mean(({ trajectory }) =>
      trajectory === null ? 0 : countCriticalTokens(trajectory),
    ),
    'rollout/failed': rollouts.length - finished.length,
    ...measureBlocks(finished, tags),
  };
}

/** Where executed blocks stand in their responses (method section 11); left out where there is none. */
function measureBlocks(finished: readonly RolloutRecord[], tags: TagIds): Record<string, number> {
  const trajectories = finished.flatMap(({ trajectory }) => (trajectory === null ? [] : [trajectory]));
  const { micro, macro, first } = summarizePositions(
    trajectories.map((trajectory) => findBlockPositions(trajectory, tags).executed),
  );
  const positions = { 'block/position_micro': micro, 'block/position_macro': macro, 'block/position_first': first };
  const known = Object.entries(positions).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
  return {
    'rollout/parallel_text_fraction': computeParallelRatio(trajectories, tags).text,
    ...Object.fromEntries(known),
  };
}
