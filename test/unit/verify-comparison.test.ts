/**
 * What counts as equal, with the policy of rewards and with others.
 *
 *  1. closed forms, lists, tuples, intervals, matrices, relations, units and texts that are equal in value
 *  2. pairs that doubles, string rules and other graders take for equal, and that are not
 *     a list is no number with a decimal point
 *  3. what overflows or hits a bound is unparsable with the name of the bound, never equal
 *  4. a reference that cannot be read as a whole is met by the same spelling alone, and never by a part of it
 *  5. every policy value does what it says, and only when it is asked for
 *  6. a value is of its thing: another unit, another name, exchanged names, another joint, other parameters or another domain are not met
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Policy } from '../../src/core/verify/policy.ts';
import { verify } from '../../src/core/verify/verify.ts';

type Pair = readonly [gold: string, answer: string];

function judge(gold: string, answer: string, policy: Partial<Policy> = {}) {
  return verify(gold, answer, { mode: 'math', structured: false, policy });
}

const EQUAL: readonly Pair[] = [
  ['\\frac{1}{2}', '½'],
  ['\\frac12', '\\\\frac{1}{2}'],
  ['\\frac{\\sqrt{3}}{3}', '\\frac{1}{\\sqrt3}'],
  ['3', 'sqrt(9)'],
  ['-2', '\\sqrt[3]{-8}'],
  ['\\frac{1}{3x^{2/3}}', '\\frac{1}{3\\sqrt[3]{x}^2}'],
  ['\\sin^2 x', '1-\\cos^2 x'],
  ['6+9i', '9i+6'],
  ['2220', '2\\,220'],
  ['11,\\! 111,\\! 111,\\! 100', '11111111100'],
  ['10000', '10{,}000'],
  ['\\$32,\\!348', '32348'],
  ['3\\frac12', '3.5'],
  ['120', '5!'],
  ['1/3', '0.333333'],
  ['90^\\circ', '90'],
  ['5\\text{ cm}', '2\\text{ cm} + 3\\text{ cm}'],
  ['11', 'x = 5+5+1 = 4+7 = 11'],
  ['x = 11', '11'],
  ['7 = x', '7'],
  ['1/3', 'x = 1/3 \\approx 1.3'],
  ['2x+4y-3=0', 'y=-\\frac12 x+\\frac34'],
  ['x > 5', '5 < x'],
  ['-793 < a < 10', '(-793, 10)'],
  ['-2, 1', '1 and -2'],
  ['1 \\pm \\sqrt{19}', '1+\\sqrt{19}, 1-\\sqrt{19}'],
  ['(1,3)', '\\{1,3\\}'],
  ['AB = 4, CD = 5', '4, 5'],
  ['(p,q,r) = (3,2,7)', '(3,2,7)'],
  ['x \\in [-2,7]', '[-2,7]'],
  ['\\begin{pmatrix}1\\\\2\\end{pmatrix}', '(1,2)'],
  ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\begin{bmatrix}1&2\\\\3&4\\\\\\end{bmatrix}'],
  ['\\sum_{k=0}^{n-1} a k', '\\sum_{k=0}^{n-1} k a'],
  ['\\text{east}', 'East'],
  ['204_5', '204_{5}'],
];

const DIFFERENT: readonly Pair[] = [
  ['10^{20}', '\\sqrt{10^{40}+1}'],
  ['10^{10}', '\\sqrt{10^{20}+1}'],
  ['262537412640768744', 'e^{\\pi\\sqrt{163}}'],
  ['2^{2005}', '2^{2005}+1'],
  ['0.0000001', '0.0000002'],
  ['0', '0.0000004'],
  ['1000001', '1000000.9999999'],
  ['1/3', '0.333'],
  ['1 - \\frac{1}{\\mathrm{e}}', '1 + \\frac{1}{\\mathrm{e}}'],
  ['100', '1'],
  ['42', '4200'],
  ['50', '0.5'],
  ['12345', '12346'],
  ['[1,2]', '(1,2)'],
  ['(8,-2)', '[8,-2]'],
  ['(3,1)', '\\{1,3\\}'],
  ['[0,9)', '(0,9)'],
  ['11', 'x = 5+5+1 = 7 = 11'],
  ['7 = 11a+c', '11a+c'],
  ['a+3z = 0', '0'],
  ['n = 2,3,4', 'n = 1,2,3'],
  ['x = 3', 'y = 3'],
  ['f(x)', 'f(y)'],
  ['204_5', '204'],
  ['12:00', '1:00'],
  ['(2,\\infty)', '-((2,\\infty))'],
  ['\\text{east}', '-(\\text{east})'],
  ['x^{-1/2}', 'x^{1/2}'],
  ['\\sum_{k=0}^{n} 2^k', '\\sum_{k=1}^{n} 2^k'],
  ['5\\text{ cm}', '2\\text{ cm} + 3\\text{ m}'],
];

test('equal in value', () => {
  for (const [gold, answer] of EQUAL) {
    const verdict = judge(gold, answer);
    assert.equal(verdict.verdict, 'correct', `${gold} against ${answer}: ${JSON.stringify(verdict)}`);
  }
});

test('a list is no number with a decimal point', () => {
  for (const [list, number] of [
    ['5, 0', '5.0'],
    ['3, 14', '3.14'],
    ['1,2', '1.2'],
    ['-2,1', '-2.1'],
  ] as const) {
    assert.notEqual(verify(list, number, { mode: 'math', structured: false }).verdict, 'correct', list);
    assert.notEqual(verify(number, list, { mode: 'math', structured: false }).verdict, 'correct', number);
  }
  assert.equal(verify('1,22', '1.22', { mode: 'math', structured: false }).verdict, 'correct', 'two places, no blank');
});

test('not equal, though some graders say so', () => {
  for (const [gold, answer] of DIFFERENT) {
    const verdict = judge(gold, answer);
    assert.notEqual(verdict.verdict, 'correct', `${gold} against ${answer}: ${JSON.stringify(verdict)}`);
  }
});

test('bounds and overflow are unparsable', () => {
  for (const [answer, reason] of [
    ['9^{9^{9^9}}', 'nonfinite'],
    ['\\sum_{k=1}^{1000000000} k', 'limit:terms'],
    [`${'('.repeat(90)}1${')'.repeat(90)}`, 'limit:depth'],
    [`$${'1'.repeat(1500)}$`, 'limit:literal'],
    [`\\boxed{${'x'.repeat(3000)}}`, 'limit:extracted'],
  ] as const) {
    const verdict = judge('\\frac{1}{2}', answer);
    assert.equal(verdict.verdict, 'unparsable', answer.slice(0, 40));
    assert.equal(verdict.reason, reason, answer.slice(0, 40));
  }
});

test('a reference that cannot be read as a whole is met by the same spelling alone', () => {
  for (const [gold, part] of [
    ['\\frac{\\sqrt{3', '\\sqrt{3}'],
    ['For room A it is 240 yuan, for room B 210 yuan', '210'],
    ['all primes p with p = 3 mod 4', '3'],
  ] as const) {
    assert.equal(judge(gold, gold).verdict, 'correct');
    const { verdict, reason } = judge(gold, part);
    assert.deepEqual([verdict, reason], ['unparsable', 'unparsable reference'], gold);
  }
});

/** Gold, answer, policy under which the verdict turns; the second says what it is then. */
const POLICIES: readonly (readonly [Pair, Partial<Policy>, 'accepts' | 'refuses'])[] = [
  [['7', 'Final Answer: 8. \\boxed{7}'], { prefer: 'box' }, 'accepts'],
  [['7', 'Final Answer: 8. \\boxed{7}'], { prefer: 'last' }, 'accepts'],
  [['3', '\\boxed{2}, \\boxed{3}'], { boxes: 'last' }, 'accepts'],
  [['1, 2', '\\boxed{1} so so so so so \\boxed{2}'], { boxes: 'join-all' }, 'accepts'],
  [['28', '28\\%'], { percent: 'strict' }, 'refuses'],
  [['0.28', '28\\%'], { percent: 'ignore' }, 'refuses'],
  [['4, 10, -2', '10, 4, -2'], { order: 'sequence' }, 'refuses'],
  [['1/3', '0.33'], { precision: 2 }, 'accepts'],
  [['(\\frac{3}{5},\\frac{8}{3}]', '(0.6,2.6667]'], { rounding: 'as-printed' }, 'accepts'],
  [['\\frac{1}{2}', '\\frac{2}{4}'], { fractions: 'reduced' }, 'refuses'],
  [['649', '3245/5'], { simplify: 'trivial' }, 'refuses'],
  [['10\\text{ cm}', '10\\text{ m}'], { units: 'ignore' }, 'accepts'],
  [['10\\text{ cm}', '10'], { units: 'strict' }, 'refuses'],
  [['f(x)', 'f(y)'], { variables: 'positional' }, 'accepts'],
  [['x \\in [-2,7]', '-2 \\le x \\le 7'], { setFromRelation: false }, 'refuses'],
  [['204_5', '204'], { base: 'digits' }, 'accepts'],
];

