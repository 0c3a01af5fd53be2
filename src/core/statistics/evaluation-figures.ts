import { computeBestAt, computePassAt } from '../metrics.ts';
import { createRng, hashSeed } from '../rng.ts';
import { type Estimate, estimateMean, type IntervalMethod } from './estimate-mean.ts';
import { computeMajority } from './majority.ts';
import {
  countCorrect,
  type ErroredPolicy,
  type EvaluatedSample,
  groupByProblem,
  type OutcomeTally,
  type ProblemCounts,
  type SampledProblem,
  tallyOutcomes,
} from './outcomes.ts';
import { comparePaired, type PairedDifference, type ProblemValue } from './paired-difference.ts';
import { type DifferenceSpread, measureDifferenceSpread, measureRunSpread, type RunSpread } from './power.ts';

/**
 * An evaluation as figures, from judged samples: samples -> problems -> one value per problem -> mean over problems with
 * an interval. Two evaluations are compared value by value. Nothing else in this folder looks at samples.
 */

/**
 * A figure of one problem with n samples, c of them right:
 * - `mean`: c / n, whatever n is
 * - `pass`: pass@k, the chance that k samples drawn without replacement hold a right one, 1 - C(n-c, k) / C(n, k) (M. Chen
 *   et al., arXiv 2107.03374)
 * - `passAll`: pass^k, the chance that all k are right, C(c, k) / C(n, k) (S. Yao et al., arXiv 2406.12045)
 * - `best`: best@k, which is pass@k with replacement, 1 - (1 - c/n)^k: what bootstraps of the best of k converge to, and
 *   the Pass@16 of Parallel-R1's tables (arXiv 2509.07980)
 * - `majority`: maj@k, the chance that the most frequent answer among k, drawn with replacement, is right
 */
export type FigureName = 'mean' | 'pass' | 'passAll' | 'best' | 'majority';

export interface FigureOptions {
  /** Coverage of intervals. Default 0.95. */
  readonly level?: number;
  /** Interval of a mean over problems. Default `bounded`, and `t` for a paired difference whose figures are not all 0 or 1. */
  readonly method?: IntervalMethod;
  /** Whether samples that errored are left out or count as wrong. Default: left out. */
  readonly errored?: ErroredPolicy;
  /** Decides every random draw: equal samples and seed give equal figures. */
  readonly seed: number;
}

/** The figures of one k. */
export type FiguresAt = { readonly k: number } & { readonly [figure in Exclude<FigureName, 'mean'>]: Estimate | null };

/** All figures of one set. Estimates are null where no sample counts. */
export interface EvaluationFigures {
  readonly tally: OutcomeTally;
  /** Problems with a counted sample. */
  readonly problems: number;
  /** Problems of which every sample errored, where such samples are left out. */
  readonly problemsLost: number;
  /** Counted samples of the problem with the fewest and of the one with the most. */
  readonly fewestSamples: number;
  readonly mostSamples: number;
  readonly mean: Estimate | null;
  readonly atK: readonly FiguresAt[];
  /** Null where fewer than two problems have two samples. */
  readonly spread: RunSpread | null;
}

/** Measures the samples of one set for k = 1, 2, 4, ... below the fewest samples of a problem, and that number itself; `ks` asks for others. */
export function measureSamples(
  samples: readonly EvaluatedSample[],
  options: FigureOptions & { readonly ks?: readonly number[] },
): EvaluationFigures {
  const problems = groupByProblem(samples, options.errored ?? 'left-out');
  const sizes = problems.map((problem) => problem.samples.length);
  const fewestSamples = sizes.reduce((least, size) => Math.min(least, size), sizes[0] ?? 0);
  const estimate = (figure: FigureName, k: number) =>
    estimateMean(
      listProblemValues(problems, { figure, k, seed: options.seed }).map(({ value }) => value),
      {
        method: options.method ?? 'bounded',
        level: options.level ?? 0.95,
        range: [0, 1],
        rng: createRng(hashSeed(options.seed, 'interval', figure, k)),
      },
    );
  return {
    tally: tallyOutcomes(samples),
    problems: problems.length,
    problemsLost: new Set(samples.map(({ problem }) => problem)).size - problems.length,
    fewestSamples,
    mostSamples: sizes.reduce((most, size) => Math.max(most, size), 0),
    mean: estimate('mean', 1),
    atK: (options.ks ?? listPowers(fewestSamples)).map((k) => ({
      k,
      pass: estimate('pass', k),
      passAll: estimate('passAll', k),
      best: estimate('best', k),
      majority: estimate('majority', k),
    })),
    spread: measureRunSpread(problems.map(countCorrect)),
  };
}

