/**
 * Where the answer is found, and that nothing else is taken for it.
 *
 *  1. a `Final Answer` label in its spellings, on the same line, the next one or in a display
 *  2. the last box; adjacent boxes are one list, boxes with words between are not; an open or unbraced box counts
 *  3. answer sentences in several languages, cut at their end and at a reason behind the value
 *  4. the last formula, then the last number; currency marks are no math delimiters
 *  5. bare answers and references in all their forms are taken whole
 *  6. a percent sign behind a box belongs to it; what follows a chat token does not belong to the answer
 *  7. an end of a range in a box is no answer; option letters: asserted, not denied, one only
 *  8. a trajectory: the main text and the summaries, never a path; tags as structure
 *  9. a box in a sentence: a noun, an infinitive, a clause of its own leave its value alone; a denial, a bound, a condition, a range do not
 * 10. nothing found is `unparsable` with a reason; the rule and the extracted text are in the verdict
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { VERIFIER } from '../../src/core/verify/verdict.ts';
import { verify } from '../../src/core/verify/verify.ts';

type Pair = readonly [gold: string, text: string];

function judge(gold: string, text: string, structured = false) {
  return verify(gold, text, { mode: 'math', structured });
}

function assertAll(pairs: readonly Pair[], expected: 'correct' | 'other') {
  for (const [gold, text] of pairs) {
    const verdict = judge(gold, text);
    const found = verdict.verdict === 'correct' ? 'correct' : 'other';
    assert.equal(found, expected, `${gold} against ${text}: ${JSON.stringify(verdict)}`);
  }
}

test('the label in its spellings', () => {
  assertAll(
    [
      ['7', 'Final Answer: 7'],
      ['7', '**Final Answer:** 7'],
      ['7', '**Final Answer: 7**'],
      ['7', 'final answer : 7.'],
      ['7', '### Final Answer\n\n7'],
      ['7', 'Final Answer：7'],
      ['7', 'Final Answer:\n\n\\[\n7\n\\]'],
      ['7', 'Final Answer:\n**7**'],
      ['7', '**Final Answer**\n\\[ \\boxed{7} \\]'],
      ['7', 'Final Answer: The final answer is $7$. I hope it is correct.'],
      ['7', 'Final Answer: x = 7'],
      ['7', 'Final Answer: 3\nFinal Answer: 7'],
      ['12', 'Final Answer: There are **12** ways.'],
      ['70', 'Final Answer: 70 (bases 21 and 49)'],
      ['4', 'Final Answer: $4'],
      ['1600', 'Final Answer: $1600.'],
      ['45500', 'Final Answer: 45,500'],
      ['-7', 'Final Answer: −7'],
    ],
    'correct',
  );
  assertAll(
    [
      ['7', 'Final Answer: 17'],
      ['7', 'Final Answer: 7 or 8'],
      ['7', 'Final Answer: $7$ or $8$'],
      ['7', 'Final Answer: between 7 and 15'],
      ['7', 'We found 7.\n\nFinal Answer: 8'],
      ['7', '\\boxed{7}\n\nFinal Answer: 8'],
      ['7', 'Final Answer: 7\nFinal Answer: 8'],
    ],
    'other',
  );
});

test('boxes', () => {
  assertAll(
    [
      ['42', 'First \\boxed{12345}, no, wait. Hence \\boxed{42}.'],
      ['2', '\\boxed{1} so so so so so \\boxed{2}'],
      ['2, 3, 5', '$\\boxed{2}, \\boxed{3}, \\boxed{5}$'],
      ['1, -2', '$\\boxed{-2} \\quad \\text{and} \\quad \\boxed{1}$'],
      ['15\\frac{39}{40}', '$\\boxed{15\\frac{39}{40}},$ or $\\boxed{\\frac{639}{40}}$'],
      ['42', 'so \\boxed{42'],
      ['42', 'so \\boxed 42 is it'],
      ['42', 'so $\\fbox{42}$'],
      ['42', '\\boxed{} and \\boxed{42}'],
      ['5', '\\boxed{x = \\boxed{5}}'],
      ['5', 'so 5 \\\\boxed{5}'],
    ],
    'correct',
  );
  assertAll(
    [
      ['1, 2', '\\boxed{1} so so so so so \\boxed{2}'],
      ['2', '\\boxed{2}, \\boxed{3}'],
      ['12345', 'First \\boxed{12345}, no, wait. Hence \\boxed{42}.'],
      ['5', '\\boxed{5x}'],
    ],
    'other',
  );
});

test('answer sentences', () => {
  assertAll(
    [
      ['10', 'Hence the answer is 10 cm. That took 3 steps.'],
      ['3.5', 'The answer is 3.5.'],
      ['-3', 'The result is -3'],
      ['5', 'The answer is 5, since 2+3=5.'],
      ['2, 3', 'The answer is $2$ or $3$.'],
      ['12', 'Réponse : 12'],
      ['12', 'La respuesta es 12.'],
      ['12', 'Die Antwort ist 12.'],
      ['12', '一共有3只，答案是12。'],
      ['\\text{Evelyn}', 'The answer is Evelyn.'],
    ],
    'correct',
  );
  assertAll(
    [
      ['42', 'the answer is 42 or 43'],
      ['5', 'The answer is 5/6'],
      ['7', 'The answer is not 7'],
      ['3', 'The answer is 4. We had 3 steps.'],
      ['5', 'The answer is $5$ when $x=2$.'],
    ],
    'other',
  );
});

test('formulas and numbers in running text', () => {
  assertAll(
    [
      ['10455', 'so $10,200 + $255 = $10,455.'],
      ['16386.17', 'so we get $16386.17'],
      ['99', '共有99颗弹珠。'],
      ['13/28', '比例为13/28'],
      ['7', 'I think 3+4=7'],
      ['7', 'so it is 7'],
      ['5', 'Therefore $x = 5$ is the solution.'],
      ['1000.99', "not it's not 10 it's 1,000.99m²"],
      ['92', 'هو **92**.'],
    ],
    'correct',
  );
  assertAll(
    [
      ['2', 'XDY2K'],
      ['3', 'we see x^3 only'],
      ['5', '5 out of 6'],
      ['2', 'he came in 2nd'],
    ],
    'other',
  );
});

test('bare forms', () => {
  assertAll(
    [
      ['\\frac{1}{2}', '1/2'],
      ['$\\frac12$', '\\(0.5\\)'],
      ['\\boxed{3}', '3'],
      ['We add and get $1+2=\\boxed{3}$.', '3'],
      ['72', '72 degrees'],
      ['64 square feet', '64'],
      ['\\text{June 20}', 'June 20'],
      ['9\\text{ a.m.}', '9 a.m.'],
      ['864 \\mbox{ inches}^2', '864'],
      ['28\\%', '28 pct'],
      ['1,22', '1.22'],
      ['025', '25'],
    ],
    'correct',
  );
  assertAll(
    [
      ['1.234', '1,234'],
      ['12', '1,2'],
      ['10\\text{ cm}', '10\\text{ m}'],
      ['\\text{yes}', 'eys'],
      ['1', '$12:00$'],
    ],
    'other',
  );
});

test('marks outside the box, and what runs on behind the answer', () => {
  assertAll(
    [
      ['10', '\\boxed{10}\\%'],
      ['0.1', '\\boxed{10}\\%'],
      ['20\\%', '$\\boxed{20}$ percent'],
      ['7', 'Final Answer: 7<|im_end|>\n<|im_start|>user\nFinal Answer: 9'],
    ],
    'correct',
  );
});

test('a range with an end in a box states no value; a precision behind it does no harm', () => {
  assertAll(
    [
      ['6951', 'So the answer is $\\boxed{6951}$ to the opposite of 6951'],
      ['2', 'The answer is $\\boxed{2}$ to May 2, 2024'],
      ['3', 'The answer is \\boxed{3} km to 7 km.'],
      ['7', 'somewhere between $3, of which $2 is profit and $\\boxed{7}$'],
    ],
    'other',
  );
  assertAll(
    [
      ['3.14', 'It is $\\boxed{3.14}$ to two decimal places.'],
      ['3.1', 'It is $\\boxed{3.1}$ to the nearest 0.1.'],
      ['12', 'She needs $\\boxed{12}$ to reach her goal.'],
    ],
    'correct',
  );
});

test('option letters', () => {
  assertAll(
    [
      ['D', "for sure D, it can't be A or B"],
      ['B', 'B。不是 A'],
      ['B', 'B不是 A'],
      ['B', 'Because B is valid'],
      ['\\text{(C)}', 'The answer is (C).'],
      ['\\text{(C)}', '$\\boxed{\\text{C}}$'],
      ['(D) Alina', 'D'],
      ['U', 'The answer is U.'],
      ['A', 'A is right'],
    ],
    'correct',
  );
  assertAll(
    [
      ['B', 'The answer is A or B'],
      ['I', 'I cannot decide'],
      ['A', 'A triangle is needed here'],
      ['A', 'It is not A, so B'],
      ['C', 'C+1'],
      ['C', '-(C)'],
      ['E', 'd'],
    ],
    'other',
  );
});

const BLOCK = '<Parallel><Path>\\boxed{3}</Path><Path>Final Answer: 4</Path></Parallel>\n<Summary>so 5</Summary>';

test('a trajectory states its answer in the main text and in summaries, never in a path', () => {
  assert.equal(judge('7', `a ${BLOCK} b\n\nFinal Answer: 7`, true).verdict, 'correct');
  assert.equal(judge('7', `it may be $9$ ${BLOCK} it is $7$.`, true).verdict, 'correct');
  assert.equal(judge('3', `a ${BLOCK} b`, true).verdict, 'incorrect');
  assert.equal(judge('3', '<Parallel><Path>Final Answer: 3</Path>', true).reason, 'no-answer');
  assert.equal(judge('4', `a ${BLOCK} b\n\nFinal Answer: 7`, true).verdict, 'incorrect');
  assert.equal(judge('4', `a ${BLOCK}\n`, true).verdict, 'incorrect');
  assert.equal(judge('5', `a ${BLOCK}\n`, true).verdict, 'correct');
  assert.equal(judge('7', `a ${BLOCK} b. Final Answer: 7</Summary>`, true).verdict, 'correct');
  assert.equal(judge('7', 'Final Answer: 7', true).verdict, 'correct');
});

test('the verdict says what was found and which rule decided', () => {
  const right = judge('1/2', 'Final Answer: $0.5$.');
  assert.equal(right.rule, 'rational');
  assert.equal(right.extracted, '$0.5$');
  assert.equal(right.reason, null);
  assert.equal(right.verifier, VERIFIER);
  assert.equal(judge('1/2', '1/2').rule, 'text-equal');
  for (const text of ['', '   ', 'Final Answer:', '<Parallel>']) {
    const none = judge('7', text, true);
    assert.equal(none.verdict, 'unparsable', text);
    assert.equal(none.reason, 'no-answer');
    assert.equal(none.extracted, null);
  }
  assert.equal(judge('', '').verdict, 'unparsable');
});

/** A box in a sentence: what stands around it leaves its value alone. */
const STATED: readonly Pair[] = [
  ['12', 'Thus $d$ must be $\\frac{72}{6}$ or $\\boxed{12}$.'],
  ['82', 'the mean is $\\frac12(78+86),$ or $\\boxed{82}.$'],
  ['28', 'the length is $13+15$ or $\\boxed{28}\\text{ m}.$'],
  ['4', 'There are $\\boxed{4}$ girls not in the scout.'],
  ['4', 'There are $\\boxed{4}$ students who do not play.'],
  ['3', 'Peter can go $\\boxed{3}$ times.'],
  ['3', 'He has $\\boxed{3}$ times as many.'],
  ['11', 'It takes $\\boxed{11}$ dollars to fill 170 balloons.'],
  ['5', 'The probability it does not rain is $\\boxed{5}$.'],
  ['5', 'They add up to $\\boxed{5}$.'],
  ['5', 'He ended up with $\\boxed{5}$ marbles.'],
  ['0', '$S \\equiv \\boxed{0}$ modulo 2009.'],
  ['1', '$25\\equiv \\boxed{1}\\mod 6.$'],
  ['6', 'so the maximum is $5+1=\\boxed{6}$, when $A$, $M$ and $P$ lie on a line.'],
];