for (const [[gold, answer], policy, effect] of POLICIES) {
  test(`policy ${JSON.stringify(policy)} ${effect} ${answer}`, () => {
    assert.equal(judge(gold, answer).verdict === 'correct', effect === 'refuses', 'by default');
    assert.equal(judge(gold, answer, policy).verdict === 'correct', effect === 'accepts', 'with the policy');
  });
}

test('policies do not overreach', () => {
  assert.equal(judge('0.28', '28\\%', { percent: 'strict' }).verdict, 'correct');
  assert.equal(judge('28', '28\\%', { percent: 'ignore' }).verdict, 'correct');
  assert.equal(judge('33.3', '\\frac{100}{3}', { rounding: 'strict' }).verdict, 'incorrect');
  assert.equal(judge('\\frac{1}{2}', '0.5', { fractions: 'reduced', simplify: 'trivial' }).verdict, 'correct');
  assert.equal(judge('204_5', '205', { base: 'digits' }).verdict, 'incorrect');
  assert.equal(judge('x+y', 'a+a', { variables: 'positional' }).verdict, 'incorrect');
});

test('the same tree is equal without a value, other words and other units are not', () => {
  for (const [gold, answer] of [
    ['f(x) = x^{2}', 'f( x )=x^2'],
    ['(\\frac12, 2] \\cup [3, 4)', '$(\\frac{1}{2}, 2] \\cup [3, 4)$'],
    // Neither has a value of its own.
    ['a_n = T(n-1) + g', '$a_{n} = T( n - 1 ) + g$'],
  ] as const)
    assert.deepEqual([judge(gold, answer).verdict, judge(gold, answer).rule], ['correct', 'identical'], answer);
  for (const [gold, answer] of [
    ['north', 'north of it'],
    ['5 \\text{ cm}', '5 \\text{ m}'],
    ['x > 2', 'x \\ge 2'],
    ['5 \\text{ if } x > 0', '5 \\text{ if } x > 1'],
  ] as const)
    assert.equal(judge(gold, answer).verdict, 'incorrect', answer);
});

