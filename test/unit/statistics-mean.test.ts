/**
 * The mean over problems and its intervals:
 *  1. the clustered standard error equals Miller's double sum over samples, and a hand-computed table
 *  2. the t interval by hand, cut off at the ends of the range
 *  3. where every problem is right or wrong, `bounded` gives Clopper and Pearson's table
 *  4. Clopper and Pearson's interval holds the truth with at least its level, by enumeration, for 30 and 500 problems
 *  5. 0 of n and n of n never give a point, whatever the method and however many samples a problem has
 *  6. nearly constant values fall back to `bounded`; values that are all different do not
 *  7. `bounded` of fractions: the quantiles of Dirichlet weights (SciPy's gamma draws, 2·10⁷ of them)
 *  8. a larger level gives a wider interval, and every interval holds its mean and stays in the range
 *  9. no problem: null; one problem: no standard error, but an interval
 * 10. values outside the range and impossible levels are refused
 * 11. over seeds two that agree leave Student's interval as it is; where all agree there is no point
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRng } from '../../src/core/rng.ts';
import { computeBinomialPmf } from '../../src/core/statistics/distributions.ts';
import {
  computeClusteredError,
  type EstimateOptions,
  estimateMean,
  estimateOverSeeds,
  type IntervalMethod,
} from '../../src/core/statistics/estimate-mean.ts';

const METHODS: readonly IntervalMethod[] = ['bounded', 't', 'bootstrap'];

function estimate(values: readonly number[], options: Partial<EstimateOptions> = {}) {
  return estimateMean(values, { method: 'bounded', level: 0.95, range: [0, 1], rng: createRng(4), ...options })!;
}

function assertNear(actual: number, wanted: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);
}

const repeat = (value: number, times: number) => Array.from({ length: times }, () => value);

test('1: clustered standard error', () => {
  // Deviations -.25 .05 .05 ... : (.0625 + .0025 + .0025 + .0625) / 3 / 4, the root of it.
  assertNear(computeClusteredError([0.2, 0.4, 0.5, 0.7])!, 0.1040833);
  assert.equal(computeClusteredError([0.4]), null);
  const samples = [
    [1, 1, 0, 0],
    [0, 0, 0, 1],
    [1, 1, 1, 1],
    [0, 0, 0, 0],
    [1, 0, 1, 1],
  ];
  const all = samples.flat();
  const mean = all.reduce((sum, sample) => sum + sample, 0) / all.length;
  // Σ over clusters, Σ over pairs of samples of one cluster: (s_i - mean)(s_j - mean).
  const double = samples
    .flatMap((own) => own.flatMap((a) => own.map((b) => (a - mean) * (b - mean))))
    .reduce((sum, product) => sum + product, 0);
  const miller = Math.sqrt(samples.length / (samples.length - 1)) * (Math.sqrt(double) / all.length);
  assertNear(
    computeClusteredError(samples.map((own) => own.reduce((sum, s) => sum + s, 0) / own.length))!,
    miller,
    1e-12,
  );
});

test('2: t interval', () => {
  // .45 ± 3.182446 · .1040833
  const { mean, low, high, method, problems } = estimate([0.2, 0.4, 0.5, 0.7], { method: 't' });
  assert.deepEqual([method, problems], ['t', 4]);
  assertNear(mean, 0.45);
  assertNear(low, 0.11876);
  assertNear(high, 0.78124);
  assert.equal(estimate([0.1, 0.2, 0.3, 0.9], { method: 't' }).low, 0);
  assertNear(estimate([0.1, 0.2, 0.3, 0.9], { method: 't', range: [-1, 1] }).low, 0.375 - 3.182446 * 0.1796988, 1e-5);
});

test('3: Clopper and Pearson', () => {
  const table: [c: number, n: number, low: number, high: number][] = [
    [0, 30, 0, 1 - 0.025 ** (1 / 30)],
    [1, 30, 0.000843571, 0.172169456],
    [3, 10, 0.066739511, 0.65245285],
    [15, 30, 0.312970286, 0.687029714],
    [30, 30, 0.025 ** (1 / 30), 1],
    [400, 500, 0.76220817, 0.834199874],
  ];
  for (const [c, n, wantedLow, wantedHigh] of table) {
    const { low, high } = estimate([...repeat(1, c), ...repeat(0, n - c)]);
    assertNear(low, wantedLow);
    assertNear(high, wantedHigh);
  }
});

test('4: coverage of Clopper and Pearson by enumeration', () => {
  for (const n of [30, 500]) {
    const intervals = Array.from({ length: n + 1 }, (_, c) => estimate([...repeat(1, c), ...repeat(0, n - c)]));
    for (const p of [0.001, 0.02, 0.1, 0.2, 0.33, 0.5, 0.8, 0.97]) {
      const covered = intervals
        .map(({ low, high }, c) => (low <= p && p <= high ? computeBinomialPmf(c, n, p) : 0))
        .reduce((sum, chance) => sum + chance, 0);
      assert.ok(covered >= 0.95, `n ${n}, p ${p}: ${covered}`);
      if (n === 500 && p > 0.1 && p < 0.9) assert.ok(covered < 0.97, `n ${n}, p ${p}: ${covered} is wasteful`);
    }
  }
});

test('5: never a point', () => {
  for (const method of METHODS) {
    for (const problems of [1, 2, 30, 500]) {
      const none = estimate(repeat(0, problems), { method });
      assert.equal(none.low, 0);
      assertNear(none.high, 1 - 0.025 ** (1 / problems));
      const all = estimate(repeat(1, problems), { method });
      assertNear(all.low, 0.025 ** (1 / problems));
      assert.equal(all.high, 1);
    }
    const equal = estimate(repeat(0, 30), { method, range: [-1, 1] });
    assertNear(equal.high, 1 - 0.025 ** (1 / 30));
    assertNear(equal.low, -equal.high);
  }
});

test('6: nearly constant values', () => {
  const oneUnlike = [...repeat(0, 29), 1 / 16];
  const nineUnlike = [...repeat(0, 21), ...Array.from({ length: 9 }, (_, i) => (i + 1) / 16)];
  const tenUnlike = [...repeat(0, 20), ...Array.from({ length: 10 }, (_, i) => (i + 1) / 16)];
  for (const method of ['t', 'bootstrap'] as const) {
    assert.equal(estimate(oneUnlike, { method }).method, 'bounded');
    assert.equal(estimate(nineUnlike, { method }).method, 'bounded');
    assert.equal(estimate(tenUnlike, { method }).method, method);
    assert.equal(estimate([0.1, 0.2, 0.3, 0.4, 0.5], { method }).method, method, 'five seeds');
  }
  // A single success beside zeros does not make the upper end fall: 0 of 30 says 11.6 points.
  assert.ok(estimate(oneUnlike).high > 0.115, `${estimate(oneUnlike).high}`);
});

test('7: bounded interval of fractions', () => {
  const halves = estimate([...repeat(0, 8), ...repeat(0.5, 4)], { draws: 40_000 });
  assertNear(halves.low, 0.049623, 1e-5);
  assertNear(halves.high, 0.41636, 0.004);
  const quarters = estimate([...repeat(0, 4), ...repeat(0.25, 3), ...repeat(0.75, 3)], { draws: 40_000 });
  assertNear(quarters.low, 0.11739, 0.003);
  assertNear(quarters.high, 0.57713, 0.004);
});

const shares = fc.array(
  fc.integer({ min: 0, max: 16 }).map((c) => c / 16),
  { minLength: 1, maxLength: 40 },
);

test('8: level, mean and range', () => {
  fc.assert(
    fc.property(shares, fc.constantFrom(...METHODS), (values, method) => {
      const narrow = estimate(values, { method, level: 0.8, draws: 400 });
      const wide = estimate(values, { method, level: 0.99, draws: 400 });
      assert.ok(wide.low <= narrow.low && narrow.high <= wide.high);
      for (const { low, high, mean } of [narrow, wide])
        assert.ok(low >= 0 && low <= mean + 1e-9 && mean <= high + 1e-9 && high <= 1, `${low} ${mean} ${high}`);
      assert.ok(wide.high > wide.low);
    }),
    { numRuns: 150 },
  );
});

test('9: no problem, one problem', () => {
  assert.equal(estimateMean([], { method: 't', level: 0.95, range: [0, 1], rng: createRng(1) }), null);
  const { standardError, method, mean, low, high } = estimate([0.25], { method: 't' });
  assert.deepEqual([standardError, method, mean], [null, 'bounded', 0.25]);
  assert.ok(low < 0.02 && high > 0.97, `${low} to ${high}`);
});

test('10: what cannot be', () => {
  assert.throws(() => estimate([0.2, 1.2]), /a value of 1.2 is not between 0 and 1/);
  assert.throws(() => estimate([Number.NaN]), /NaN/);
  assert.throws(() => estimate([0.5], { level: 95 }), /level of an interval lies between 0 and 1, and this is 95/);
});

test('11: over seeds', () => {
  const options = { level: 0.95, range: [-1, 1], rng: createRng(1) } as const;
  const estimate = estimateOverSeeds([0.01, 0.02, -0.015, 0.02], options)!;
  // Mean .00875, standard deviation .0165202: t(3, .975) = 3.182446 times .0165202 / 2 is .0262873.
  assertNear(estimate.low, 0.00875 - 0.0262873, 1e-6);
  assertNear(estimate.high, 0.00875 + 0.0262873, 1e-6);
  assert.equal(estimate.method, 't');
  const alike = estimateOverSeeds([0.02, 0.02, 0.02], options)!;
  assert.ok(alike.low < 0.02 && alike.high > 0.02);
  assert.equal(estimateOverSeeds([0.5], options), null);
});
