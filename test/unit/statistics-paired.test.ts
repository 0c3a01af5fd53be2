/**
 * Two runs on the same problems:
 *  1. for one sample a problem the p value is McNemar's exact test: a table of binomial tails
 *  2. for k samples it is the share of all assignments of signs, counted one by one
 *  3. it refuses a true null in at most 5 of 100 cases: all outcomes of 30 problems enumerated
 *  4. beyond exact sums it agrees with them; differences with no common step are taken to 1/10,000
 *  5. Tango's interval: figures of an independent maximisation of the likelihood, and two published examples
 *  6. no problem differs: an interval, not a point
 *  7. won, lost, same; problems that one run lacks are named and not counted
 *  8. swapping the runs mirrors everything
 *  9. a problem that is named twice, and counts that cannot be, are refused; no shared problem is null
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRng } from '../../src/core/rng.ts';
import { computeBinomialPmf } from '../../src/core/statistics/distributions.ts';
import { comparePaired, type ProblemValue } from '../../src/core/statistics/paired-difference.ts';
import { computePairedScoreInterval } from '../../src/core/statistics/paired-score.ts';
import { computeSignFlipP } from '../../src/core/statistics/sign-flip.ts';

const repeat = (value: number, times: number) => Array.from({ length: times }, () => value);

function assertNear(actual: number, wanted: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);
}

function toRun(values: readonly number[]): ProblemValue[] {
  return values.map((value, i) => ({ problem: `p${i}`, value }));
}

function compare(first: readonly ProblemValue[], second: readonly ProblemValue[], method: 't' | 'bootstrap' = 't') {
  return comparePaired(first, second, { method, level: 0.95, rng: createRng(2) })!;
}

test("1: McNemar's exact test", () => {
  const table: [won: number, lost: number, p: number][] = [
    [0, 0, 1],
    [1, 0, 1],
    [5, 0, 2 / 32],
    [6, 0, 2 / 64],
    [3, 1, 10 / 16],
    [12, 2, (2 * (1 + 14 + 91)) / 2 ** 14],
    [7, 7, 1],
    [2, 12, (2 * (1 + 14 + 91)) / 2 ** 14],
  ];
  for (const [won, lost, p] of table)
    assertNear(computeSignFlipP([...repeat(1, won), ...repeat(-1, lost), ...repeat(0, 40)]), p, 1e-12);
});

/** Share of all sign assignments whose sum is at least as far from 0. */
function countSigns(sizes: readonly number[]): number {
  const seen = Math.abs(sizes.reduce((sum, size) => sum + size, 0));
  let far = 0;
  for (let bits = 0; bits < 2 ** sizes.length; bits += 1) {
    const sum = sizes.reduce((total, size, i) => total + ((bits >> i) & 1 ? size : -size), 0);
    if (Math.abs(sum) >= seen) far += 1;
  }
  return far / 2 ** sizes.length;
}

test('2: all signs', () => {
  assertNear(computeSignFlipP(repeat(1 / 16, 5)), 2 / 32);
  assertNear(computeSignFlipP([3 / 16, 1 / 16, -2 / 16]), 6 / 8);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -16, max: 16 }), { minLength: 1, maxLength: 9 }), (sizes) => {
      assertNear(computeSignFlipP(sizes.map((size) => size / 16)), countSigns(sizes), 1e-12);
    }),
    { numRuns: 100 },
  );
});

test('3: false alarms', () => {
  const problems = 30;
  for (const discordant of [0.1, 0.3, 0.6, 1]) {
    let alarms = 0;
    for (let differ = 0; differ <= problems; differ += 1) {
      const chance = computeBinomialPmf(differ, problems, discordant);
      for (let won = 0; won <= differ; won += 1) {
        const p = computeSignFlipP([...repeat(1, won), ...repeat(-1, differ - won)]);
        if (p <= 0.05) alarms += chance * computeBinomialPmf(won, differ, 0.5);
      }
    }
    assert.ok(alarms <= 0.05, `${discordant}: ${alarms}`);
    if (discordant >= 0.6) assert.ok(alarms > 0.02, `${discordant}: ${alarms}, the test never fires`);
  }
});

test('4: many problems, odd steps', () => {
  const rng = createRng(11);
  const coarse = Array.from({ length: 3000 }, () => (rng.nextInt(65) - 31) / 64);
  // The same differences in steps so fine that their exact sum is too long.
  const fine = coarse.map((difference) => difference + 1e-6);
  const exact = computeSignFlipP(coarse);
  assert.ok(exact > 1e-6 && exact < 0.2, `${exact}`);
  assert.ok(Math.abs(computeSignFlipP(fine) / exact - 1) < 0.02, `${computeSignFlipP(fine)}, ${exact}`);
  const thirds = [1 / 3, 1 / 7, -1 / 11, 1 / 13, 1 / 17, 1 / 19];
  assertNear(computeSignFlipP(thirds), countSigns(thirds));
});

