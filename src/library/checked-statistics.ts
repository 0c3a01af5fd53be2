import { type CallerOption, findOptionFault } from '../core/options.ts';
import type { Estimate, EstimateOptions } from '../core/statistics/estimate-mean.ts';
import * as means from '../core/statistics/estimate-mean.ts';
import type {
  EvaluationComparison,
  EvaluationFigures,
  FigureName,
  FigureOptions,
} from '../core/statistics/evaluation-figures.ts';
import * as figures from '../core/statistics/evaluation-figures.ts';
import type { EvaluatedSample } from '../core/statistics/outcomes.ts';
import type { CompareOptions, PairedDifference, ProblemValue } from '../core/statistics/paired-difference.ts';
import * as pairs from '../core/statistics/paired-difference.ts';
import type { PowerAnswer, PowerQuestion } from '../core/statistics/power.ts';
import * as power from '../core/statistics/power.ts';

/**
 * The statistics for callers without types: an option that does not exist, or a sample that lacks a field, would
 * otherwise give a plausible figure of something else.
 */

const METHOD = ['bounded', 't', 'bootstrap'] as const;

const FIGURE_OPTIONS = {
  seed: 'number',
  level: 'number?',
  method: METHOD,
  errored: ['left-out', 'wrong'],
} as const satisfies Readonly<Record<string, CallerOption>>;

const MEAN_OPTIONS = { method: 'text', level: 'number', rng: 'object', draws: 'number?' } as const;

const SAMPLE_FIELDS = {
  problem: 'text',
  answer: 'text?',
  correct: 'boolean',
  errored: 'boolean',
  truncated: 'boolean',
  formatValid: 'boolean',
} as const satisfies Readonly<Record<keyof EvaluatedSample, CallerOption>>;

/**
 * Measures the samples of one set for k = 1, 2, 4, ... below the fewest samples of a problem, and that number itself;
 * `ks` asks for others. Throws `TypeError` for an option that does not exist and for a sample that lacks a field,
 * `RangeError` for a `k` or `level` out of range.
 */
export function measureSamples(
  samples: readonly EvaluatedSample[],
  options: FigureOptions & { readonly ks?: readonly number[] },
): EvaluationFigures {
  requireOptions('measureSamples', options, { ...FIGURE_OPTIONS, ks: 'list?' });
  requireSamples('measureSamples', samples);
  return figures.measureSamples(samples, options);
}

/**
 * Compares the second evaluation with the first, problem by problem, by the figure asked for (default `mean`; `k` is
 * ignored for it). Throws as `measureSamples` does.
 */
export function compareSamples(
  first: readonly EvaluatedSample[],
  second: readonly EvaluatedSample[],
  options: FigureOptions & { readonly figure?: FigureName; readonly k?: number },
): EvaluationComparison {
  const known = { ...FIGURE_OPTIONS, figure: ['mean', 'pass', 'passAll', 'best', 'majority'], k: 'number?' } as const;
  requireOptions('compareSamples', options, known);
  requireSamples('compareSamples', first);
  requireSamples('compareSamples', second);
  return figures.compareSamples(first, second, options);
}

/**
 * Mean of one value per problem with an interval; null without a problem. Throws `TypeError` for an option that does
 * not exist or is missing, `RangeError` for a value outside the range.
 */
export function estimateMean(values: readonly number[], options: EstimateOptions): Estimate | null {
  requireOptions('estimateMean', options, { ...MEAN_OPTIONS, range: 'list' });
  requireMethod('estimateMean', options.method);
  return means.estimateMean(values, options);
}

/**
 * Compares one value per problem of two runs; null where they share no problem. Throws `TypeError` for an option that
 * does not exist or is missing, `RangeError` where a run names a problem twice.
 */
export function comparePaired(
  first: readonly ProblemValue[],
  second: readonly ProblemValue[],
  options: CompareOptions,
): PairedDifference | null {
  requireOptions('comparePaired', options, MEAN_OPTIONS);
  requireMethod('comparePaired', options.method);
  return pairs.comparePaired(first, second, options);
}

/**
 * What a comparison can find, and what it would take to find `difference`; null where no scatter was seen. Throws
 * `TypeError` for an option that does not exist or is missing, `RangeError` for one out of range.
 */
export function planComparison(question: PowerQuestion): PowerAnswer | null {
  const known = {
    spread: 'object',
    problems: 'number',
    difference: 'number',
    power: 'number',
    level: 'number',
  } as const;
  requireOptions('planComparison', question, known);
  return power.planComparison(question);
}

function requireOptions(caller: string, given: unknown, known: Readonly<Record<string, CallerOption>>): void {
  const fault = findOptionFault(caller, given, known);
  if (fault !== null) throw new TypeError(fault);
}

/** A method that may be left out elsewhere is needed here. */
function requireMethod(caller: string, method: unknown): void {
  if (!METHOD.some((known) => known === method))
    throw new TypeError(`${caller}: method must be one of ${METHOD.join(', ')}`);
}

/** Further fields of a sample are the caller's own business. */
function requireSamples(caller: string, samples: readonly EvaluatedSample[]): void {
  for (const [index, sample] of samples.entries()) {
    const { problem, answer, correct, errored, truncated, formatValid } = sample;
    const fields = { problem, answer, correct, errored, truncated, formatValid };
    const fault = findOptionFault(`${caller}: sample ${index}`, fields, SAMPLE_FIELDS);
    if (fault !== null) throw new TypeError(fault);
    if (answer === undefined)
      throw new TypeError(`${caller}: sample ${index}: answer is missing; it is null where none was found`);
  }
}
