/**
 * Markup and spellings around an answer, with what resembles them and is another answer:
 *  1. colours, sizes and HTML emphasis say nothing; what hides or strikes out is not read
 *  2. a backslash that an escape has eaten is put back
 *  3. marks behind a box end its sentence; what crosses it out, or makes an operand of it, states nothing
 *  4. boxes in parentheses are a tuple, boxes with names have them
 *  5. systems of equations, bases in words, temperatures, money, sets and intervals in other notations
 *  6. units over units, and a value in two units
 *  7. a value that is said twice, in digits and in words
 *  8. yes and no with a reason; articles before a word
 *  9. a condition that is the expression's own domain
 * 10. conventions: marks that say nothing, and those that make another value
 * 11. piecewise functions in an array, the box of GLM models, codes of money and bases set as text, minutes of arc
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verify } from '../../src/core/verify/verify.ts';

/** Reference, answers that meet it, answers that do not. */
type Row = readonly [gold: string, met: readonly string[], refused: readonly string[]];

function judgeRows(rows: readonly Row[]): void {
  const isMet = (gold: string, answer: string) =>
    verify(gold, answer, { mode: 'math', structured: false }).verdict === 'correct';
  for (const [gold, met, refused] of rows) {
    for (const answer of met) assert.equal(isMet(gold, answer), true, `${answer} meets ${gold}`);
    for (const answer of refused) assert.equal(isMet(gold, answer), false, `${answer} does not meet ${gold}`);
  }
}

test('1: markup', () => {
  judgeRows([
    [
      '42',
      [
        String.raw`\boxed{\textcolor{red}{42}}`,
        String.raw`\boxed{\color{blue}42}`,
        String.raw`\boxed{\Large\mathbf{42}}`,
        'The answer is <b>42</b>.',
        String.raw`\num{42}`,
      ],
      [
        String.raw`\textcolor{white}{42}`,
        String.raw`\textcolor{red}{-}42`,
        '<del>42</del>',
        '<s>42</s>',
        '<b>-</b>42',
        '<b>4</b>20',
        String.raw`\boxed{4\,2}`,
      ],
    ],
  ]);
});

test('2: lost backslashes', () => {
  judgeRows([
    ['42', ['\boxed{42}', 'boxed{42}'], ['-boxed{42}', 'boxed{42}0']],
    [String.raw`\frac{1}{2}`, ['\frac{1}{2}', String.raw`\boxed{\nicefrac{1}{2}}`], ['\frac{2}{1}']],
    ['x^2', ['x**2'], ['x**3']],
  ]);
});

test('3: behind a box', () => {
  judgeRows([
    [
      '42',
      [
        String.raw`\boxed{42}!`,
        String.raw`So the answer is \boxed{42}! That was fun.`,
        String.raw`\boxed{42}\checkmark`,
        String.raw`$\boxed{42}\quad\blacksquare$`,
        String.raw`\boxed{42}\text{.}`,
        String.raw`\boxed{\text{The answer is }42}`,
        '42 🎉',
      ],
      [
        String.raw`$\boxed{42}!$`,
        String.raw`\boxed{42}!!`,
        String.raw`\boxed{42}! + 1`,
        String.raw`\boxed{42} ❌`,
        '42 👎',
        String.raw`(\boxed{42})^2`,
        String.raw`f(\boxed{42})`,
        String.raw`\boxed{\text{The answer is not }42}`,
        String.raw`It is at least \boxed{42}`,
      ],
    ],
  ]);
});

test('4: several boxes', () => {
  judgeRows([
    [
      '(3, 4)',
      [String.raw`(\boxed{3}, \boxed{4})`, String.raw`x = \boxed{3}, y = \boxed{4}`],
      [String.raw`(\boxed{4}, \boxed{3})`, String.raw`x = \boxed{3}, x = \boxed{4}`],
    ],
  ]);
});

