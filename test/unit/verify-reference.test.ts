/**
 * The two string comparisons of the reference implementation, faults included.
 *
 * 1. dapo: what it accepts and refuses, with the text it compares
 * 2. gsm8k: case, the one blank, the characters of the value, last match
 * 3. both look at the last 300 code points only; tags vanish when the text is a trajectory
 * 4. of the early cold-start outputs, all right in value, dapo accepts 329, gsm8k 294, math all 341
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verify } from '../../src/core/verify/verify.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const dapo = (gold: string, text: string, structured = false) =>
  verify(gold, text, { mode: 'reference-dapo', structured });
const gsm8k = (gold: string, text: string, structured = false) =>
  verify(gold, text, { mode: 'reference-gsm8k', structured });

const DAPO_ACCEPTS: readonly (readonly [gold: string, text: string])[] = [
  ['7', 'Final Answer: 7'],
  ['7', 'final answer : 7'],
  ['7', 'FINAL ANSWER:7'],
  ['7', 'Final Answer:\n\n7'],
  ['7', 'Final Answer \n: 7'],
  ...[
    '$7$.',
    '\\boxed{7}',
    '$\\boxed{7}$',
    '$7',
    '\\$7',
    '\\text{7}',
    '7^\\circ',
    'x = 7',
    '3+4=7',
    '7 dollars',
    '7 cm',
  ].map((value) => ['7', `Final Answer: ${value}`] as const),
  ...['7\\text{ cm}', '7 square units', 'a 7', 'The answer is $7$.', '7 meters'].map(
    (value) => ['7', `Final Answer: ${value}`] as const,
  ),
  ['1234', 'Final Answer: 1,234'],
  ['1234', 'Final Answer: 1{,}234'],
  ['1234', 'Final Answer: 1 234'],
  ['1,234', 'Final Answer: 1234'],
  ['\\frac{1}{2}', 'Final Answer: \\frac12'],
  ['70', 'Final Answer: 70^\\circ'],
  ['-7', 'Final Answer: -7'],
  ['7', 'Final Answer: 5\nFinal Answer: 7'],
  ['7', `${'x'.repeat(400)}Final Answer: 7`],
  ['1', 'Final Answer: $1$ or $2$'],
  ['[INVALID]', 'no label'],
];

/** Gold, text, the text compared (null: no label). */
const DAPO_REFUSES: readonly (readonly [gold: string, text: string, extracted: string | null])[] = [
  ['7', '**Final Answer: 7**', '7**'],
  ['7', '**Final Answer:** 7', '**7'],
  ['7', '**Final Answer**: 7', null],
  ...['\\boxed{7}', 'Answer: 7', 'The final answer is 7', 'Final  Answer: 7', 'Final Answer： 7', ''].map(
    (text) => ['7', text, null] as const,
  ),
  ...['7.', '7.0', '007', '7%', '7\\%', '(7)', '[7]', '**7**', 'seven'].map(
    (value) => ['7', `Final Answer: ${value}`, value] as const,
  ),
  ['7', 'Final Answer: 7 apples', '7apples'],
  ['7', 'Final Answer: The answer is 7.', 'Theansweris7.'],
  ['7', 'Final Answer: $7.', '7.'],
  ['7', 'Final Answer: 3 or 7', '3or7'],
  ['7', 'Final Answer: 7 = x', 'x'],
  ['7', 'Final Answer: 7\nFinal Answer: 8', '8'],
  ['7', `Final Answer: 7\n${'x'.repeat(300)}`, null],
  ['7', 'Final Answer: 7<|im_end|>', '7<|im_end|>'],
  ['7', 'Final Answer: 7</Summary>', '7</Summary>'],
  ['-7', 'Final Answer: −7', '−7'],
  ['033', 'Final Answer: 33', '33'],
  ['33', 'Final Answer: 033', '033'],
  ['25', 'Final Answer: 025', '025'],
  ['1234.5', 'Final Answer: 1,234.5', '1,234.5'],
  ['\\frac{1}{2}', 'Final Answer: 1/2', '1/2'],
  ['\\frac{1}{2}', 'Final Answer: \\dfrac{1}{2}', '\\dfrac{1}{2}'],
  ['1234', 'Final Answer: 1\\,234', '1\\,234'],
  ['2', 'Final Answer: $1$ or $2$', '1'],
];

test('dapo accepts', () => {
  for (const [gold, text] of DAPO_ACCEPTS) {
    const verdict = dapo(gold, text);
    assert.equal(verdict.verdict, 'correct', `${gold} against ${text}: ${verdict.extracted}`);
    assert.equal(verdict.rule, 'reference-dapo');
  }
});

test('dapo refuses', () => {
  for (const [gold, text, extracted] of DAPO_REFUSES) {
    const verdict = dapo(gold, text);
    assert.notEqual(verdict.verdict, 'correct', text);
    assert.equal(verdict.extracted, extracted, text);
    assert.equal(verdict.reason, extracted === null ? 'no-answer' : null, text);
  }
});

test('gsm8k', () => {
  for (const text of [
    'Final Answer: 4',
    'Final Answer: 4 apples',
    '**Final Answer: 4**',
    'Final Answer: 3\nFinal Answer: 4',
  ]) {
    assert.equal(gsm8k('4', text).verdict, 'correct', text);
  }
  assert.equal(gsm8k('50', 'Final Answer: 50%').verdict, 'correct');
  assert.equal(gsm8k('1234', 'Final Answer: 1,234').verdict, 'correct');
  assert.equal(gsm8k('4', 'Final Answer: 4, since 2+2').verdict, 'correct');
  assert.equal(gsm8k('4', 'Final Answer: 4.').extracted, '4.');
  for (const value of ['4.', '4.0', '$4', '\\boxed{4}', '**4**', 'x = 4', ' 4']) {
    assert.notEqual(gsm8k('4', `Final Answer: ${value}`).verdict, 'correct', value);
  }
  for (const text of ['Final Answer:4', 'final answer: 4', '4', `Final Answer: 4\n${'x'.repeat(300)}`]) {
    assert.equal(gsm8k('4', text).verdict, 'unparsable', text);
    assert.equal(gsm8k('4', text).rule, 'reference-gsm8k');
  }
});

test('300 code points, not code units', () => {
  const tail = `Final Answer: 7\n${'😀'.repeat(284)}`;
  assert.equal(dapo('7', tail).verdict, 'correct');
  assert.equal(dapo('7', `${tail}😀`).verdict, 'unparsable');
});

test('tags vanish from a trajectory, what they hold stays', () => {
  assert.equal(dapo('7', '<Summary>Final Answer: 7</Summary>', true).verdict, 'correct');
  assert.equal(dapo('7', '<Summary>Final Answer: 7</Summary>').verdict, 'incorrect');
  assert.equal(gsm8k('7', 'Final <Path>Answer: 7', true).verdict, 'correct');
});

const teacher = readSharedRows<{ answer: string; output: string }>('data/pr1_parallel_gsm8k_sft_341.jsonl');

test('the early cold-start outputs', { skip: teacher === null && NO_SAMPLES }, () => {
  const accepts = (mode: 'math' | 'reference-dapo' | 'reference-gsm8k') =>
    teacher!.filter(({ answer, output }) => verify(answer, output, { mode, structured: true }).verdict === 'correct')
      .length;
  assert.equal(accepts('math'), 341);
  assert.equal(accepts('reference-dapo'), 329);
  assert.equal(accepts('reference-gsm8k'), 294);
});
