/**
 * What a comparison can find:
 *  1. scatter of two runs, split by hand into what problems gain and what samples add
 *  2. problems needed for known effect sizes (G. W. Snedecor's t, as every power table has it)
 *  3. detectable difference, problems needed and samples needed fit each other
 *  4. more samples do not help against problems that gain differently: said, not a number
 *  5. one sample a problem: the parts cannot be told; few problems differ: the unpaired scatter stands in
 *  6. before there is a second run: the correlation of the two decides
 *  7. the sentences
 *  8. no scatter gives no plan; impossible questions are refused
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  assumeDifferenceSpread,
  type DifferenceSpread,
  measureDifferenceSpread,
  type PowerQuestion,
  planComparison,
  statePower,
} from '../../src/core/statistics/power.ts';

function assertNear(actual: number, wanted: number, tolerance = 1e-7): void {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);
}

function toCounts(n: number, correct: readonly number[]) {
  return correct.map((c, i) => ({ problem: `p${i}`, n, c }));
}

function plan(spread: DifferenceSpread, question: Partial<PowerQuestion> = {}) {
  return planComparison({ spread, problems: 30, difference: 0.1, power: 0.8, level: 0.95, ...question })!;
}

/** Variance 1 of a difference: then the difference is an effect size. */
const UNIT: DifferenceSpread = { variance: 1, samples: 1, basis: 'paired', parts: null };

test('1: parts of the scatter', () => {
  // Shares of 4: differences 0 .25 .5 .75, mean .375, variance .3125 / 3.
  const spread = measureDifferenceSpread(toCounts(4, [2, 1, 0, 1]), toCounts(4, [2, 2, 2, 4]))!;
  assert.equal(spread.basis, 'paired');
  assertNear(spread.variance, 0.3125 / 3);
  assert.equal(spread.samples, 4);
  // p(1-p)·4/3: 1/3 1/4 0 1/4 and 1/3 1/3 1/3 0, sums of pairs 2/3 7/12 1/3 1/4, mean 11/24.
  assertNear(spread.parts!.within, 11 / 24);
  assertNear(spread.parts!.between, 0);
  const wide = measureDifferenceSpread(toCounts(4, [0, 0, 0, 4, 4]), toCounts(4, [0, 1, 4, 3, 0]))!;
  // Differences 0 .25 1 -.25 -1: squares 2.125 over 4. Two problems of the second run add .1875·4/3 / 4 of noise each.
  assertNear(wide.variance, 2.125 / 4);
  assertNear(wide.parts!.between, 2.125 / 4 - (2 * 0.0625) / 5);
});

test('2: tables of power', () => {
  const table: [effect: number, power: number, problems: number][] = [
    [0.2, 0.8, 199],
    [0.5, 0.8, 34],
    [0.8, 0.8, 15],
    [0.5, 0.9, 44],
    [0.2, 0.95, 327],
  ];
  for (const [difference, power, problems] of table) {
    const { problemsNeeded } = plan(UNIT, { difference, power });
    assert.ok(Math.abs(problemsNeeded - problems) <= 1, `${difference}, ${power}: ${problemsNeeded}, ${problems}`);
  }
});

test('3: the three answers fit', () => {
  const parts = { between: 0.01, within: 0.3 };
  const spread: DifferenceSpread = { variance: 0.01 + 0.3 / 16, samples: 16, basis: 'paired', parts };
  const { detectable, problemsNeeded } = plan(spread, { difference: 0.05 });
  // (2.045230 + .854192) · sqrt(.02875 / 30)
  assertNear(detectable, 2.899422 * Math.sqrt(0.02875 / 30), 1e-6);
  assert.ok(problemsNeeded > 30);
  assert.ok(plan(spread, { problems: problemsNeeded, difference: 0.05 }).detectable <= 0.05);
  assert.ok(plan(spread, { problems: problemsNeeded - 1, difference: 0.05 }).detectable > 0.05);
  const { samplesNeeded } = plan(spread, { problems: 60, difference: 0.05 });
  assert.ok(typeof samplesNeeded === 'number' && samplesNeeded > 16);
  const atSamples = (samples: number) => ({ ...spread, samples, variance: parts.between + parts.within / samples });
  assert.ok(plan(atSamples(samplesNeeded), { problems: 60 }).detectable <= 0.05);
  assert.ok(plan(atSamples(samplesNeeded - 1), { problems: 60 }).detectable > 0.05);
});

