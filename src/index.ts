/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The whole public interface; `parallel-r1/verify`, `/format`, `/run` and `/statistics` are parts of it that load less. These
 * five files are the only ones that re-export. Everything else is internal and may change with any version.
 */

export {
  DEFAULT_EFFECTIVE_THRESHOLDS,
  type EffectiveContext,
  type EffectiveParallelism,
  type EffectiveThresholds,
  type IdleReason,
  measureTrajectory,
  type PathMeasure,
} from './core/effective/effective-parallelism.ts';
export { computeBestAt, computeMajorityAt, computePassAt, type VotedSample } from './core/metrics.ts';
export {
  type AdvantageOptions,
  type BlockCount,
  type BuiltInReward,
  computeGroupAdvantages,
  computeReward,
  type RewardConfig,
} from './core/reward.ts';
export { generateWordSums, WORD_SUM_LEVELS, type WordSumLevel, type WordSumSpec } from './core/word-sums/generate.ts';
export type { WordSumSplit } from './core/word-sums/word-problem.ts';
export * from './library/format.ts';
export * from './library/run.ts';
export * from './library/statistics.ts';
export * from './library/verify.ts';
