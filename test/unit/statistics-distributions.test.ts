/**
 * Distribution functions against SciPy 1.17.1, whose figures stand here:
 *  1. normal distribution function and quantile, tails included
 *  2. Student's t: two-sided p value and quantile
 *  3. beta: distribution function and quantile; the logarithm of the gamma function
 *  4. binomial: distribution function and single chances
 *  5. quantiles undo distribution functions
 *  6. arguments outside the domain are refused by name
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  computeBetaCdf,
  computeBetaQuantile,
  computeBinomialCdf,
  computeBinomialPmf,
  computeLnGamma,
  computeNormalCdf,
  computeNormalQuantile,
  computeTQuantile,
  computeTwoSidedT,
} from '../../src/core/statistics/distributions.ts';

/** Digits that must agree; an interval is printed with three or four. */
const RELATIVE = 1e-10;

function assertNear(actual: number, wanted: number, what: string): void {
  assert.ok(
    Math.abs(actual - wanted) <= RELATIVE * Math.max(Math.abs(wanted), 1e-300),
    `${what}: ${actual}, ${wanted}`,
  );
}

test('1: normal', () => {
  const cdf: [z: number, p: number][] = [
    [-12.5, 3.732564298877714e-36],
    [-5.2, 9.96442631693347e-8],
    [-3, 0.0013498980316300933],
    [-1, 0.15865525393145707],
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [1.96, 0.9750021048517795],
    [4.9, 0.9999995208167234],
    [8, 0.9999999999999993],
  ];
  for (const [z, p] of cdf) assertNear(computeNormalCdf(z), p, `cdf ${z}`);
  const quantiles: [p: number, z: number][] = [
    [1e-300, -37.0470962993612],
    [1e-10, -6.361340902404056],
    [0.025, -1.9599639845400545],
    [0.2, -0.8416212335729142],
    [0.975, 1.959963984540054],
    [0.9999, 3.719016485455709],
  ];
  for (const [p, z] of quantiles) assertNear(computeNormalQuantile(p), z, `quantile ${p}`);
  assert.ok(Math.abs(computeNormalQuantile(0.5)) < 1e-12);
  assert.deepEqual([computeNormalQuantile(0), computeNormalQuantile(1)], [-Infinity, Infinity]);
});

test("2: Student's t", () => {
  const twoSided: [t: number, df: number, p: number][] = [
    [1, 1, 0.5],
    [2.5, 29, 0.018325344338426086],
    [-2.5, 29, 0.018325344338426086],
    [12, 4, 0.000276428548502973],
    [0.3, 499, 0.7643020857437968],
    [40, 3, 3.4380680789158506e-5],
    [2, 1.5, 0.22418833035605112],
  ];
  for (const [t, df, p] of twoSided) assertNear(computeTwoSidedT(t, df), p, `p of ${t}, ${df}`);
  const quantiles: [p: number, df: number, t: number][] = [
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 29, 2.045229642132703],
    [0.995, 499, 2.585717683111754],
    [0.8, 29, 0.8541919858818557],
    [0.025, 7, -2.3646242515927844],
    [0.975, 100_000, 1.9599877075346095],
  ];
  for (const [p, df, t] of quantiles) assertNear(computeTQuantile(p, df), t, `quantile ${p}, ${df}`);
  assert.equal(computeTQuantile(0.5, 9), 0);
});

test('3: beta and gamma', () => {
  const cdf: [x: number, a: number, b: number, p: number][] = [
    [0.3, 5, 12, 0.5500958801750958],
    [0.3, 5000, 12000, 0.9534338785883755],
    [0.001, 0.05, 2.45, 0.752718598115575],
    [0.999, 0.5, 0.5, 0.9798649583666235],
    [0.5, 1, 1, 0.5],
    [1e-8, 2, 3, 5.999999919999999e-16],
    [-0.1, 2, 3, 0],
    [1.1, 2, 3, 1],
  ];
  for (const [x, a, b, p] of cdf) assertNear(computeBetaCdf(x, a, b), p, `cdf ${x}, ${a}, ${b}`);
  const quantiles: [p: number, a: number, b: number, x: number][] = [
    [0.025, 1, 30, 1 - 0.975 ** (1 / 30)],
    [0.975, 251, 250, 0.5447144306757724],
    [0.025, 0.4, 1.6, 5.530282125414875e-5],
    [0.975, 2, 0.5, 0.9997221707652159],
    [0.5, 3, 7, 0.2862366680227827],
  ];
  for (const [p, a, b, x] of quantiles) assertNear(computeBetaQuantile(p, a, b), x, `quantile ${p}, ${a}, ${b}`);
  const gamma: [x: number, ln: number][] = [
    [0.05, 2.968879201051731],
    [0.3, 1.0957979948180756],
    [2.5, 0.2846828704729192],
    [10, Math.log(362_880)],
    [171.5, 709.1431630309283],
    [1e5, 1051287.7089736569],
  ];
  for (const [x, ln] of gamma) assertNear(computeLnGamma(x), ln, `ln gamma ${x}`);
});

test('4: binomial', () => {
  const table: [c: number, n: number, p: number, cdf: number, pmf: number][] = [
    [3, 30, 0.2, 0.12271080639416353, 0.07853182124216654],
    [0, 30, 0.1, 0.9 ** 30, 0.9 ** 30],
    [250, 500, 0.5, 0.5178323227766746, 0.035664645553349014],
    [499, 500, 0.99, 1 - 0.99 ** 500, 0.033184257789972776],
    [12, 5000, 0.004, 0.03873009923385284, 0.017533392461740852],
    [1, 2, 0.5, 0.75, 0.5],
  ];
  for (const [c, n, p, cdf, pmf] of table) {
    assertNear(computeBinomialCdf(c, n, p), cdf, `cdf ${c}, ${n}, ${p}`);
    assertNear(computeBinomialPmf(c, n, p), pmf, `pmf ${c}, ${n}, ${p}`);
  }
  assert.deepEqual([computeBinomialCdf(-1, 5, 0.5), computeBinomialCdf(5, 5, 0.5)], [0, 1]);
  assert.deepEqual(
    [computeBinomialPmf(0, 5, 0), computeBinomialPmf(5, 5, 1), computeBinomialPmf(6, 5, 0.5)],
    [1, 1, 0],
  );
});

test('5: quantiles undo distribution functions', () => {
  const chance = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  const size = fc.double({ min: 0.5, max: 400, noNaN: true });
  fc.assert(
    fc.property(chance, size, size, (p, a, b) => {
      assert.ok(Math.abs(computeBetaCdf(computeBetaQuantile(p, a, b), a, b) - p) < 1e-9);
      assert.ok(Math.abs(computeNormalCdf(computeNormalQuantile(p)) - p) < 1e-12);
      const t = computeTQuantile(p, a);
      assert.ok(Math.abs(computeTwoSidedT(t, a) - 2 * Math.min(p, 1 - p)) < 1e-9);
    }),
    { numRuns: 200 },
  );
});

test('6: outside the domain', () => {
  assert.throws(() => computeLnGamma(0), /needs x > 0/);
  assert.throws(() => computeBetaCdf(0.5, 0, 1), /two positive numbers/);
  assert.throws(() => computeTwoSidedT(1, 0), /degrees of freedom/);
  assert.throws(() => computeBetaQuantile(1.5, 1, 1), /a probability lies between 0 and 1, and this is 1.5/);
  assert.throws(() => computeNormalQuantile(Number.NaN), /NaN/);
});
