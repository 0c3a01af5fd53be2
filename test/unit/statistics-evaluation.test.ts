/**
 * A whole evaluation, from judged samples:
 *  1. every sample is errored, correct, wrong or unanswered; truncated and format-invalid are counted beside that
 *  2. the figures of a small table worked out by hand: mean@4, pass@k, pass^k, best@k, maj@k, means and standard errors
 *  3. samples that errored are left out or wrong, as asked; a problem that lost all its samples is counted
 *  4. pass@k leaves out problems with fewer than k samples and says so
 *  5. two evaluations are compared on any figure; equal input and seed give equal figures
 *  6. pass^k <= mean <= best@k <= pass@k for every problem
 *  7. nothing evaluated gives null, not zero; a k that is no whole number from 1 is refused
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareSamples, listProblemValues, measureSamples } from '../../src/core/statistics/evaluation-figures.ts';
import { type EvaluatedSample, groupByProblem, tallyOutcomes } from '../../src/core/statistics/outcomes.ts';

type Facts = Partial<Omit<EvaluatedSample, 'problem'>>;

const RIGHT: Facts = { answer: '7', correct: true };
const WRONG: Facts = { answer: '3' };
const ERRORED: Facts = { errored: true };
const OTHER: Facts = { answer: '5' };
const SILENT: Facts = {};

function toSamples(problem: string, ...facts: readonly Facts[]): EvaluatedSample[] {
  const blank = { problem, answer: null, correct: false, errored: false, truncated: false, formatValid: true };
  return facts.map((own) => ({ ...blank, ...own }));
}

function assertNear(actual: number | null | undefined, wanted: number, tolerance = 1e-7): void {
  assert.ok(actual !== null && actual !== undefined && Math.abs(actual - wanted) <= tolerance, `${actual}, ${wanted}`);
}

test('1: outcomes', () => {
  const tally = tallyOutcomes([
    ...toSamples('a', RIGHT, { ...RIGHT, truncated: true }, WRONG, { ...WRONG, formatValid: false }),
    ...toSamples('b', { truncated: true }, { truncated: true, formatValid: false }, {}, ERRORED, ERRORED),
  ]);
  assert.deepEqual(
    [tally.samples, tally.errored, tally.correct, tally.wrong, tally.unanswered],
    [9, 2, 2, 2, 3],
    'adds up to all samples',
  );
  assert.deepEqual(tally.truncated, { correct: 1, wrong: 0, unanswered: 2 });
  assert.deepEqual(tally.formatInvalid, { correct: 0, wrong: 1, unanswered: 1 });
});

test('2: by hand', () => {
  const samples = [
    ...toSamples('a', RIGHT, RIGHT, WRONG, WRONG),
    ...toSamples('b', RIGHT, WRONG, OTHER, SILENT),
    ...toSamples('c', RIGHT, RIGHT, RIGHT, RIGHT),
    ...toSamples('d', WRONG, WRONG, WRONG, WRONG),
  ];
  const { mean, atK, spread, problems, fewestSamples } = measureSamples(samples, { seed: 1, method: 't' });
  assert.deepEqual([problems, fewestSamples, atK.map(({ k }) => k)], [4, 4, [1, 2, 4]]);
  // Shares .5 .25 1 0: mean .4375, deviations² sum .546875, standard error sqrt(.546875 / 3 / 4).
  assertNear(mean?.mean, 0.4375);
  assertNear(mean?.standardError, Math.sqrt(0.546875 / 12));
  // 3.18 of those either way is more than there is room for.
  assert.deepEqual([mean?.method, mean?.low, mean?.high], ['t', 0, 1]);
  const [at1, at2, at4] = atK as [(typeof atK)[0], (typeof atK)[0], (typeof atK)[0]];
  for (const figure of [at1.pass, at1.passAll, at1.best]) assertNear(figure?.mean, 0.4375);
  // With one vote an answer is right as often as samples are.
  assertNear(at1.majority?.mean, 0.4375);
  // pass@2: 1 - C(2,2)/C(4,2) = 5/6; 1 - C(3,2)/6 = 1/2; 1; 0.
  assertNear(at2.pass?.mean, (5 / 6 + 1 / 2 + 1) / 4);
  // pass^2: C(2,2)/6 = 1/6; 0; 1; 0.
  assertNear(at2.passAll?.mean, (1 / 6 + 1) / 4);
  // best@2: 1 - 1/4; 1 - 9/16; 1; 0.
  assertNear(at2.best?.mean, (3 / 4 + 7 / 16 + 1) / 4);
  // maj@2 of b: right is drawn twice 1/16, with a silent one 2/16, first before another answer 2/16.
  assertNear(at2.majority?.mean, (1 / 2 + 5 / 16 + 1) / 4);
  assertNear(at4.pass?.mean, 3 / 4);
  assertNear(at4.passAll?.mean, 1 / 4);
  assertNear(at4.best?.mean, (15 / 16 + 175 / 256 + 1) / 4);
  // p(1-p)·4/3 a problem: 1/3, 1/4, 0, 0; their mean .1458333 is one sample's noise, a quarter of it four samples'.
  assertNear(spread?.within, 7 / 48);
  assertNear(spread?.between, 0.546875 / 3 - 7 / 192);
  assertNear(spread?.rerunError, Math.sqrt(7 / 192 / 4));
});

test('3: errored samples', () => {
  const samples = [
    ...toSamples('a', RIGHT, ERRORED),
    ...toSamples('b', ERRORED, ERRORED),
    ...toSamples('c', WRONG, WRONG),
  ];
  const left = measureSamples(samples, { seed: 1 });
  assert.deepEqual([left.problems, left.problemsLost, left.fewestSamples, left.mostSamples], [2, 1, 1, 2]);
  assertNear(left.mean?.mean, 0.5);
  assert.equal(left.tally.errored, 3);
  const wrong = measureSamples(samples, { seed: 1, errored: 'wrong' });
  assert.deepEqual([wrong.problems, wrong.problemsLost], [3, 0]);
  assertNear(wrong.mean?.mean, 1 / 6);
});

test('4: too few samples for k', () => {
  const samples = [...toSamples('a', RIGHT, WRONG), ...toSamples('b', RIGHT, RIGHT, WRONG, WRONG)];
  assert.deepEqual(
    measureSamples(samples, { seed: 1 }).atK.map(({ k }) => k),
    [1, 2],
  );
  const [at4] = measureSamples(samples, { seed: 1, ks: [4] }).atK;
  assert.deepEqual([at4?.pass?.problems, at4?.best?.problems], [1, 2]);
  assertNear(at4?.pass?.mean, 1);
});

test('5: comparison', () => {
  const first = [...toSamples('a', RIGHT, WRONG), ...toSamples('b', WRONG, WRONG), ...toSamples('c', RIGHT, RIGHT)];
  const second = [...toSamples('b', RIGHT, RIGHT), ...toSamples('a', RIGHT, WRONG), ...toSamples('d', RIGHT, RIGHT)];
  const { paired, spread } = compareSamples(first, second, { seed: 1 });
  assertNear(paired?.difference.mean, 0.5);
  assert.deepEqual([paired?.onlyFirst, paired?.onlySecond], [['c'], ['d']]);
  assert.equal(spread?.samples, 2);
  const pass = compareSamples(first, second, { seed: 1, figure: 'pass', k: 2 });
  // pass@2 is 1 and 0 for a and b, then 1 and 1: a table of one won problem.
  assert.deepEqual([pass.paired?.won, pass.paired?.same, pass.paired?.difference.method], [1, 1, 'score']);
  assert.deepEqual(compareSamples(first, second, { seed: 9 }), compareSamples(first, second, { seed: 9 }));
});

test('6: order of the figures', () => {
  const facts = fc.constantFrom(RIGHT, WRONG, OTHER, SILENT);
  fc.assert(
    fc.property(fc.array(facts, { minLength: 1, maxLength: 12 }), (own) => {
      const problems = groupByProblem(toSamples('a', ...own), 'left-out');
      for (let k = 1; k <= own.length; k += 1) {
        const [all, mean, best, pass] = (['passAll', 'mean', 'best', 'pass'] as const).map(
          (figure) => listProblemValues(problems, { figure, k, seed: 1 })[0]!.value,
        ) as [number, number, number, number];
        assert.ok(
          all <= mean + 1e-12 && mean <= best + 1e-12 && best <= pass + 1e-12,
          `${all} ${mean} ${best} ${pass}`,
        );
      }
    }),
  );
});

test('7: nothing, nonsense', () => {
  const nothing = measureSamples(toSamples('a', ERRORED), { seed: 1 });
  assert.deepEqual([nothing.mean, nothing.problems, nothing.atK.length, nothing.spread], [null, 0, 0, null]);
  assert.equal(compareSamples([], toSamples('a', RIGHT), { seed: 1 }).paired, null);
  assert.throws(() => measureSamples(toSamples('a', RIGHT), { seed: 1, ks: [0] }), /whole number of at least 1, got 0/);
});