/** Two evaluations of the same problems. */
export interface EvaluationComparison {
  readonly figure: FigureName;
  readonly k: number;
  /** Null where they share no problem. */
  readonly paired: PairedDifference | null;
  /** Scatter of the differences of mean@k, from which `planComparison` works out what could be found. */
  readonly spread: DifferenceSpread | null;
}

/** Compares the second evaluation with the first, problem by problem. `k` is ignored for `mean`. */
export function compareSamples(
  first: readonly EvaluatedSample[],
  second: readonly EvaluatedSample[],
  options: FigureOptions & { readonly figure?: FigureName; readonly k?: number },
): EvaluationComparison {
  const { seed, figure = 'mean', k = 1 } = options;
  const runs = [first, second].map((samples) => groupByProblem(samples, options.errored ?? 'left-out'));
  const [ofFirst, ofSecond] = runs as [SampledProblem[], SampledProblem[]];
  return {
    figure,
    k,
    paired: comparePaired(
      listProblemValues(ofFirst, { figure, k, seed }),
      listProblemValues(ofSecond, { figure, k, seed }),
      {
        method: options.method ?? 't',
        level: options.level ?? 0.95,
        rng: createRng(hashSeed(seed, 'difference', figure, k)),
      },
    ),
    spread: measureDifferenceSpread(ofFirst.map(countCorrect), ofSecond.map(countCorrect)),
  };
}

/**
 * One value per problem. pass@k and pass^k are unknown for a problem with fewer than k samples: it is left out, and the
 * estimate's `problems` says how many were not. RangeError for a k below 1 or not whole.
 */
export function listProblemValues(
  problems: readonly SampledProblem[],
  { figure, k, seed }: { readonly figure: FigureName; readonly k: number; readonly seed: number },
): ProblemValue[] {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k must be a whole number of at least 1, got ${k}`);
  const needed = figure === 'pass' || figure === 'passAll' ? k : 1;
  return problems
    .filter(({ samples }) => samples.length >= needed)
    .map((sampled) => ({ problem: sampled.problem, value: computeFigure(sampled, figure, k, seed) }));
}

function computeFigure(sampled: SampledProblem, figure: FigureName, k: number, seed: number): number {
  const counts = countCorrect(sampled);
  switch (figure) {
    case 'mean':
      return counts.c / counts.n;
    case 'pass':
      return computePassAt(counts.n, counts.c, k);
    case 'passAll':
      return computePassAll(counts, k);
    case 'best':
      return computeBestAt(counts.n, counts.c, k);
    case 'majority':
      return computeMajority(sampled.samples, k, createRng(hashSeed(seed, 'majority', k, sampled.problem)));
  }
}

/** C(c, k) / C(n, k) as a product, which neither overflows nor rounds far. */
function computePassAll({ n, c }: ProblemCounts, k: number): number {
  let all = 1;
  for (let i = 0; i < k; i += 1) all *= Math.max(0, c - i) / (n - i);
  return all;
}

/** 1, 2, 4, ... below n, then n. */
function listPowers(n: number): number[] {
  const powers: number[] = [];
  for (let k = 1; k < n; k *= 2) powers.push(k);
  return n === 0 ? powers : [...powers, n];
}
