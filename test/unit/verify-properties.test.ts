/**
 * 1. No two strings make the verifier throw, in any mode.
 * 2. A number or fraction meets itself in every wrapping, and its successor and its negative in none.
 * 3. Wrapping an answer never changes the verdict.
 * 4. Swapping an ordered pair, changing a list member, closing a bracket always changes it.
 * 5. The verdict depends on the two strings alone, not on what was judged before.
 * 6. Every reference of the sample sets meets itself, bare and as an answer line.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { verify } from '../../src/core/verify/verify.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';

const judge = (gold: string, text: string) => verify(gold, text, { mode: 'math', structured: true }).verdict;

const WRAPPINGS: readonly ((answer: string) => string)[] = [
  (answer) => answer,
  (answer) => `$${answer}$`,
  (answer) => `\\boxed{${answer}}`,
  (answer) => `Final Answer: ${answer}`,
  (answer) => `Final Answer: $${answer}$.`,
  (answer) => `We get $17$ first. Therefore the answer is $${answer}$.`,
  (answer) =>
    `<Parallel><Path>3</Path><Path>\\boxed{4}</Path></Parallel>\n<Summary>5</Summary>\n\nFinal Answer: ${answer}`,
];

const fraction = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: 2, max: 999 }));
const spelling = fc.constantFrom(
  (n: number, d: number) => `\\frac{${n}}{${d}}`,
  (n: number, d: number) => `${n}/${d}`,
  (n: number, d: number) => `\\dfrac{${3 * n}}{${3 * d}}`,
  (n: number, d: number) => `${n} / ${d} + 0`,
  (n: number, d: number) => `\\left(\\frac{${n}}{${d}}\\right)`,
);
/** Pieces of which answers, and attacks on a verifier, are made. */
const piece = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    '\\frac',
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '$',
    '$$',
    '\\[',
    '\\]',
    '\\boxed',
    '\\text{',
    '^',
    '_',
    '!',
    '%',
    '|',
  ),
  fc.constantFrom(
    '\\begin{pmatrix}',
    '\\end{pmatrix}',
    '&',
    '\\\\',
    '\\sqrt',
    '\\sum_{k=1}^',
    ',',
    ' or ',
    '=',
    '<',
    '\\in',
    '\\cup',
    '\\pm',
  ),
  fc.constantFrom(
    'Final Answer:',
    'answer is',
    'Therefore',
    'A',
    'not',
    '1',
    '23',
    '0.5',
    'x',
    '\\infty',
    '1,234',
    '\n',
    '. ',
  ),
);
const mixture = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));

test('no two strings make it throw', () => {
  fc.assert(
    fc.property(mixture, mixture, (gold, text) => {
      for (const mode of ['math', 'reference-dapo', 'reference-gsm8k'] as const) {
        const { verdict, reason } = verify(gold, text, { mode, structured: true });
        assert.equal(verdict === 'unparsable', reason !== null);
      }
    }),
    { numRuns: 2_000, seed: 5 },
  );
});

/** Words that the reader has rules for, with values among them. */
const word = fc.constantFrom(
  ...(
    'the an answer is are was not and but or since because as if when where divided by least common multiple greatest ' +
    'in after to of for with took cost him Tom she we it now then there has ate so thus therefore final total wait no yes who ' +
    'which than rather instead option only solution also check note obtained adding double counted twice get ' +
    '3 7 36 1/2 50% $x$ $5$ \\boxed{7} ( ) = ≈ , . : ; ** #### Answer: A: B C hours days boxes people'
  ).split(' '),
);

test('no sentence makes it throw', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 16 }), fc.constantFrom('7', 'B', 'x = 7'), (words, gold) => {
      verify(gold, words.join(' '), { mode: 'math', structured: false });
    }),
    { numRuns: 10_000, seed: 7 },
  );
});

test('a text meets itself unless it holds no answer', () => {
  fc.assert(
    fc.property(mixture, (text) => {
      const { verdict, extracted } = verify(text, text, { mode: 'math', structured: false });
      if (verdict === 'incorrect') assert.fail(`${JSON.stringify(text)} read as ${JSON.stringify(extracted)}`);
    }),
    { numRuns: 1_000, seed: 6 },
  );
});

test('integers', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.constantFrom(...WRAPPINGS), (n, wrap) => {
      assert.equal(judge(String(n), wrap(String(n))), 'correct');
      assert.equal(judge(String(n), wrap(String(n + 1n))), 'incorrect');
      if (n !== 0n) assert.equal(judge(String(n), wrap(String(-n))), 'incorrect');
    }),
    { numRuns: 500, seed: 7 },
  );
});

test('fractions in every spelling and wrapping', () => {
  fc.assert(
    fc.property(fraction, spelling, fc.constantFrom(...WRAPPINGS), ([n, d], spell, wrap) => {
      assert.equal(judge(`\\frac{${n}}{${d}}`, wrap(spell(n, d))), 'correct');
      assert.equal(judge(`\\frac{${n}}{${d}}`, wrap(spell(n + 1, d))), 'incorrect');
    }),
    { numRuns: 500, seed: 8 },
  );
});

test('wrapping never changes the verdict', () => {
  const answers = [
    'p - q',
    '3\\sqrt{13}',
    '(3, \\frac{\\pi}{2})',
    '[-2,7]',
    '-2, 1',
    '\\text{east}',
    '90^\\circ',
    '28\\%',
    'x = 4',
    '204_5',
  ];
  for (const gold of answers) {
    for (const answer of answers) {
      const verdicts = new Set(WRAPPINGS.map((wrap) => judge(gold, wrap(answer)) === 'correct'));
      assert.deepEqual([...verdicts], [gold === answer], `${gold} against ${answer}`);
    }
  }
});

test('order of a pair, members of a list, kind of a bracket', () => {
  fc.assert(
    fc.property(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 1, max: 99 }), (a, step) => {
      const b = a + step;
      assert.equal(judge(`(${a}, ${b})`, `(${b}, ${a})`), 'incorrect');
      assert.equal(judge(`[${a}, ${b})`, `[${a}, ${b}]`), 'incorrect');
      assert.equal(judge(`${a}, ${b}`, `${b}, ${a}`), 'correct');
      assert.equal(judge(`${a}, ${b}`, `${a}`), 'incorrect');
      assert.equal(judge(`${a}, ${b}`, `${a}, ${b + 1}`), 'incorrect');
    }),
    { numRuns: 200, seed: 9 },
  );
});

test('the order of calls does not matter', () => {
  const pairs = WRAPPINGS.flatMap((wrap) => ['7', '\\boxed{', '9^{9^9}', 'x+1'].map((answer) => wrap(answer)));
  const forward = pairs.map((text) => judge('7', text));
  const backward = pairs.toReversed().map((text) => judge('7', text));
  assert.deepEqual(backward.toReversed(), forward);
});

const SETS = ['math500_test', 'aime24_test', 'amc23_test', 'gsm8k_test', 'pr1_math300_test'];

for (const set of SETS) {
  const rows = readSharedRows<{ answer: string }>(`data/${set}.jsonl`);
  test(`references of ${set} meet themselves`, { skip: rows === null && NO_SAMPLES }, () => {
    for (const { answer } of rows!) {
      assert.equal(judge(answer, answer), 'correct', answer);
      assert.equal(judge(answer, `So.\n\nFinal Answer: ${answer}`), 'correct', answer);
    }
  });
}
