/**
 * What may be wrong with a problem, what its answer looks like, and when two problems are the same.
 *
 * 1. braces and dollar signs without a partner are found with their place; escaped ones and sums of money are not
 * 2. faults of the answer: unbalanced, or not equal to itself for the verifier; what it cannot read as a whole, and a
 *    whole solution in GSM8K's format, are warnings
 * 3. tags in a problem are a fault; colon and dots at the end, short, long and figureless problems are warnings
 * 4. an answer that is not the last one of the solution is a warning, by value and not by spelling
 * 5. answers are counted by kind
 * 6. copies that differ in case, punctuation, spacing and LaTeX sizes are the same; a sign makes another problem, a near one
 * 7. hostile text ends soon and throws nothing
 * 8. the development sets have the facts that are known of them (skipped where absent)
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type AnswerKind, findAnswerKind } from '../../src/core/problem-set/answer-kind.ts';
import { checkProblem, findImbalance } from '../../src/core/problem-set/check-problem.ts';
import { keepLettersAndDigits, normaliseProblem } from '../../src/core/problem-set/normalise-problem.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const TEXT = 'How many apples does Ann have now?';

function listCodes(over: { text?: string; answer?: string; solution?: string | null }, maxLength = 200): string[] {
  const notes = checkProblem({ text: TEXT, answer: '4', solution: null, ...over }, maxLength);
  return notes.map(({ severity, code }) => `${severity} ${code}`);
}

test('1: balance', () => {
  const cases: [string, string | null][] = [
    ['\\frac{\\sqrt{3', '{5'],
    ['\\frac{1}{2}}', '}11'],
    ['{}{', '{2'],
    ['$x', '$0'],
    ['$x$ and $', '$8'],
    ['\\{1, 2\\}', null],
    ['\\$32,348', null],
    ['$1,600', null],
    ['$x^2$', null],
    ['', null],
    ['\\', null],
  ];
  for (const [text, expected] of cases) {
    const found = findImbalance(text);
    assert.equal(found === null ? null : `${found.what}${found.at}`, expected, text);
  }
});

test('2: answers', () => {
  assert.deepEqual(listCodes({}), []);
  assert.deepEqual(listCodes({ answer: '\\frac{\\sqrt{3' }), ['fault unbalanced_answer']);
  assert.deepEqual(listCodes({ answer: '$x' }), ['fault unbalanced_answer']);
  assert.deepEqual(listCodes({ answer: '.' }), ['fault unreadable_answer']);
  assert.deepEqual(listCodes({ answer: 'Ann pays 5 on each of 3 days' }), ['warning text_only_answer']);
  assert.deepEqual(listCodes({ answer: 'She has 48/2 = <<48/2=24>>24.\n#### 1,024' }), ['warning gsm8k_answer']);
  assert.deepEqual(listCodes({ answer: 'x ? 3 : 4' }), ['warning text_only_answer']);
  for (const answer of ['\\text{Evelyn}', '\\frac{1}{2}', '(1, 2)', '025', '-7', '\\text{(E)}']) {
    assert.deepEqual(listCodes({ answer }), [], answer);
  }
});

test('3: texts', () => {
  assert.deepEqual(listCodes({ text: `${TEXT} <Path> is a tag` }), ['fault tag_in_problem']);
  assert.deepEqual(listCodes({ text: 'Evaluate the following integral:' }), ['warning cut_problem']);
  assert.deepEqual(listCodes({ text: '计算下列各式的值,并写出所有的过程以及答案:' }).length, 1);
  assert.deepEqual(listCodes({ text: 'Evaluate the following integral…' }), ['warning cut_problem']);
  assert.deepEqual(listCodes({ text: 'Compute' }), ['warning short_problem']);
  assert.deepEqual(listCodes({ text: `${TEXT} `.repeat(9) }), ['warning long_problem']);
  assert.deepEqual(listCodes({ text: 'Find the area of the triangle shown below.' }), ['warning missing_figure']);
  assert.deepEqual(listCodes({ text: 'Find the area of the triangle shown below. [asy]draw(a);[/asy]' }), []);
});

test('4: solutions', () => {
  const other = ['warning other_answer_in_solution'];
  assert.deepEqual(
    listCodes({ answer: '\\frac{\\sqrt{3}}{2}', solution: 'so $\\boxed{\\frac{\\sqrt{3}}{3}}$' }),
    other,
  );
  assert.deepEqual(listCodes({ answer: '5', solution: 'She has 4.\n#### 4' }), other);
  assert.deepEqual(listCodes({ answer: '1345', solution: '#### 1,345\n' }), []);
  assert.deepEqual(listCodes({ answer: '0.5', solution: 'first \\boxed{7}, then \\boxed{\\frac12}' }), []);
  assert.deepEqual(listCodes({ answer: '5', solution: 'no answer is marked' }), []);
});

test('5: kinds', () => {
  const cases: Record<AnswerKind, string[]> = {
    integer: ['4', '-7', '10,080', '10,\\!080', '025', '$12$'],
    decimal: ['0.5', '-3.25', '1,234.5', '27.0'],
    fraction: ['1/2', '\\frac{1}{2}', '-\\frac12', '3\\frac{1}{2}', '\\dfrac{3}{4}'],
    'percent or unit': ['50\\%', '90^\\circ', '\\$5', '15\\text{ cm}', '3 hours'],
    'other base': ['204_5', '1010_{2}'],
    choice: ['B', '(C)', '\\text{(E)}'],
    matrix: ['\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}'],
    'tuple, set or interval': [
      '(1, 2)',
      '[0, \\infty)',
      '\\left( 3, \\frac{\\pi}{2} \\right)',
      '\\{1, 2\\}',
      '(0,1) \\cup (2,3)',
    ],
    list: ['1, -2', '3, 5, 7'],
    'equation or inequality': ['y = 2x + 3', 'x \\in [-2,7]', 'x > 3'],
    'closed form': ['3\\sqrt{13}', '\\pi', '6 - 5i', '2^{10}'],
    expression: ['p - q', '2k+2', '\\frac{11+9a}{20}'],
    'GSM8K solution': ['She sold 48/2 = <<48/2=24>>24 clips.\n#### 24', `${'x = 3. '.repeat(100)}\n#### -1,024\n`],
    text: ['\\text{Evelyn}', 'ellipse', 'no solution', 'x'.repeat(600)],
  };
  for (const [kind, answers] of Object.entries(cases)) {
    for (const answer of answers) assert.equal(findAnswerKind(answer), kind, answer);
  }
});

test('6: the same problem', () => {
  const copies = [
    'Let $x + 1 = \\frac{1}{2}$. Find $x$.',
    'let x+1=\\dfrac{1}{2},  find  \\( x \\)',
    'Let $\\displaystyle x + 1\\,=\\frac{1}{2}$!\nFind $x$?'.replace('!', '.'),
  ];
  for (const copy of copies) assert.equal(normaliseProblem(copy), normaliseProblem(copies[0]!), copy);
  const other = copies[0]!.replace('+', '-');
  assert.notEqual(normaliseProblem(other), normaliseProblem(copies[0]!));
  assert.equal(keepLettersAndDigits(other), keepLettersAndDigits(copies[0]!));
  assert.notEqual(keepLettersAndDigits('Find 12'), keepLettersAndDigits('Find 13'));
  assert.equal(normaliseProblem('a well-known set'), normaliseProblem('A well known set.'));
});

test('7: hostile text', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '$',
    '\\',
    '####',
    '\\boxed{',
    '<Path>',
    ',',
    '(',
    ')',
    ' ',
    'x',
    '1',
    '\ud800',
    '\n',
  );
  const text = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, text, (problem, answer, solution) => {
      for (const note of checkProblem({ text: problem, answer, solution }, 50)) assert.ok(!note.message.includes('\n'));
      findAnswerKind(answer);
      keepLettersAndDigits(problem);
    }),
    { numRuns: 200 },
  );
  for (const piece of ['{', ' ', '(,', '$', '#### ', '-', '\\boxed{']) {
    const long = piece.repeat(100_000);
    checkProblem({ text: long, answer: long.slice(0, 2_000), solution: long }, 50);
    normaliseProblem(long);
  }
});

interface SharedRow {
  readonly problem: string;
  readonly answer: string;
}

test('8: development sets', (t) => {
  const dapo = readSharedRows<SharedRow>('data/dapo_math_17k.jsonl');
  const gsm8k = readSharedRows<SharedRow & { solution: string }>('data/gsm8k_train.jsonl');
  if (dapo === null || gsm8k === null) return t.skip(NO_SAMPLES);
  const codes = dapo.flatMap(({ problem, answer }) =>
    checkProblem({ text: problem, answer, solution: null }, 1_000_000),
  );
  const count = (code: string) => codes.filter((note) => note.code === code).length;
  assert.deepEqual([count('cut_problem'), count('tag_in_problem'), count('unreadable_answer')], [293, 0, 0]);
  assert.deepEqual(new Set(dapo.map(({ answer }) => findAnswerKind(answer))), new Set(['integer']));
  const notes = gsm8k.flatMap(({ problem: text, ...row }) => checkProblem({ text, ...row }, 1_000_000));
  assert.deepEqual([gsm8k.length, notes.length], [7_473, 0]);
});