/** What has the value, in what unit, under which name, for which parameters. */
const SAME_THING: readonly Pair[] = [
  ['t=5\\text{ s}', '5 s'],
  ['x=\\$5', 'x=5'],
  ['x=60 min', 'x=1 h'],
  ['(1,2)', '1<x<2'],
  ['x^2+y^2=4', '2x^2+2y^2=8'],
  ['y=2x+1', '2x-y+1=0'],
  ['a>0,b<0', 'b<0,a>0'],
  ['x<1 or x>2', 'x>2 or x<1'],
  ['x<a or x>b', 'x>b or x<a'],
  ['x<1 or x>2', '(-\\infty,1)\\cup(2,\\infty)'],
  ['x=5', '5'],
  ['m+n=113', '113'],
  ['113', 'm+n=113'],
  ['m+n=113', 'S=113'],
  ['(t,2t), t\\in\\mathbb{R}', '(s,2s)'],
  ['(t,2t), t\\in\\mathbb{R}', '(s,2s), s\\in\\mathbb{R}'],
  ['[k\\pi,k\\pi+\\pi/2]', '[n\\pi,n\\pi+\\pi/2]'],
  ['x=2k\\pi+\\pi/3, y=k\\pi', 'x=2n\\pi+\\pi/3, y=n\\pi'],
  ['P(0)+2', '2+P(0)'],
  ['(x,y)=(1,2)', '(y,x)=(2,1)'],
  ['(x,y)=(1,2)', '(a,b)=(1,2)'],
  ['a:b=2:3', 'a:b=4:6'],
  ['P(A)=1/2, P(B)=1/3', 'P(B)=1/3, P(A)=1/2'],
  ['P(A|B)=1/2', 'P(A | B) = 0.5'],
  ['f(x)=2x', 'f(t)=2t'],
  ['x\\in[-2,7]', '[-2,7]'],
  ['[-2,7]', 'x\\in[-2,7]'],
  ['k\\pi, k\\in\\mathbb{Z}', 'k\\pi for all integers k'],
  ['k\\pi, k\\in\\mathbb{Z}', 'k\\pi'],
  ['k\\pi, k\\in\\mathbb{Z}', 'n\\pi, n\\in\\mathbb{Z}'],
  ['(n-2)2^n+1', '(n-2) \\cdot 2^n+1'],
  ['(n-2)\\cdot 2^n+1', '(n-2)2^n+1'],
  ['n2^{n-1}', 'n \\cdot 2^{n-1}'],
  ['2^a3^b5^c', '2^a \\cdot 3^b \\cdot 5^c'],
];