test('4: samples are not enough', () => {
  const spread = assumeDifferenceSpread({ between: 0.09, within: 0.1, rerunError: 0 }, 16, 0.5);
  assert.equal(plan(spread, { difference: 0.05 }).samplesNeeded, 'no number is enough');
});

test('5: what cannot be told', () => {
  const won = Array.from({ length: 40 }, (_, i) => (i < 12 ? 1 : 0));
  const lost = Array.from({ length: 40 }, (_, i) => (i >= 36 ? 1 : 0));
  const single = measureDifferenceSpread(toCounts(1, lost), toCounts(1, won))!;
  assert.deepEqual([single.basis, single.parts], ['paired', null]);
  assert.equal(plan(single).samplesNeeded, 'unknown');
  const mixed = toCounts(4, [2, 1, 0, 1, 3]).with(4, { problem: 'p4', n: 1, c: 1 });
  assert.ok(
    measureDifferenceSpread(mixed, toCounts(4, [2, 2, 2, 4, 1]))!.parts !== null,
    'one problem with one sample',
  );
  const one = Array.from({ length: 40 }, (_, i): number => (i < 20 ? 8 : 0));
  const other = one.with(0, 7);
  const few = measureDifferenceSpread(toCounts(16, one), toCounts(16, other))!;
  assert.equal(few.basis, 'unpaired');
  // Two runs at .5 on half of the problems: about twice .25 · 1/4 · 40/39, not the next to nothing of one problem's 1/16.
  assert.ok(few.variance > 0.12 && few.variance < 0.14, `${few.variance}`);
});

test('6: before the second run', () => {
  const run = { between: 0.09, within: 0.09, rerunError: 0 };
  assertNear(assumeDifferenceSpread(run, 16, 0).variance, 0.18 + 0.18 / 16);
  assertNear(assumeDifferenceSpread(run, 16, 1).variance, 0.18 / 16);
  const loose = plan(assumeDifferenceSpread(run, 16, 0.8));
  const close = plan(assumeDifferenceSpread(run, 16, 0.95));
  assert.ok(close.detectable < loose.detectable);
  assert.throws(() => assumeDifferenceSpread(run, 16, 1.1), /correlation lies between -1 and 1, and this is 1.1/);
});

test('7: sentences', () => {
  const spread = assumeDifferenceSpread({ between: 0.09, within: 0.09, rerunError: 0 }, 16, 0.9);
  const found = '30 problems with 16 samples each find a difference of 9.1 points in 80 % of repeats, at level 95 %.';
  assert.equal(
    statePower(plan(spread, { difference: 0.044 })),
    `${found} For 4.4 points it takes 121 problems; more samples of these problems would not be enough.`,
  );
  assert.equal(statePower(plan(spread, { difference: 0.2 })), `${found} That is enough for 20.0 points.`);
  assert.match(
    statePower(plan({ ...UNIT, variance: 0.2 })),
    /^30 problems with 1 sample each find .* For 10\.0 points it takes 159 problems\.$/,
  );
  const bySamples = assumeDifferenceSpread({ between: 0.09, within: 0.09, rerunError: 0 }, 2, 0.95);
  assert.match(statePower(plan(bySamples)), /it takes \d+ problems, or \d+ samples each on these\.$/);
});

test('8: no plan', () => {
  const still = measureDifferenceSpread(toCounts(4, [0, 0, 0]), toCounts(4, [0, 0, 0]))!;
  assert.equal(planComparison({ spread: still, problems: 3, difference: 0.1, power: 0.8, level: 0.95 }), null);
  assert.equal(measureDifferenceSpread(toCounts(4, [1]), toCounts(4, [2])), null);
  assert.throws(() => plan(UNIT, { difference: 0 }), /a difference lies between 0 and 1, and this is 0/);
  assert.throws(() => plan(UNIT, { power: 1 }), /power and level/);
});
