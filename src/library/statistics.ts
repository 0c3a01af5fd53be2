/** `parallel-r1/statistics`: figures of evaluations with intervals, paired comparisons, power (docs/statistics.md). */

export type { Interval, VotedSample } from '../core/metrics.ts';
export { createRng, type Rng } from '../core/rng.ts';
export type { Estimate, EstimateOptions, IntervalMethod } from '../core/statistics/estimate-mean.ts';
export type {
  EvaluationComparison,
  EvaluationFigures,
  FigureName,
  FigureOptions,
  FiguresAt,
} from '../core/statistics/evaluation-figures.ts';
export type { AnswerCounts, ErroredPolicy, EvaluatedSample, OutcomeTally } from '../core/statistics/outcomes.ts';
export type { CompareOptions, PairedDifference, ProblemValue } from '../core/statistics/paired-difference.ts';
export {
  assumeDifferenceSpread,
  type DifferenceSpread,
  type PowerAnswer,
  type PowerQuestion,
  type RunSpread,
  statePower,
} from '../core/statistics/power.ts';
export { comparePaired, compareSamples, estimateMean, measureSamples, planComparison } from './checked-statistics.ts';