const OTHER_THING: readonly Pair[] = [
  ['t=5\\text{ s}', 't=5\\text{ h}'],
  ['V=100.5 cm^3', 'V=100.5 mm^3'],
  ['x=5 apples', 'x=5 oranges'],
  ['x>5 cm', 'x>5 mm'],
  ['x=\\$5', 'x=€5'],
  ['No solution', '(2,-2)'],
  ['\\emptyset', '(1,1)'],
  ['(2,-2)', '\\text{no solution}'],
  ['(0,0)', '\\emptyset'],
  ['(x+1)^2=x^2+2x+1', 'x=5'],
  ['x^2-1=(x-1)(x+1)', 'x=5'],
  ['x\\ge0,y\\ge1', 'x\\ge1,y\\ge0'],
  ['a>0,b<0', 'a<0,b>0'],
  ['a>0 and b<0', 'a>0 or b<0'],
  ['f(x)=x^2, x\\ge0', 'f(x)=x^2, y\\ge0'],
  ['x<1 or x>2', 'y>2 or y<1'],
  ['x=5', '2y=5'],
  ['x=5', 'y^2=5'],
  ['x=5', 'a+b=5'],
  ['x=5', 'f(y)=5'],
  ['x=5', 'y=5'],
  ['m+n=113', 'm=113'],
  ['x=2, y=3', '- x = 3\n- y = 2'],
  ['(t,2t), t\\in\\mathbb{R}', '(s,2t)'],
  ['[k\\pi,k\\pi+\\pi/2]', '[m\\pi,n\\pi+\\pi/2]'],
  ['x=2k\\pi+\\pi/3, y=k\\pi', 'x=2n\\pi+\\pi/3, y=m\\pi'],
  ['I(0)e^{-t/RC}', 'I(0)e^{t/RC}'],
  ['I(0)e^{-t/RC}', '0'],
  ['V(0)e^{-t}', '0'],
  ['P(0)+2', '2'],
  ['(x,y)=(1,2)', '(y,x)=(1,2)'],
  ['a:b=2:3', 'b:a=2:3'],
  ['P(A)=1/2, P(B)=1/3', 'P(A)=1/3, P(B)=1/2'],
  ['E(X)=2, Var(X)=3', 'E(X)=3, Var(X)=2'],
  ['P(X=4)=5/8', 'P(X=8)=5/8'],
  ['P(A|B)=1/2', 'P(B|A)=1/2'],
  ['[-2,7]', '2x\\in[-2,7]'],
  ['x\\in[-2,7]', 'x^2\\in[-2,7]'],
  ['k\\pi, k\\in\\mathbb{Z}', 'k\\pi, k\\in\\mathbb{N}'],
  ['k\\pi, k\\in\\mathbb{Z}', 'k\\pi, k\\in\\mathbb{Z}^+'],
  ['k\\pi, k\\in\\mathbb{Z}', 'k\\pi for k an odd integer'],
  ['k\\pi, k\\in\\mathbb{Z}', 'k\\pi, k\\in\\mathbb{Z}=7919'],
  ['(n-2)2^n+1', '(n-2)^{2n}+1'],
  ['n2^{n-1}', 'n^{2(n-1)}'],
];

test('6: what has the value', () => {
  for (const [gold, answer] of SAME_THING)
    for (const text of [answer, `\\boxed{${answer}}`])
      assert.equal(judge(gold, text).verdict, 'correct', `${gold} <- ${text}`);
  for (const [gold, answer] of OTHER_THING)
    for (const text of [answer, `\\boxed{${answer}}`])
      assert.notEqual(judge(gold, text).verdict, 'correct', `${gold} <- ${text}`);
});
