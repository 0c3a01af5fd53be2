/**
 * Whether the statistics hold what they say, over simulated evaluations whose truth is known: `node bench/coverage.ts
 * [--evaluations 2000] [--seed 1]`. Prints three Markdown tables: coverage and width of the 95 % intervals of mean@k;
 * the same for paired differences, with how often the test finds a difference; planned power against the power achieved.
 * A share over 2,000 evaluations is itself off by up to 1 point in 19 of 20 cases.
 */
import { parseArgs } from 'node:util';
import { createRng, hashSeed } from '../src/core/rng.ts';
import { computeNormalQuantile, computeTQuantile } from '../src/core/statistics/distributions.ts';
import { computeClusteredError, computeMean } from '../src/core/statistics/estimate-mean.ts';
import { measureDifferenceSpread, planComparison } from '../src/core/statistics/power.ts';
import {
  CoverageCount,
  computeImprovedMean,
  computeTrueMean,
  DIFFICULTIES,
  drawComparisons,
  drawPairs,
  measureMeanCoverage,
  type Shape,
} from '../test/support/simulated-evaluations.ts';

const { values } = parseArgs({
  options: {
    evaluations: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
  },
});
const evaluations = Number(values.evaluations);
const seed = Number(values.seed);

/** Fewer draws than the library takes; the ends of an interval get a little noisier, which costs no coverage on average. */
const DRAWS = 1000;

/** Chances of the second run are those of the first to this power: equal runs, and one that is better. */
const EXPONENTS = [1, 0.75];

const SHAPES: readonly Shape[] = DIFFICULTIES.flatMap((difficulty) =>
  [1, 16].flatMap((samples) => [30, 500].map((problems) => ({ difficulty, problems, samples }))),
);

const percent = (share: number) => (100 * share).toFixed(1);
const describe = (count: CoverageCount) => `${percent(count.coverage)} (${percent(count.width)})`;

function printRow(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function printHead(cells: readonly string[]): void {
  printRow(cells);
  printRow(cells.map(() => '---'));
}

/** E. B. Wilson's score interval: what the choice of Clopper and Pearson's is measured against, for k = 1. */
function computeWilson(shares: readonly number[]): { low: number; high: number } {
  const n = shares.length;
  const z2 = computeNormalQuantile(0.975) ** 2;
  const mean = computeMean(shares);
  const middle = (mean + z2 / (2 * n)) / (1 + z2 / n);
  const reach = (Math.sqrt((mean * (1 - mean)) / n + z2 / (4 * n * n)) * Math.sqrt(z2)) / (1 + z2 / n);
  return { low: middle - reach, high: middle + reach };
}

/** The t interval as it is usually computed, a point where all values are equal: what the rule of ten unlike problems is measured against. */
function computePlainT(shares: readonly number[]): { low: number; high: number } {
  const mean = computeMean(shares);
  const reach = computeTQuantile(0.975, shares.length - 1) * computeClusteredError(shares)!;
  return { low: mean - reach, high: mean + reach };
}

function printMeans(): void {
  printHead(['difficulty', 'k', 'problems', 'bounded', 't', 'bootstrap', 'plain t', 'Wilson']);
  for (const shape of SHAPES) {
    const rng = createRng(hashSeed(seed, 'mean', shape.difficulty.name, shape.samples, shape.problems));
    const plain = new CoverageCount();
    const wilson = new CoverageCount();
    const counts = measureMeanCoverage(shape, { evaluations, rng, draws: DRAWS }, (shares, truth) => {
      plain.add(computePlainT(shares), truth);
      wilson.add(computeWilson(shares), truth);
    });
    printRow([
      shape.difficulty.name,
      shape.samples,
      shape.problems,
      ...[counts.bounded, counts.t, counts.bootstrap, plain].map(describe),
      shape.samples === 1 ? describe(wilson) : '',
    ]);
  }
}

/** Two figures in a cell: without a difference, and with one. */
function printDifferences(): void {
  printHead(['difficulty', 'k', 'problems', 'true difference', 'score', 't', 'bootstrap', 'p <= .05']);
  for (const shape of SHAPES) {
    const { difficulty, samples, problems } = shape;
    const both = EXPONENTS.map((exponent) => measureDifference(shape, exponent));
    const join = (cell: (one: (typeof both)[0]) => string) => both.map(cell).join(', ');
    printRow([
      difficulty.name,
      samples,
      problems,
      join(({ truth }) => percent(truth)),
      samples === 1 ? join(({ counts }) => describe(counts.score)) : '',
      samples === 1 ? '' : join(({ counts }) => describe(counts.t)),
      samples === 1 ? '' : join(({ counts }) => describe(counts.bootstrap)),
      join(({ found }) => percent(found / evaluations)),
    ]);
  }
}

function measureDifference(shape: Shape, exponent: number) {
  const { difficulty, samples, problems } = shape;
  const truth = computeImprovedMean(difficulty, exponent) - computeTrueMean(difficulty);
  const counts = { score: new CoverageCount(), t: new CoverageCount(), bootstrap: new CoverageCount() };
  let found = 0;
  for (const method of samples === 1 ? (['t'] as const) : (['t', 'bootstrap'] as const)) {
    const rng = createRng(hashSeed(seed, 'difference', difficulty.name, samples, problems, exponent));
    for (const { difference, pValue } of drawComparisons(shape, exponent, method, { evaluations, rng, draws: DRAWS })) {
      counts[difference.method === 'score' ? 'score' : method].add(difference, truth);
      if (method === 't' && pValue <= 0.05) found += 1;
    }
  }
  return { truth, counts, found };
}

/** Plans from a large pilot for the difference there really is, then counts how often the planned size finds it. */
function printPower(): void {
  printHead(['difficulty', 'k', 'true difference', 'problems planned for 80 %', 'found']);
  for (const difficulty of DIFFICULTIES) {
    for (const samples of [1, 16]) {
      const exponent = 0.75;
      const rng = createRng(hashSeed(seed, 'power', difficulty.name, samples));
      const pilot = drawPairs({ difficulty, samples, problems: 20_000 }, exponent, rng);
      const toCounts = (which: 0 | 1) =>
        pilot.map((pair, i) => ({ problem: `${i}`, n: samples, c: pair[which] * samples }));
      const difference = computeImprovedMean(difficulty, exponent) - computeTrueMean(difficulty);
      const spread = measureDifferenceSpread(toCounts(0), toCounts(1))!;
      const plan = planComparison({ spread, problems: 30, difference, power: 0.8, level: 0.95 })!;
      const shape = { difficulty, samples, problems: plan.problemsNeeded };
      const found = [...drawComparisons(shape, exponent, 't', { evaluations, rng, draws: DRAWS })].filter(
        ({ pValue }) => pValue <= 0.05,
      );
      printRow([
        difficulty.name,
        samples,
        percent(difference),
        plan.problemsNeeded,
        percent(found.length / evaluations),
      ]);
    }
  }
}

console.log(`${evaluations} evaluations a row; in brackets the mean width of the interval in points\n`);
printMeans();
console.log();
printDifferences();
console.log();
printPower();
