import { bootstrapMean, type Interval } from '../metrics.ts';
import type { Rng } from '../rng.ts';
import { computeBetaQuantile, computeTQuantile } from './distributions.ts';

/**
 * The mean over problems with its standard error and an interval. Each problem contributes one value: the problem is
 * the cluster, because its samples are not independent. The set is taken as a draw from all problems of its kind, whose
 * mean is estimated.
 */

/**
 * - `bounded`: Gaffke's interval for a mean between two bounds. Where the values are all 0 or 1 it is the interval of
 *   Clopper and Pearson, whose coverage is proven to be at least `level`; for other values that held in every case
 *   tried, but is not proven. Never a single point.
 * - `t`: mean ± Student's t x clustered standard error. Approximate: it falls short of its level where only a few
 *   problems differ from the rest.
 * - `bootstrap`: percentiles of the means of problems drawn with replacement. Approximate in the same way, a little
 *   shorter.
 */
export type IntervalMethod = 'bounded' | 't' | 'bootstrap';

/** A mean over problems. The true mean lies between `low` and `high` in a share `level` of evaluations. */
export interface Estimate extends Interval {
  readonly problems: number;
  /** Clustered: from the scatter of the problems. Null for a single problem. */
  readonly standardError: number | null;
  readonly level: number;
  /** The method used: `bounded` even where another was asked for, if nearly all problems have the same value. */
  readonly method: IntervalMethod;
}

export interface EstimateOptions {
  readonly method: IntervalMethod;
  /** The coverage aimed at, between 0 and 1. */
  readonly level: number;
  /** Smallest and largest value that a problem can have: 0 and 1 for a share, -1 and 1 for a difference of shares. */
  readonly range: readonly [least: number, most: number];
  /** Random source of `bootstrap`, and of `bounded` where that has no closed form. */
  readonly rng: Rng;
  /** Draws of the random methods. */
  readonly draws?: number;
}

/** Enough draws for the ends of a random interval to be within some 2 % of its half width. */
const DRAWS = 4000;

/** Mean of the problems' values with an interval; null without a problem. RangeError for a value outside the range. */
export function estimateMean(values: readonly number[], options: EstimateOptions): Estimate | null {
  return computeEstimate(values, isNearlyConstant(values) ? { ...options, method: 'bounded' } : options);
}

function computeEstimate(values: readonly number[], options: EstimateOptions): Estimate | null {
  const { level, range } = options;
  if (!(level > 0 && level < 1))
    throw new RangeError(`the level of an interval lies between 0 and 1, and this is ${level}`);
  const outside = values.find((value) => !(value >= range[0] && value <= range[1]));
  if (outside !== undefined) throw new RangeError(`a value of ${outside} is not between ${range[0]} and ${range[1]}`);
  if (values.length === 0) return null;
  const mean = computeMean(values);
  const standardError = computeClusteredError(values);
  const method = standardError === null ? 'bounded' : options.method;
  const draws = options.draws ?? DRAWS;
  const shared = { problems: values.length, standardError, level, method };
  if (method === 'bounded') return { ...shared, mean, ...findBounds(values, { ...options, draws }) };
  if (method === 'bootstrap') return { ...shared, ...bootstrapMean(values, { draws, level, rng: options.rng }), mean };
  const reach = computeTQuantile((1 + level) / 2, values.length - 1) * standardError!;
  return { ...shared, mean, low: Math.max(range[0], mean - reach), high: Math.min(range[1], mean + reach) };
}

/**
 * Mean of one value per seed with Student's interval. Seeds are drawn from something continuous: two of five that agree do so by chance
 * of the grid that shares lie on, and their scatter counts in full. Only where all agree it says nothing, and the interval is
 * `bounded`. Null for fewer than two seeds.
 */
export function estimateOverSeeds(
  values: readonly number[],
  options: Omit<EstimateOptions, 'method'>,
): Estimate | null {
  if (values.length < 2) return null;
  const method = countValues(values).length === 1 ? 'bounded' : 't';
  return computeEstimate(values, { ...options, method });
}

