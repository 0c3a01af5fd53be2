/// <reference lib="esnext.disposable" preserve="true" />
/** `parallel-r1/run`: starting, resuming and reading runs, with parts of one's own (docs/library.md). */

export {
  createLineReporter,
  createSilentReporter,
  type LineReporterOptions,
} from '../../adapters/reporter-terminal/create-line-reporter.ts';
export { openRunStore, type RunStoreOptions } from '../../adapters/store-sqlite/open-run-store.ts';
export { keepColdStart, keepEval, keepRl, keepSft, letEngineTeach } from '../app/cut-recipe.ts';
export type { RunParts } from '../app/run-parts.ts';
export {
  type ResumeRunOptions,
  type RunOptions,
  type RunOutcome,
  resumeRun,
  type StartRunOptions,
  startRun,
} from '../app/start-run.ts';
export { type JsonSchema, toConfigJsonSchema } from '../config/json-schema.ts';
export { type ConfigOverride, type ConfigSources, type LoadedConfig, loadRunConfig } from '../config/load.ts';
export { PRESETS, type PresetName } from '../config/presets.ts';
export { type RunConfig, runConfigSchema } from '../config/schema.ts';
export type { ProblemsRef } from '../core/curriculum.ts';
export type { AdamSettings, Datum, LossSpec, TokenLoss } from '../core/datum.ts';
export type { FormatMode } from '../core/format/format-report.ts';
export type { Interval } from '../core/metrics.ts';
export type { Problem } from '../core/problem.ts';
export { RETRY_CAUSES, type RetryCause, type RetryCounts } from '../core/retry.ts';
export type { Reward, RewardParts } from '../core/reward.ts';
export type { Estimate, IntervalMethod } from '../core/statistics/estimate-mean.ts';
export type {
  EvaluationComparison,
  EvaluationFigures,
  FigureName,
  FiguresAt,
} from '../core/statistics/evaluation-figures.ts';
export type { AnswerCounts, OutcomeTally } from '../core/statistics/outcomes.ts';
export type { PairedDifference } from '../core/statistics/paired-difference.ts';
export type { DifferenceSpread, RunSpread } from '../core/statistics/power.ts';
export type { Origin, Piece, Segment, SegmentFlag, SegmentRole, SegmentStop, Trajectory } from '../core/trajectory.ts';
export type { Skipped, Verdict } from '../core/verify/verdict.ts';
export type { WORD_SUM_LEVELS, WordSumLevel } from '../core/word-sums/generate.ts';
export * from '../errors.ts';
export type { YieldReport } from '../pipeline/cold-start/yield-report.ts';
export type { Evaluation, EvaluationPart, TwinComparison } from '../pipeline/evaluate/measure-evaluation.ts';
export type * from '../ports/clock.ts';
export type * from '../ports/engine.ts';
export type * from '../ports/problem-source.ts';
export type * from '../ports/reporter.ts';
export type * from '../ports/reward-function.ts';
export type * from '../ports/run-observer.ts';
export type * from '../ports/run-store/answers.ts';
export type * from '../ports/run-store/attempts.ts';
export type * from '../ports/run-store/listings.ts';
export type * from '../ports/run-store/removals.ts';
export type * from '../ports/run-store/rollouts.ts';
export type * from '../ports/run-store/run-store.ts';
export type * from '../ports/run-store/runs.ts';
export type * from '../ports/run-store/training.ts';
export type * from '../ports/trainer.ts';
export type * from '../report/choose-thought.ts';
export type { CountProblems, Evaluations } from '../report/collect-evaluations.ts';
export type * from '../report/report-data.ts';
export { collectReportData } from '../report/report-data.ts';