/** What stands around it makes another value of it, denies it or leaves it open. */
const NOT_STATED: readonly Pair[] = [
  ['12', 'Thus $d$ is $13$ or $\\boxed{12}$.'],
  ['12', 'so $d = 13$, or $\\boxed{12}$.'],
  ['12', 'It is \\(25 + 11 = 12\\) or $\\boxed{12}$'],
  ['12', 'It is $x = 5 + 11 = 12$ or $\\boxed{12}$'],
  ['12', 'It is \\(17 \\text{ with } t = 12\\) or $\\boxed{12}$'],
  ['A', 'Final Answer: \\( \\text{(B)} \\) or $\\boxed{\\mathrm{A}}$'],
  ['4', 'There are $\\boxed{4}$ girls, but that is not right.'],
  ['4', '$\\boxed{4}$ is not the answer.'],
  ['4', '$\\boxed{4}$ apples is not the answer.'],
  ['4', '$\\boxed{4}$ does not work.'],
  ['4', '$\\boxed{4}$ meters does not fit.'],
  ['34', 'Jen will earn $\\boxed{34}$ dollars if she sells 5, else 20.'],
  ['7', 'It is $\\boxed{7}$ if n is even, 8 otherwise.'],
  ['7', 'It is $\\boxed{7}$ ways if $n$ is even.'],
  ['3', 'It is $\\boxed{3}$ times 5.'],
  ['3', 'It is $\\boxed{3}$ times the sum.'],
  ['11', 'It is $\\boxed{11}$ to 17 dollars.'],
  ['11', 'It is $\\boxed{11}$ to either 11 or 17.'],
  ['11', 'It is $\\boxed{11}$ dollars to seventeen dollars.'],
  ['11', 'It is $\\boxed{11}$ dollars to the opposite of 7.'],
  ['5', 'It cannot be $\\boxed{5}$.'],
  ['5', 'It is not what you would at first expect to see here $\\boxed{5}$.'],
  ['5', "It can't really be $\\boxed{5}$."],
  ['5', "It doesn't always give $\\boxed{5}$."],
  ['5', 'It will never in fact be $\\boxed{5}$.'],
  ['5', 'x is never $\\boxed{5}$.'],
  ['5', "I don't think it is $\\boxed{5}$."],
  ['5', "That doesn't mean it is $\\boxed{5}$."],
  ['5', 'It is not true that x is $\\boxed{5}$.'],
  ['5', "The answer isn't $\\boxed{5}$."],
  ['5', "It doesn't give $\\boxed{5}$."],
  ['5', 'It does not equal $\\boxed{5}$.'],
  ['5', 'Nobody says it is $\\boxed{5}$.'],
  ['5', 'At least $\\boxed{5}$ of them.'],
  ['5', 'more than $\\boxed{5}$'],
  ['5', 'It is less than or equal to $\\boxed{5}$.'],
  ['5', 'It is up to $\\boxed{5}$.'],
  ['6', 'Wait, is it $\\boxed{6}$?'],
  ['6', 'It is $\\boxed{6}$ when $n = 2$.'],
  ['6', 'It is $\\boxed{6}$ when n is prime.'],
];

test('a box in a sentence', () => {
  for (const [gold, text] of STATED) assert.equal(judge(gold, text).verdict, 'correct', text);
  for (const [gold, text] of NOT_STATED) assert.notEqual(judge(gold, text).verdict, 'correct', text);
});
