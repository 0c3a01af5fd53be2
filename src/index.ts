/**
 * The public interface, and the only file that re-exports. Everything else is internal and may change
 * with any version.
 */

export { createLineReporter } from '../adapters/reporter-terminal/create-line-reporter.ts';
export { createSilentReporter } from '../adapters/reporter-terminal/create-silent-reporter.ts';
export { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
export { type ExecuteOptions, executeNewRun, executeResumedRun } from './cli/execute-run.ts';
export { type ConfigSources, type LoadedConfig, loadRunConfig } from './config/load.ts';
export type { RunConfig } from './config/schema.ts';
export { computeGroupAdvantages } from './core/advantage.ts';
export { canonicaliseTrace, rewriteAnswerLine, stripThinking } from './core/canonicalise.ts';
export type { FormatMode, FormatReport, FormatViolation } from './core/format/format-report.ts';
export { checkFormat } from './core/format-check.ts';
export { computeBestAt, computeMajorityAt, computePassAt } from './core/metrics.ts';
export type { Problem } from './core/problem.ts';
export { computeReward } from './core/reward.ts';
export type { Piece, Segment, Trajectory } from './core/trajectory.ts';
export type { Verdict } from './core/verify/verdict.ts';
export { type VerifyOptions, verify } from './core/verify/verify.ts';
export { generateWordSums, type WordSumSpec } from './core/word-sums/generate.ts';
export {
  EngineError,
  InterruptedError,
  ParallelR1Error,
  RunError,
  SourceError,
  StoreError,
  TrainerError,
  UsageError,
} from './errors.ts';
export type { Clock } from './ports/clock.ts';
export type { Engine } from './ports/engine.ts';
export type { ProblemSource } from './ports/problem-source.ts';
export type { ProgressTask, Reporter } from './ports/reporter.ts';
export type { RolloutRecord, RunRecord, RunStore, StageRecord } from './ports/run-store.ts';
export type { Trainer } from './ports/trainer.ts';