/**
 * Standard error of a mean whose cluster is the problem, from one value a problem: sqrt(C/(C-1)) · sqrt(Σ (v - mean)²)/C
 * for C problems. Where all problems have the same number of samples, that is the clustered error of E. Miller, Adding
 * Error Bars to Evals (arXiv 2411.00640), with the small-sample factor C/(C-1); where the numbers differ, problems still
 * count equally. Null for fewer than two problems.
 */
export function computeClusteredError(values: readonly number[]): number | null {
  const count = values.length;
  if (count < 2) return null;
  const mean = computeMean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) / count);
}

export function computeMean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many values must differ from the most frequent one before their scatter says how far off the mean may be. */
const MIN_UNLIKE = 10;

/**
 * Whether nearly all problems have the same value, so that the scatter rests on a few others: for 30 problems, 29 at 0
 * and one at 1/16, `t` would say ± 0.4 points. Values that are all different are enough, however few they are.
 */
export function isNearlyConstant(values: readonly number[]): boolean {
  const most = countValues(values).reduce((largest, [, count]) => Math.max(largest, count), 0);
  return values.length - most < Math.min(MIN_UNLIKE, values.length - 1);
}

/**
 * Gaffke's bounds (N. Gaffke, Mathematical Methods of Statistics 14, 2005; E. Learned-Miller and P. Thomas, arXiv 1905.06208): add one
 * problem that has the worst possible value, weigh all by the gaps between sorted uniform numbers (Dirichlet(1, ..., 1)),
 * and take the quantile of the weighted mean. On 0 and 1 the weighted mean has a beta distribution, and the bounds are
 * those of Clopper and Pearson.
 */
function findBounds(
  values: readonly number[],
  { level, range, rng, draws }: EstimateOptions & { readonly draws: number },
): { low: number; high: number } {
  const tail = (1 - level) / 2;
  return {
    low: Math.max(range[0], findWeightedQuantile(countValues([...values, range[0]]), tail, draws, rng)),
    high: Math.min(range[1], findWeightedQuantile(countValues([...values, range[1]]), 1 - tail, draws, rng)),
  };
}

/** Values closer than this are equal: the same fraction computed in another way differs in the last digits. */
const SAME = 1e-9;

/** How often each value occurs, ascending. */
function countValues(values: readonly number[]): [value: number, count: number][] {
  const counts = new Map<number, number>();
  for (const value of values) {
    const place = Math.round(value / SAME);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([place, count]) => [place * SAME, count]);
}

/** Quantile of the mean of values under Dirichlet(1, ..., 1) weights; equal values pool theirs, which gives them Dirichlet(counts). */
function findWeightedQuantile(
  counted: readonly (readonly [value: number, count: number])[],
  p: number,
  draws: number,
  rng: Rng,
): number {
  const [[least, leastCount], most] = [counted[0]!, counted[1]];
  if (most === undefined) return least;
  if (counted.length === 2) return least + (most[0] - least) * computeBetaQuantile(p, most[1], leastCount);
  const means = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw += 1) {
    let sum = 0;
    let weights = 0;
    for (const [value, count] of counted) {
      const weight = drawGamma(count, rng);
      weights += weight;
      sum += weight * value;
    }
    means[draw] = sum / weights;
  }
  return means.sort()[Math.min(draws - 1, Math.floor(p * draws))]!;
}

/** Uniforms in one product: 2^-32 to the power of this is still above zero in a double. */
const FACTORS = 30;

/** A draw of Gamma(shape, 1) for a whole shape: minus the logarithm of the product of as many uniforms. */
function drawGamma(shape: number, rng: Rng): number {
  let sum = 0;
  for (let left = shape; left > 0; left -= FACTORS) {
    let product = 1;
    for (let i = Math.min(left, FACTORS); i > 0; i -= 1) product *= 1 - rng.next();
    sum -= Math.log(product);
  }
  return sum;
}
