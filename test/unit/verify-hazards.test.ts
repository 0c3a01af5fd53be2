/**
 * 1. Every hostile input of the sample file, bare and in three wrappings, is judged without an exception and
 *    meets `\frac{1}{2}` in none.
 * 2. What is judged before and after them comes out the same.
 * 3. Repeated brackets, separators, digits and labels of any length are judged.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verify } from '../../src/core/verify/verify.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const WRAPPINGS: readonly ((input: string) => string)[] = [
  (input) => input,
  (input) => `\\boxed{${input}}`,
  (input) => `$${input}$`,
  (input) => `Final Answer: ${input}`,
];

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

test('the hostile inputs of the sample file', { skip: hazards === null && NO_SAMPLES }, () => {
  const before = CONTROL.map(([gold, text]) => judge(gold, text));
  for (const { id, input, input_parts } of hazards!) {
    const text = input ?? input_parts!.map(([part, times]) => part.repeat(times)).join('');
    for (const wrap of WRAPPINGS) assert.notEqual(judge('\\frac{1}{2}', wrap(text)).verdict, 'correct', id);
  }
  assert.deepEqual(
    CONTROL.map(([gold, text]) => judge(gold, text)),
    before,
  );
});

const REPEATED = [
  '(',
  '[',
  '{',
  '\\{',
  '$',
  '|',
  '-',
  '1',
  ' ',
  '\n',
  ',',
  ', ',
  '.',
  '"',
  '*',
  '\\frac',
  '\\sqrt{',
  '\\boxed{',
  '\\text{',
];
const MORE = [
  'Final Answer: ',
  'answer is ',
  'Therefore ',
  'A or ',
  'not A, ',
  '\\boxed{1}, ',
  '$1$ and ',
  '\\begin{align}',
  'x^',
  '<Path>',
  '<|a|>',
  'aé ',
];

test('repetition', () => {
  for (const part of [...REPEATED, ...MORE]) {
    const text = part.repeat(Math.ceil(40_000 / part.length));
    assert.notEqual(judge('\\frac{1}{2}', `${text}x`).verdict, 'correct', part);
    assert.doesNotThrow(() => judge('A', text), part);
    assert.notEqual(judge('\\frac{1}{2}', `\\boxed{${text}}`).verdict, 'correct', part);
  }
});
