import { createRng, type Rng } from '../../src/core/rng.ts';
import { computeLnGamma } from '../../src/core/statistics/distributions.ts';
import { type EstimateOptions, estimateMean, type IntervalMethod } from '../../src/core/statistics/estimate-mean.ts';
import { comparePaired, type PairedDifference } from '../../src/core/statistics/paired-difference.ts';

/** Evaluations whose truth is known: problems whose chance of a right answer is beta distributed, k samples of each. */

export interface Difficulty {
  readonly name: string;
  /** Chances of right answers are Beta(a, b). */
  readonly a: number;
  readonly b: number;
}

export const DIFFICULTIES: readonly Difficulty[] = [
  { name: 'very hard, mean 2 %', a: 0.05, b: 2.45 },
  { name: 'hard, mean 20 %', a: 0.4, b: 1.6 },
  { name: 'even, mean 50 %', a: 1.5, b: 1.5 },
  { name: 'easy, mean 80 %', a: 2, b: 0.5 },
];

export interface Shape {
  readonly difficulty: Difficulty;
  readonly problems: number;
  readonly samples: number;
}

export function computeTrueMean({ a, b }: Difficulty): number {
  return a / (a + b);
}

/** Mean of the chances raised to `exponent`: below 1 it makes a second run that is better on every problem. */
export function computeImprovedMean({ a, b }: Difficulty, exponent: number): number {
  const ln =
    computeLnGamma(a + exponent) + computeLnGamma(a + b) - computeLnGamma(a) - computeLnGamma(a + b + exponent);
  return Math.exp(ln);
}

/** Shares of right answers, one per problem. */
export function drawValues({ difficulty, problems, samples }: Shape, rng: Rng): number[] {
  return Array.from({ length: problems }, () => drawCount(drawBeta(difficulty, rng), samples, rng) / samples);
}

/** The same problems sampled by two runs, of which the second has the chances of the first raised to `exponent`. */
export function drawPairs({ difficulty, problems, samples }: Shape, exponent: number, rng: Rng): [number, number][] {
  return Array.from({ length: problems }, () => {
    const chance = drawBeta(difficulty, rng);
    return [drawCount(chance, samples, rng) / samples, drawCount(chance ** exponent, samples, rng) / samples];
  });
}

function drawCount(chance: number, samples: number, rng: Rng): number {
  let count = 0;
  for (let i = 0; i < samples; i += 1) if (rng.next() < chance) count += 1;
  return count;
}

/** A chance of a right answer. */
export function drawBeta({ a, b }: Difficulty, rng: Rng): number {
  const x = drawGamma(a, rng);
  return x / (x + drawGamma(b, rng));
}

/** G. Marsaglia and W. Tsang, ACM Trans. Math. Softw. 26, 2000; a shape below 1 by way of the next one. */
function drawGamma(shape: number, rng: Rng): number {
  if (shape < 1) return drawGamma(shape + 1, rng) * (1 - rng.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - rng.next()) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** How often intervals hold the truth, and how wide they are. */
export class CoverageCount {
  #evaluations = 0;
  #held = 0;
  #width = 0;

  add(interval: { readonly low: number; readonly high: number }, truth: number): void {
    this.#evaluations += 1;
    if (interval.low <= truth && truth <= interval.high) this.#held += 1;
    this.#width += interval.high - interval.low;
  }

  get coverage(): number {
    return this.#held / this.#evaluations;
  }

  get width(): number {
    return this.#width / this.#evaluations;
  }
}

export const METHODS: readonly IntervalMethod[] = ['bounded', 't', 'bootstrap'];

type Settings = Pick<EstimateOptions, 'rng' | 'draws'> & { readonly evaluations: number };

/** Coverage of the 95 % intervals of mean@k, per method, on the same evaluations; `also` is shown the values. */
export function measureMeanCoverage(
  shape: Shape,
  { evaluations, rng, draws }: Settings & { readonly draws: number },
  also: (values: readonly number[], truth: number) => void = () => {},
): Record<IntervalMethod, CoverageCount> {
  const truth = computeTrueMean(shape.difficulty);
  const counts = { bounded: new CoverageCount(), t: new CoverageCount(), bootstrap: new CoverageCount() };
  for (let evaluation = 0; evaluation < evaluations; evaluation += 1) {
    const values = drawValues(shape, rng);
    for (const method of METHODS)
      counts[method].add(estimateMean(values, { method, level: 0.95, range: [0, 1], rng, draws })!, truth);
    also(values, truth);
  }
  return counts;
}

/** Comparisons of two simulated runs. Equal `rng` and shape give the same runs to every method. */
export function* drawComparisons(
  shape: Shape,
  exponent: number,
  method: IntervalMethod,
  { evaluations, rng, draws }: Settings & { readonly draws: number },
): Generator<PairedDifference> {
  const forIntervals = createRng(1);
  for (let evaluation = 0; evaluation < evaluations; evaluation += 1) {
    const pairs = drawPairs(shape, exponent, rng);
    const toRun = (which: 0 | 1) => pairs.map((pair, i) => ({ problem: `${i}`, value: pair[which] }));
    yield comparePaired(toRun(0), toRun(1), { method, level: 0.95, rng: forIntervals, draws })!;
  }
}
