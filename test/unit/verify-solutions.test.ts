/**
 * Whole responses, as they come:
 *  1. the reference solutions of GSM8K, given as answers, meet their own answers
 *  2. what a thinking section says is no answer; one that never closes leaves none
 *  3. a chat token ends the response, the tag of struck-out words does not
 *  4. what resembles the answer by sign, unit, structure or domain does not meet it
 *  5. what docs/verification-kinds.md says is not read is met by the same words only
 *  6. callers without types who pass options that are missing, misspelt or out of range get one line, no other rule
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type VerifyOptions, verify, verifyConfirmed } from '../../src/library/verify.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const judge = (gold: string, text: string) => verify(gold, text, { mode: 'math', structured: false }).verdict;

interface SolvedRow {
  readonly answer: string | number;
  readonly solution: string;
}

const solved = ['data/gsm8k_train.jsonl', 'data/gsm8k_test.jsonl'].map((file) => readSharedRows<SolvedRow>(file));

test('1: solutions of GSM8K', { skip: solved.includes(null) && NO_SAMPLES }, () => {
  const rows = solved.flatMap((set) => set ?? []);
  assert.equal(rows.length, 8_792);
  const missed = rows.filter(({ answer, solution }) => judge(String(answer), solution) !== 'correct');
  assert.deepEqual(
    missed.map(({ solution }) => solution.slice(-80)),
    [],
  );
});

test('2: thinking sections', () => {
  const thoughts = '<think>\nIt may be 5.\n\nFinal Answer: 5\n\\boxed{5}\n</think>';
  assert.equal(judge('7', `${thoughts}\nThe answer is **7**`), 'correct');
  assert.notEqual(judge('5', `${thoughts}\nThe answer is **7**`), 'correct');
  assert.notEqual(judge('5', `${thoughts}\nI am done.`), 'correct');
  for (const text of ['<think>\nFinal Answer: 5', '<think>a</think><think>\\boxed{5}', '<think>\\boxed{5}'])
    assert.equal(judge('5', text), 'unparsable', text);
});

test('3: ends of a response', () => {
  assert.equal(judge('7', 'Final Answer: 7<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?'), 'correct');
  assert.equal(judge('8', 'One might think of <s>7</s>.\n\nFinal Answer: 8'), 'correct');
  assert.notEqual(judge('7', 'One might think of <s>7</s>.\n\nFinal Answer: 8'), 'correct');
});

const LIKE: readonly (readonly [kind: string, gold: string, ...answers: readonly string[]])[] = [
  ['a sign of any kind', '7', '−7', '‐7', '—7', '➖7', '一7', '⊖7', '(-)7', '{-}7', '\\text{minus }7', '¬7'],
  ['hidden or struck out', '7', '\\phantom{7}', '\\cancel{7}', '~~7~~', '<s>7</s>', '\\hspace{7}', '8 \\tag{7}'],
  ['a digit of another script', '12', '12О', '1²', '12½', '十二点五', '12万', '12多'],
  ['a multiplier', '12', '12k', '12 million', '12 dozen', '12 ppm', '12 score', '12 mega', '12‰'],
  ['another base', '12', '12_8', '0x12', '12 octal', '12 in base 8'],
  ['another dimension', '5 cm', '5 %', '5 kg', '5 cm^2', '5 cm/s', '5 m'],
  ['another structure', '\\{1,2\\}', '\\{1,\\{2\\}\\}', '(1,2)', '\\{1,2,2,3\\}', '\\{1,2,\\ldots\\}'],
  ['another domain', '[1,2]', '[1,2], x \\in \\mathbb{Z}', '[1,2] \\setminus \\{1\\}', '(1,2)', '[2,1]'],
  ['a class of numbers', 'x = 3', 'x \\equiv 3 \\pmod 5', 'x = 3 + 5k', 'x \\ne 3', 'x = 3 (extraneous)'],
  ['an operation beside a box', '7', '\\boxed{8 \\boxed{7}}', '-\\boxed{7}', '\\boxed{7}^2', 'Is it \\boxed{7}?'],
  ['set and typed factorials', 'x^2', 'x^2!', 'x!^2'],
];

test('4: likenesses', () => {
  for (const [kind, gold, ...answers] of LIKE) {
    for (const answer of answers) {
      const texts = answer.includes('boxed')
        ? [answer]
        : [answer, `Final Answer: ${answer}`, `The answer is ${answer}.`];
      for (const text of texts) assert.notEqual(judge(gold, text), 'correct', `${kind}: ${text}`);
    }
  }
});

const UNREAD: readonly (readonly [gold: string, answer: string])[] = [
  ['\\int_0^1 x\\,dx', '1/2'],
  ['\\lim_{x\\to 0} x', '0'],
  ['\\sum_{n=1}^\\infty 1/n^2', '\\pi^2/6'],
  ['y = Ce^x', 'y = Ae^x'],
  ['(1,2)', '\\mathbf{i}+2\\mathbf{j}'],
  ['(-\\infty, \\min(1, a))', 'x < 1 \\text{ and } x < a'],
  ['XII', '12'],
  ['12', 'XII'],
  ['௭', '7'],
  ['2020-05-01', 'May 1, 2020'],
  ['1 h 30 min 15 s', '5415 s'],
  ['a right prism with a cyclic base', 'a prism whose base has a circumcircle'],
  ['7', '\\newcommand{\\a}{7}\\a'],
];

test('5: what is not read', () => {
  for (const [gold, answer] of UNREAD) {
    assert.notEqual(judge(gold, answer), 'correct', answer);
    assert.equal(judge(gold, gold), 'correct', gold);
  }
});

test('6: options', async () => {
  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [undefined, /options are missing/],
    [{}, /mode is undefined; it must be math, reference-dapo, reference-gsm8k/],
    [{ mode: 'maths', structured: false }, /mode is "maths"/],
    [{ mode: 'math' }, /structured is undefined/],
    [{ mode: 'math', structured: false, policies: {} }, /no option policies; the options are mode, structured, policy/],
    [{ mode: 'math', structured: false, policy: { percents: 'sign' } }, /no policy percents; the policies are prefer/],
    [{ mode: 'math', structured: false, policy: { percent: 'maybe' } }, /percent is "maybe"; it must be sign/],
    [{ mode: 'math', structured: false, policy: { precision: -1 } }, /whole number from 0 to 15/],
  ];
  for (const [options, message] of wrong) {
    const isOneLine = (error: unknown) =>
      error instanceof TypeError && message.test(error.message) && !error.message.includes('\n');
    assert.throws(() => verify('0.5', '1/2', options as VerifyOptions), isOneLine, String(message));
    await assert.rejects(verifyConfirmed('0.5', '1/2', options as VerifyOptions), isOneLine, String(message));
  }
});
