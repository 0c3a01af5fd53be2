/**
 * 1. Every hostile input of the sample file, bare and in three settings, is judged without an exception and meets
 *    `\frac{1}{2}` in none.
 * 2. What is judged before and after them comes out the same.
 * 3. Texts that press every rule of finding and reading an answer (repetition, near matches, deep nesting) are judged,
 *    as numbers and as choices.
 * 4. Of a text twice as long they take about twice the work, counted in executed blocks and walked characters.
 * 5. The counter sees a quadratic loop and a quadratic use of string primitives.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verify } from '../../src/core/verify/verify.ts';
import { openWorkCounter } from '../support/hostile-texts/count-work.ts';
import { HOSTILE_SETTINGS, listHostileAnswers } from '../support/hostile-texts/hostile-answers.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const CONTROL: readonly (readonly [gold: string, text: string])[] = [
  ['7', 'Final Answer: 7'],
  ['\\frac{1}{2}', '0.5'],
  ['\\sqrt{2}', '\\boxed{1.41}'],
  ['x+1', '$1+x$'],
  ['(1,2)', '(2,1)'],
];

const judge = (gold: string, text: string) => verify(gold, text, { mode: 'math', structured: true });

interface Hazard {
  readonly id: string;
  readonly input?: string;
  readonly input_parts?: readonly (readonly [text: string, times: number])[];
}

const hazards = readSharedRows<Hazard>('verify/hazards.jsonl');

test('1, 2: the hostile inputs of the sample file', { skip: hazards === null && NO_SAMPLES }, () => {
  const before = CONTROL.map(([gold, text]) => judge(gold, text));
  for (const { id, input, input_parts } of hazards!) {
    const text = input ?? input_parts!.map(([part, times]) => part.repeat(times)).join('');
    for (const set of HOSTILE_SETTINGS) assert.notEqual(judge('\\frac{1}{2}', set(text)).verdict, 'correct', id);
  }
  assert.deepEqual(
    CONTROL.map(([gold, text]) => judge(gold, text)),
    before,
  );
});

const hostile = listHostileAnswers();

test('3: hostile texts of every rule', () => {
  assert.ok(hostile.length >= 200);
  assert.equal(new Set(hostile.map(({ name }) => name)).size, hostile.length);
  for (const [k, { name, write }] of hostile.entries()) {
    const set = HOSTILE_SETTINGS[k % HOSTILE_SETTINGS.length]!;
    for (const length of [1_900, 40_000]) {
      const text = set(write(length));
      assert.notEqual(judge('987654321012347', text).verdict, 'correct', name);
      assert.doesNotThrow(() => judge('A', text), name);
    }
  }
});

/** Twice the length may cost this much more work: an exponent of 1.4, where a quadratic rule has 2. */
const GROWTH = 2.6;

/** Work below which the constant share of a verdict hides how it grows. */
const CONSTANT_WORK = 4_000;

test('4: the work grows with the length', () => {
  using counter = openWorkCounter('/src/core/');
  const steep: string[] = [];
  for (const [k, { name, write }] of hostile.entries()) {
    const set = HOSTILE_SETTINGS[k % HOSTILE_SETTINGS.length]!;
    const measure = (length: number) => counter.count(() => judge('\\frac{1}{2}', set(write(length))));
    for (const length of [800, ...(k % 4 === 0 ? [20_000] : [])]) {
      const [once, twice] = [measure(length), measure(2 * length)];
      if (twice > GROWTH * Math.max(once, CONSTANT_WORK)) steep.push(`${name}, ${length}: ${once}, then ${twice}`);
    }
  }
  assert.deepEqual(steep, []);
});

test('5: the counter', () => {
  using counter = openWorkCounter(import.meta.url);
  const loop = (n: number) => counter.count(() => countPairs(n));
  assert.ok(loop(200) > 3 * loop(100));
  const slices = (n: number) => counter.count(() => sliceEverywhere('x'.repeat(n)));
  assert.ok(slices(2_000) > 3 * slices(1_000));
});

function countPairs(n: number): number {
  let pairs = 0;
  for (let i = 0; i < n; i += 1) for (let j = 0; j < n; j += 1) pairs += i === j ? 0 : 1;
  return pairs;
}

function sliceEverywhere(text: string): number {
  let total = 0;
  for (let i = 0; i < text.length; i += 1) total += text.slice(i).length;
  return total;
}
