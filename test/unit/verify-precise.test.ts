/**
 * Constants that agree as doubles:
 *  1. our own long arithmetic tells apart what the issue of doubles is known for, and accepts what is equal
 *  2. complex rationals are compared exactly
 *  3. what has no value there is `unparsable`, `unconfirmed`, and the asynchronous verifier settles it
 *  4. the synchronous verdict does not depend on whether the precise functions were loaded
 *  5. beyond the digits that are computed an answer is unparsable, never equal
 *  6. property: a sum of inverse tangents meets its addition formula, and nothing near it
 *  7. property: k times a root meets its spellings and no root of a neighbour, however large
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { loadPreciseFunctions } from '../../src/core/verify/precise/precise-functions.ts';
import { isUnconfirmed } from '../../src/core/verify/verdict.ts';
import { verify, verifyConfirmed } from '../../src/core/verify/verify.ts';

const OPTIONS = { mode: 'math', structured: false } as const;
const judge = (gold: string, answer: string) => verify(gold, answer, OPTIONS);
const settle = (gold: string, answer: string) => verifyConfirmed(gold, answer, OPTIONS);

test('1: long arithmetic of our own', () => {
  for (const [gold, answer] of [
    ['10^{10}', '\\sqrt{10^{20}+1}'],
    ['10^{20}', '\\sqrt{10^{40}+1}'],
    ['10^{70}', '\\sqrt{10^{140}+1}'],
    ['262537412640768744', 'e^{\\pi\\sqrt{163}}'],
    ['e^{-200}', 'e^{-201}'],
    ['\\sqrt{2}', '\\sqrt{2}+10^{-30}'],
  ] as const) {
    assert.deepEqual([judge(gold, answer).verdict, judge(gold, answer).rule], ['incorrect', 'confirm'], answer);
  }
  for (const [gold, answer] of [
    ['\\sqrt{2}+\\sqrt{3}', '\\sqrt{5+2\\sqrt{6}}'],
    ['1', '\\sqrt[3]{2+\\sqrt5}+\\sqrt[3]{2-\\sqrt5}'],
    ['-\\frac12', '\\cos(\\frac{2\\pi}{7})+\\cos(\\frac{4\\pi}{7})+\\cos(\\frac{6\\pi}{7})'],
    ['\\ln 6', '\\ln 2+\\ln 3'],
    ['10^{30}\\sqrt{2}', '\\frac{2\\cdot 10^{30}}{\\sqrt{2}}'],
  ] as const) {
    assert.deepEqual([judge(gold, answer).verdict, judge(gold, answer).rule], ['correct', 'probe'], answer);
  }
});

test('2: complex rationals', () => {
  assert.deepEqual([judge('-3+4i', '(1+2i)^2').verdict, judge('-3+4i', '(1+2i)^2').rule], ['correct', 'probe']);
  assert.equal(judge('\\frac{1-i}{2}', '\\frac{1}{1+i}').rule, 'probe');
  assert.equal(judge('1+i', '1+(1+10^{-20})i').verdict, 'incorrect');
});

/** Reference, answer, and whether they are equal: inverse and hyperbolic functions, sums of roots. */
const OWN: readonly (readonly [gold: string, answer: string, equal: boolean])[] = [
  ['\\frac{\\pi}{4}', '\\arctan 1', true],
  ['\\frac{\\pi}{4}', '\\arctan(1)+10^{-20}', false],
  ['\\frac{\\pi}{4}', '4\\arctan(\\frac15)-\\arctan(\\frac1{239})', true],
  ['\\frac{\\pi}{6}', '\\arcsin(\\frac12)', true],
  ['\\pi', '\\arccos(-1)', true],
  ['\\frac{e+1/e}{2}', '\\cosh 1', true],
  ['\\frac{e+1/e}{2}', '\\cosh(1)+10^{-18}', false],
  ['\\sqrt{3}\\cdot 55', '\\sum_{k=1}^{10}k\\sqrt{3}', true],
  ['120\\sqrt{3}', '5!\\sqrt{3}+10^{-20}', false],
];

/** Complex values, and values too small for our own digits. */
const OPEN: readonly (readonly [gold: string, answer: string, equal: boolean])[] = [
  ['i\\sqrt2', '\\sqrt{-2}', true],
  ['i\\sqrt2', '\\sqrt{-2}+10^{-25}', false],
  ['\\frac{1+i}{\\sqrt2}', 'e^{i\\pi/4}', true],
  ['e^{-\\pi/2}', 'i^i', true],
  ['0', '\\sin\\pi', true],
  ['e^{-300}', 'e^{-400}', false],
  ['e^{ix}', '\\cos x+i\\sin x', true],
  ['e^{ix}', '\\cos x+i\\sin x+10^{-30}', false],
];

test('3: own arithmetic decides, or nothing is decided until many digits do', async () => {
  for (const [gold, answer, equal] of OWN) assert.equal(judge(gold, answer).verdict === 'correct', equal, answer);
  for (const [gold, answer, equal] of OPEN) {
    const open = judge(gold, answer);
    assert.deepEqual([open.verdict, open.reason], ['unparsable', 'unconfirmed'], answer);
    assert.ok(isUnconfirmed(open), answer);
    const settled = await settle(gold, answer);
    assert.equal(settled.verdict, equal ? 'correct' : 'incorrect', answer);
    assert.ok(!isUnconfirmed(settled), answer);
  }
});

test('3: inside a list', async () => {
  assert.equal(judge('\\{i\\sqrt2, 2\\}', '\\{2, \\sqrt{-2}\\}').reason, 'unconfirmed');
  assert.equal((await settle('\\{i\\sqrt2, 2\\}', '\\{2, \\sqrt{-2}\\}')).rule, 'set');
  assert.equal((await settle('\\{i\\sqrt2, 2\\}', '\\{2, \\sqrt{-2}+10^{-20}\\}')).verdict, 'incorrect');
});

test('4: loaded or not', async () => {
  const before = [...OWN, ...OPEN].map(([gold, answer]) => judge(gold, answer));
  await loadPreciseFunctions();
  assert.deepEqual(
    [...OWN, ...OPEN].map(([gold, answer]) => judge(gold, answer)),
    before,
  );
});

test('5: beyond the digits', async () => {
  const { verdict, reason } = await settle('10^{150}', '\\sqrt{10^{300}+1}');
  assert.deepEqual([verdict, reason], ['unparsable', 'unconfirmed']);
});

test('6: inverse tangents', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 2, max: 30 }), async (a, b) => {
      const sum = `\\arctan(\\frac{1}{${a}})+\\arctan(\\frac{1}{${b}})`;
      const closed = `\\arctan(\\frac{${a + b}}{${a * b - 1}})`;
      assert.equal((await settle(closed, sum)).verdict, 'correct');
      assert.equal((await settle(closed, `${sum}+10^{-19}`)).verdict, 'incorrect');
    }),
    { numRuns: 20, seed: 3 },
  );
});

test('7: roots', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: 2n, max: 10n ** 60n }), fc.constantFrom(1n, -1n), async (n, by) => {
      assert.equal((await settle(`${n}\\sqrt{2}`, `\\sqrt{${2n * n * n}}`)).verdict, 'correct');
      assert.equal((await settle(`${n}\\sqrt{2}`, `\\sqrt{${2n * n * n + by}}`)).verdict, 'incorrect');
    }),
    { numRuns: 60, seed: 4 },
  );
});