test("5: Tango's interval", () => {
  const table: [problems: number, won: number, lost: number, level: number, low: number, high: number][] = [
    [50, 12, 2, 0.95, 0.0611124, 0.3447087],
    [160, 40, 20, 0.95, 0.0308645, 0.2180642],
    [54, 0, 7, 0.95, -0.2442173, -0.0546069],
    [30, 3, 1, 0.95, -0.0869727, 0.2313943],
    // Contact lenses (Tango 1998): -0.096 to 0.037 the other way round.
    [44, 1, 0, 0.9, -0.0365169, 0.0956624],
    // Airway hyper-responsiveness (Bentur et al. 2009).
    [21, 7, 1, 0.95, 0.026003, 0.5172323],
  ];
  for (const [problems, won, lost, level, wantedLow, wantedHigh] of table) {
    const { low, high } = computePairedScoreInterval({ problems, won, lost }, level);
    assertNear(low, wantedLow, 1e-6);
    assertNear(high, wantedHigh, 1e-6);
  }
});

test('6: no problem differs', () => {
  const z2 = 1.959963984540054 ** 2;
  const solved = toRun([...repeat(1, 10), ...repeat(0, 20)]);
  const once = compare(solved, solved);
  assert.equal(once.difference.method, 'score');
  assertNear(once.difference.high, z2 / (30 + z2));
  assertNear(once.difference.low, -z2 / (30 + z2));
  assert.deepEqual([once.difference.mean, once.pValue, once.same], [0, 1, 30]);
  const shares = toRun(Array.from({ length: 30 }, (_, i) => (i % 16) / 16));
  const often = compare(shares, shares);
  assert.equal(often.difference.method, 'bounded');
  assert.ok(often.difference.high > 0.1 && often.difference.low < -0.1);
});

test('7: won, lost, same, missing', () => {
  const first = [...toRun([0, 0.5, 1, 0.25]), { problem: 'old', value: 1 }];
  const second = [{ problem: 'new', value: 0 }, ...toRun([0.5, 0.5, 0.25, 1])];
  const result = compare(first, second);
  assert.deepEqual([result.won, result.lost, result.same], [2, 1, 1]);
  assert.deepEqual([result.onlyFirst, result.onlySecond], [['old'], ['new']]);
  assertNear(result.first, 0.4375);
  assertNear(result.second, 0.5625);
  // .5 0 -.75 .75: mean .125, variance (.140625 + .015625 + .765625 + .390625) / 3, t(3) = 3.182446.
  assertNear(result.difference.mean, 0.125);
  assertNear(result.difference.standardError!, 0.3307189, 1e-7);
  assert.equal(result.difference.method, 't');
  assertNear(result.difference.low, 0.125 - 3.182446 * 0.3307189, 1e-5);
  // Signs of .5, .75, .75 give sums of ± .5, ± 1 or ± 2: all eight are at least .5 away from 0.
  assertNear(result.pValue, 1);
  const noisy = compare(toRun([0.1 + 0.2]), toRun([0.3]));
  assert.equal(noisy.same, 1, 'a difference in the last digit is none');
});

test('8: mirrored', () => {
  const share = fc.integer({ min: 0, max: 4 }).map((c) => c / 4);
  const pairs = fc.array(fc.tuple(share, share), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(pairs, fc.constantFrom('t' as const, 'bootstrap' as const), (both, method) => {
      const [first, second] = [toRun(both.map(([a]) => a)), toRun(both.map(([, b]) => b))];
      const forth = compare(first, second, method);
      const back = compare(second, first, method);
      assertNear(forth.difference.mean, -back.difference.mean);
      assertNear(forth.pValue, back.pValue);
      assert.deepEqual([forth.won, forth.lost], [back.lost, back.won]);
      if (forth.difference.method === 't' || forth.difference.method === 'score') {
        assertNear(forth.difference.low, -back.difference.high, 1e-7);
        assertNear(forth.difference.high, -back.difference.low, 1e-7);
      }
      const { low, high, mean } = forth.difference;
      assert.ok(low >= -1 && low <= mean + 1e-9 && mean <= high + 1e-9 && high <= 1 && low < high);
    }),
    { numRuns: 200 },
  );
});

test('9: what cannot be', () => {
  const twice = [...toRun([1]), ...toRun([0])];
  assert.throws(() => compare(twice, toRun([1])), /problem p0 occurs twice in one run/);
  const options = { method: 't', level: 0.95, rng: createRng(1) } as const;
  assert.equal(comparePaired(toRun([1]), [{ problem: 'x', value: 1 }], options), null);
  assert.throws(() => computePairedScoreInterval({ problems: 3, won: 2, lost: 2 }, 0.95), /2 won and 2 lost of 3/);
});