test('5: notations', () => {
  judgeRows([
    [
      '(3, 4)',
      [
        String.raw`\begin{cases} x = 3 \\ y = 4 \end{cases}`,
        String.raw`\left\{\begin{array}{l} x=3 \\ y=4 \end{array}\right.`,
      ],
      [String.raw`\begin{cases} x = 4 \\ y = 3 \end{cases}`],
    ],
    [
      '7',
      [String.raw`\boxed{\begin{aligned} x &= 3+4 \\ &= 7 \end{aligned}}`],
      [String.raw`\boxed{\begin{aligned} 6 \\ 7 \end{aligned}}`],
    ],
    [
      '1011_2',
      ['1011 (base 2)', '1011 in base two', String.raw`1011_{\text{two}}`, '(1011)_2', '0b1011'],
      ['1011 (base 3)', '1011', '0b1010'],
    ],
    ['11', [], ['11 (base 2)', '11 in base five']],
    ['7', [String.raw`\log_2 128`], [String.raw`\log_2 129`]],
    ['25', ['25 °C', String.raw`25^\circ\text{C}`], []],
    ['25 °C', ['25', '25 degrees Celsius'], ['25 °F', '25 K']],
    ['18', ['USD 18', 'US$18', '18 US dollars', '₹18'], ['USD -18', '₹180']],
    ['[-2, 7)', ['[-2, 7[', '-2 ≤ x and x < 7', '[-2; 7['], [']-2, 7[', '[-2, 7]', ']-2, 7]', '-2 ≤ x or x < 7']],
    [
      String.raw`(-\infty,-1)\cup(3,\infty)`,
      ['(-oo,-1) U (3,oo)', '(-infinity, -1) union (3, infinity)', '(-∞,-1) or (3,∞)'],
      ['(-oo,-1) and (3,oo)', '(-oo,-1] U (3,oo)'],
    ],
    [String.raw`\mathbb{R}`, ['all real numbers'], ['all real numbers except 2', 'no solution', 'all integers']],
    [String.raw`\emptyset`, ['no solution', 'There are no solutions.'], ['one solution', 'no problem', '0']],
    [String.raw`\begin{pmatrix}1\\-2\end{pmatrix}`, ['(1,-2)^T', '[1,-2]^{T}'], ['(1,2)^T', '(1,-2)^2']],
    ['2:3', ['a ratio of 2 to 3', '2 : 3'], ['2:03', 'a ratio of 3 to 2']],
    [String.raw`60^\circ`, ['60^o', String.raw`60^{\text{o}}`], ['60 percent', '60^0', '60 gradians']],
    ['12.5%', [String.raw`12\frac{1}{2}\%`], [String.raw`12\cdot\frac{1}{2}\%`]],
    ['5, 7', ['a) 5, b) 7', '(i) 5, (ii) 7'], ['a) 5, b) 8', 'a) 5']],
    [String.raw`0.\overline{3}`, ['0.(3)'], ['0.3', '0.333...', '0.(36)']],
    ['3, -3', ['+/-3', 'plus or minus 3'], ['3', '1 +/- 3']],
  ]);
});

test('6: units', () => {
  judgeRows([
    ['20 m/s', [String.raw`20 \frac{\text{m}}{\text{s}}`, '20 m s⁻¹', '20 m/sec', '72 km/h'], ['20 km/h', '20 m/s²']],
    [
      '2.5 hours',
      ['2 hours and 30 minutes', '2 hours 30 minutes'],
      ['2 hours and 50 minutes', '2 minutes and 30 hours'],
    ],
    ['79', ['Donc, il a déjà 79 g de cire.'], ['79 de 100 g']],
  ]);
});

test('7: said twice', () => {
  judgeRows([['7', ['7 (seven)', 'Seven (7).'], ['7 (eight)', 'eight (7)', '7 (8)']]]);
});

test('8: words', () => {
  judgeRows([
    ['Yes', ['Yes, it is.', 'Yes, because 3 > 2.'], ['Yes, but not always', 'Yes and no', 'No, yes would be wrong']],
    ['No', ['No, they are not equal.'], ['No, but yes for n = 1', 'Yes, it is not no']],
    [
      'ellipse',
      ['an ellipse', 'It is an ellipse.', 'The curve is an ellipse.'],
      ['not an ellipse', 'half an ellipse', 'an ellipsoid'],
    ],
    [
      '16',
      ['Therefore, there are 16 ways to do it.', 'Answer: 16 (since 8 * 2 = 16)'],
      ['16 (if n is even)', '16 (because I guess)'],
    ],
  ]);
});

test('9: own domain', () => {
  judgeRows([
    [
      String.raw`\frac{x+1}{x-1}`,
      [String.raw`\frac{x+1}{x-1}, \text{ for } x \ne 1`, String.raw`\frac{x+1}{x-1}\quad(x\neq 1)`],
      [String.raw`\frac{x+1}{x-1}\quad(x\neq 2)`, String.raw`\frac{x+1}{x-1}\quad(x > 1)`],
    ],
    ['[1,2]', ['[1,2]'], [String.raw`[1,2], x \in \mathbb{Z}`]],
  ]);
});

test('10: conventions', () => {
  judgeRows([
    ['7', ['~7', '7"', 'We need at least \\boxed{7}'], ['7 bps', 'every 7', '7...', 'at least \\boxed{7}']],
    ['12', ['1\u200b2'], ['1\u200b3', '1 2']],
  ]);
});

test('11: spellings of reports', () => {
  const cases = String.raw`\begin{cases} x^2 & x>0 \\ -x & x\le 0 \end{cases}`;
  const array = String.raw`\left\{\begin{array}{ll} x^2, & x>0 \\ -x, & x\le 0 \end{array}\right.`;
  judgeRows([
    [cases, [array, `$\\boxed{${array}}$`], [array.replace('-x,', 'x,'), array.replace('>0', '>1')]],
    [array, [cases], [cases.replace('x^2', 'x^3')]],
    [
      '5',
      ['The answer is <|begin_of_box|>5<|end_of_box|>.<|user|>'],
      ['<|begin_of_box|>6<|end_of_box|>', '5<|begin_of_box|>6<|end_of_box|>'],
    ],
    ['18', [String.raw`\text{USD }18`], [String.raw`\text{USD }19`]],
    ['1101_2', [String.raw`1101\text{ (base 2)}`], [String.raw`1101\text{ (base 3)}`]],
    [
      String.raw`63^\circ 45^\prime`,
      [String.raw`63.75^\circ`, "63^\\circ 45'"],
      [String.raw`63.45^\circ`, String.raw`63^\circ`],
    ],
    [String.raw`\operatorname{cosec} x`, [String.raw`\csc x`], [String.raw`\sec x`]],
  ]);
});
