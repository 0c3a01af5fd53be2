import { computeNormalCdf } from './distributions.ts';

/**
 * The exact paired test. If two runs were interchangeable on every problem, each difference could as well have the other
 * sign; the p value is the share of all assignments of signs whose sum lies at least as far from 0 as the one seen (R. A.
 * Fisher, The Design of Experiments, 1935, section 21). Where every difference is -1, 0 or 1 it is McNemar's exact test:
 * the sign test on the problems that exactly one run solved.
 */

/** Beyond this many additions the sum over all signs is normal to more digits than anyone prints. */
const MAX_WORK = 2e8;

/** The finest steps that differences are counted in where they share no coarser one. */
const FINEST = 10_000;

/** Two-sided p value of differences per problem; 1 where none differs. */
export function computeSignFlipP(differences: readonly number[]): number {
  const perUnit = findSteps(differences);
  const sizes = differences.map((difference) => Math.abs(Math.round(difference * perUnit))).filter((size) => size > 0);
  const sum = Math.abs(differences.reduce((total, difference) => total + Math.round(difference * perUnit), 0));
  if (sum === 0) return 1;
  const reach = sizes.reduce((total, size) => total + size, 0);
  if (sizes.length * reach > MAX_WORK) {
    const deviation = Math.sqrt(sizes.reduce((total, size) => total + size * size, 0));
    return 2 * computeNormalCdf(-sum / deviation);
  }
  return Math.min(1, 2 * sumTail(listChances(sizes, reach), (reach + sum) / 2));
}

/** Chance that the sizes drawn with a plus sum to i, for i from 0 to `reach`: one convolution with {0, size} per size. */
function listChances(sizes: readonly number[], reach: number): Float64Array {
  const chances = new Float64Array(reach + 1);
  chances[0] = 1;
  let top = 0;
  for (const size of sizes) {
    top += size;
    for (let i = top; i >= 0; i -= 1) chances[i] = (chances[i]! + (i >= size ? chances[i - size]! : 0)) / 2;
  }
  return chances;
}

/** Chance of at least `from`. Smallest first, so that small chances are not lost beside large ones. */
function sumTail(chances: Float64Array, from: number): number {
  let sum = 0;
  for (let i = chances.length - 1; i >= from; i -= 1) sum += chances[i]!;
  return sum;
}

/** The smallest number of equal steps into which to divide 1 so that every difference is a whole number of them; `FINEST` at most. */
function findSteps(differences: readonly number[]): number {
  const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-7;
  for (let steps = 1; steps <= 1000; steps += 1) {
    if (differences.every((difference) => isWhole(difference * steps))) return steps;
  }
  return FINEST;
}
