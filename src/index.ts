/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The whole public interface; `parallel-r1/verify`, `/format` and `/run` are parts of it that load less. These four
 * files are the only ones that re-export. Everything else is internal and may change with any version.
 */

export { computeBestAt, computeMajorityAt, computePassAt, type VotedSample } from './core/metrics.ts';
export {
  type AdvantageOptions,
  type BuiltInReward,
  computeGroupAdvantages,
  computeReward,
  type RewardConfig,
} from './core/reward.ts';
export type { Rng } from './core/rng.ts';
export { generateWordSums, type WordSumLevel, type WordSumSpec, type WordSumSplit } from './core/word-sums/generate.ts';
export * from './library/format.ts';
export * from './library/run.ts';
export * from './library/verify.ts';
