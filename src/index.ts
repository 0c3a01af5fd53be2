/**
 * The public interface, and the only file that re-exports. Everything else is internal and may change
 * with any version.
 */

export { createLineReporter } from '../adapters/reporter-terminal/create-line-reporter.ts';
export { createSilentReporter } from '../adapters/reporter-terminal/create-silent-reporter.ts';
export { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
export { openVerifyPool, type VerifyPool, type VerifyPoolOptions } from '../adapters/verify-pool/open-verify-pool.ts';
export { type CaseJudge, serveCases } from '../adapters/verify-pool/serve-cases.ts';
export { type ExecuteOptions, executeNewRun, executeResumedRun } from './app/execute-run.ts';
export { toConfigJsonSchema } from './config/json-schema.ts';
export { type ConfigSources, type LoadedConfig, loadRunConfig } from './config/load.ts';
export type { RunConfig } from './config/schema.ts';
export { canonicaliseTrace, rewriteAnswerLine, stripThinking } from './core/canonicalise.ts';
export {
  type CheckFormatOptions,
  type CheckIdsFormatOptions,
  checkFormat,
  checkIdsFormat,
  createFormatChecker,
  type FormatChecker,
  type FormatCheckerOptions,
  type IdSource,
  type TextSource,
} from './core/format/format-checker.ts';
export type {
  FormatBlock,
  FormatCode,
  FormatLint,
  FormatMode,
  FormatReport,
  FormatSource,
  FormatStrictness,
  FormatViolation,
  IdLintCode,
  IdStrictness,
  LintCode,
} from './core/format/format-report.ts';
export type { Tag, TagIds } from './core/grammar.ts';
export { computeBestAt, computeMajorityAt, computePassAt } from './core/metrics.ts';
export type { Problem } from './core/problem.ts';
export { computeGroupAdvantages, computeReward } from './core/reward.ts';
export type { Piece, Segment, Trajectory } from './core/trajectory.ts';
export { DEFAULT_POLICY, type Policy } from './core/verify/policy.ts';
export { isUnconfirmed, type Verdict } from './core/verify/verdict.ts';
export { type VerifyOptions, verify, verifyConfirmed } from './core/verify/verify.ts';
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
  VerifierError,
} from './errors.ts';
export { type JudgedCase, verifyStream } from './pipeline/verify-stream.ts';
export type { Clock } from './ports/clock.ts';
export type { Engine } from './ports/engine.ts';
export type { ProblemSource } from './ports/problem-source.ts';
export type { ProgressTask, Reporter } from './ports/reporter.ts';
export type { RolloutRecord, RunRecord, RunStore, StageRecord } from './ports/run-store.ts';
export type { Trainer } from './ports/trainer.ts';
export type { Judgement, Verifier, VerifyCase } from './ports/verifier.ts';
