/**
 * What stands behind a statement, or before and after it in its sentence, beside what the generator draws of it (answer-generator/aftermath.ts).
 *
 *  1. another value concluded, asked for or corrected behind a box or a label takes it back
 *  2. a check, a remark, another way, an example leave it alone; a doubt that finds the same value is none
 *  3. a denial counts until the value is said again as a whole
 *  4. a number in a reason, a condition or a second clause is none of the answer
 *  5. a text that breaks off, supposes, asks or plans states nothing
 *  6. what is said of a subject with a number is no number; two clauses are no noun phrase
 *  7. what a value is opposed to, whom a verb is about, when something happens, what it is called may stand around it
 *  8. several options are their letters in order; a reason may follow "is correct"
 *  9. without a mark of an answer the conclusion before a check, a remark or a farewell counts
 * 10. a value said twice around a box or in parentheses is one, where both are; what excludes a point of an expression leaves it
 */
import test from 'node:test';
import { assertAll } from '../support/assert-verdicts.ts';

test('1: another value', () => {
  const behind = [
    ...[
      'Therefore there are 9 rows in all.',
      'So it is 9.',
      '**9**',
      'Thus $x = 9$.',
      'In conclusion, she has 9 pens.',
    ],
    ...[
      'But each pair was counted twice, so the number of pairs is 9.',
      'The question asks for the sum, which is $4+5 = 9$.',
    ],
    ...[
      'We must add the last one, so 9.',
      'I miscounted; there are 9.',
      'Corrected value: 9',
      '(should be 9)',
      'I meant 9.',
    ],
    ...[
      'But the question asks about Ann. Ann has 9 pens.',
      'Another solution is $x = 9$.',
      'The required number is 9.',
    ],
    ...['But this makes the denominator zero, so there is no solution.', 'So 7 is not the answer.', 'We reject 7.'],
    ...[
      '抱歉，上面算错了，应为9。',
      'Ich habe einen Fehler gemacht: x = 9.',
      "Non, c'est faux : x = 9.",
      'Нет, я ошибся: x = 9.',
    ],
  ];
  for (const text of behind)
    assertAll(
      [`\\boxed{7}\n\n${text}`, `So $x = \\boxed{7}$. ${text}`, `#### 7\n\n${text}`].map((one) => ['7', one]),
      false,
    );
});

test('2: nothing against it', () => {
  const behind = [
    ...['Wait, let me double-check: 3 + 4 = 7. Yes, that is right.', 'Hmm, let me recheck. 14/2 = 7. OK.'],
    ...['However, let me verify this. So the answer is 7.', 'Wait, is this right? 10 + 4 = 14. Yes.'],
    ...['Note that the order does not matter.', 'To see this in another way, let $y = 2x$. Then $y = 14$.'],
    ...['(We might also have found that $a/b = 8/17$, so $c/b = 15/17$.)', 'Therefore, there are 7 pens.', '**7**'],
    ...['If we count the ends, the answer would be 9.', 'Actually, this is a well-known puzzle.', 'I hope this helps!'],
    '[asy]\ndraw((0,0)--(9,9)); // Thus 9.\n[/asy]',
  ];
  for (const text of behind)
    assertAll(
      [`\\boxed{7}\n\n${text}`, `So $x = \\boxed{7}$.\n\n${text}`, `#### 7\n\n${text}`].map((one) => ['7', one]),
      true,
    );
});

test('3: taken back, and said again', () => {
  assertAll(
    [
      ['7', '\\boxed{7}\n\nThat is wrong. No, it is right after all: so the answer is 7.'],
      ['7', '\\boxed{7}\n\nThe other root is $-2$, which is extraneous.'],
      ['\\text{False}', 'This gives $\\boxed{\\text{False}}$.\n\nThe result is **False**.'],
    ],
    true,
  );
  assertAll(
    [
      ['7', '\\boxed{7}\n\nThat is wrong. Yes, that is right.'],
      ['7', `\\boxed{7}\n\nThat is wrong.${'\n$a + b = 5$.'.repeat(40)}`],
      ['7', `\\boxed{7}\n\nSo it is 9.${'\n$a + b = 5$.'.repeat(40)}`],
      ['7', '\\boxed{7}\n\nI made a mistake. The answer is half of 7.'],
      ['7', 'The answer is 7. Wait, let me verify. 3 + 5 = 8. So 8.'],
      ['7', '\\boxed{7}\n\nLet me verify: 6*8 = 48, not 7.'],
    ],
    false,
  );
});

test('4: in a reason', () => {
  const lead = ['Answer: ', 'The answer is '];
  for (const clause of [
    'since there are 6 rows',
    'because she has 6 rows',
    'and there are 6 rows',
    'where there are 6 rows',
  ])
    assertAll(
      lead.map((one) => ['6', `${one}36, ${clause}.`]),
      false,
    );
  assertAll(
    lead.map((one) => ['6', `${one}Tom, since there are 6 rows.`]),
    false,
  );
  assertAll(
    [
      ['36', 'Answer: 36, since there are 6 rows.'],
      ['36', 'The answer is 36, because each of the 6 rows has 6 seats.'],
      ['12', 'Since there are 3 boxes, the total is 12.'],
      ['3/4', 'The answer, as a fraction, is 3/4.'],
    ],
    true,
  );
});

test('5: nothing stated', () => {
  assertAll(
    [
      ['48', 'In April she sold 48 clips.\n\nIn May she sold half as'],
      ['13', 'The hypotenuse is 13. So the perimeter is'],
      ['3', 'So x = 3 or'],
      ['3', 'Then $y = 4$, so $x = 3'],
      ['12', 'The area of the first one is 12.\n\nNext, we find the area of the other one.'],
      ['3', '1. 6 + 5 = 11\n2. 11 - 1 = 10\n3. '],
      ['12', 'Substituting $r = 12$ gives the area.'],
      ['12', 'Given that the side is 12, find the area.'],
      ['12', 'We are given $x = 12$.'],
      ['12', 'There are 12 cases to consider.'],
      ['14', 'The answer to the previous exercise was 14.'],
      ['14', 'Answer choices: 14'],
    ],
    false,
  );
  assertAll(
    [
      ['7', 'Substituting $x = 3$, we get $7$.'],
      ['70000', "Josh's profit is $200,000 - $130,000 = $70,000."],
      ['13', '**13**'],
      ['7', 'So it is 7.\n\nI hope this helps'],
      ['b', 'b'],
    ],
    true,
  );
});

test('6: subjects and second clauses', () => {
  assertAll(
    [
      ['12', 'The 12 workers finish in 8 days.'],
      ['5', 'The five people sit in 24 ways.'],
      ['12', 'She had 12 apples at first and now has 7.'],
      ['12', 'There were 12 birds at noon and there are 7 in the evening.'],
    ],
    false,
  );
  assertAll(
    [
      ['12', 'There are 12 boys and girls in the class.'],
      ['12', 'She bought 12 apples at the market in May.'],
      ['12', 'The 12 apples'],
    ],
    true,
  );
});

test('7: around a value', () => {
  assertAll(
    [
      ['36', 'The answer is $\\boxed{36}$, not 35.'],
      ['36', 'Thus $\\boxed{36}$ (not 35, because the empty case counts).'],
      ['7', 'The correct answer is 7 rather than 8.'],
      ['3', '**Final Answer:** It took him **3 hours**.'],
      ['3', 'Final Answer: It took Tom 3 hours.'],
      ['3', 'Final Answer: The trains meet after 3 hours.'],
      ['3', 'Final Answer: The remainder when $N$ is divided by 7 is 3.'],
      ['14', 'The least common multiple is 14.'],
      ['14', 'Answer: 14 is the smallest such number.'],
    ],
    true,
  );
  assertAll(
    [
      ['36', 'The answer is $\\boxed{36}$, not 35 but 37.'],
      ['3', 'Final Answer: The trains meet after 3 stops.'],
      ['7', 'Final Answer: The remainder when $N$ is divided by 7 is 3.'],
      ['12', 'Here $r = 12$ is the radius.'],
    ],
    false,
  );
});

test('8: options', () => {
  assertAll(
    [
      ['ABD', '因此，正确的选项是ABD。'],
      ['ABD', 'The correct options are A, B and D.'],
      ['AC', '\\boxed{A, C}'],
      ['B', '$\\boxed{\\text{B. } 12}$'],
      ['B', 'Option B is correct because it satisfies both conditions.'],
      ['B', '\\boxed{B}\n\nSo A is too small, and C does not fit.'],
      ['B', '\\boxed{B}\n\nThus the correct option is B.'],
    ],
    true,
  );
  assertAll(
    [
      ['ABD', '因此，正确的选项是ABC。'],
      ['AC', 'The options A and C are wrong.'],
      ['AC', 'Answer: A, B, C'],
      ['AB', 'AB = 5'],
      ['B', 'Option B is not correct because it satisfies nothing.'],
      ['B', '\\boxed{B}\n\nSo C is the answer.'],
      ['B', 'The answer is B.\n\nTherefore, the correct option is C.'],
      ['B', '\\boxed{B}\n\n**C**'],
      ['(1,2)', '\\boxed{(1,2)}\n\nTherefore it is (1,3).'],
    ],
    false,
  );
});

test('9: a conclusion and what follows it', () => {
  assertAll(
    [
      ['6', 'The solution is x = 6.\n\nCheck: 4(6 - 1) = 20 and 3*6 + 2 = 20. Both sides are 20.'],
      ['6', 'Thus x = 6.\n\nVerification: 6 + 9 = 15. ✓'],
      ['x = 5', 'So, the solution is x = 5. I hope that helps! If you want, I can show you 2 further examples.'],
      ['[3, 7)', 'The solution set is $[3, 7)$. This contains the integers 3, 4, 5 and 6.'],
      ['12', 'Let me check the first case: 3 + 4 = 7. Therefore the total is 12.'],
      ['42', 'The answer is 42. Explanation: the height is 6, so we have 6 rows. Therefore 42 tiles are needed.'],
      ['30', '$$\\boxed{30}$$\nKey points:\n1. 12 · 18 = 216, which agrees with the given product.'],
      ['-1', 'So the value is \\boxed{-1}.\n\nLet me verify: $i = e^{i\\pi/2}$, so $i^2 = e^{i\\pi} = -1$. Right.'],
      ['48', '\\boxed{48}\n\nThe answer is obtained by adding 24 and 24.'],
    ],
    true,
  );
  assertAll(
    [
      ['20', 'The solution is x = 6.\n\nCheck: 4(6 - 1) = 20 and 3*6 + 2 = 20. Both sides are 20.'],
      ['7', 'Let me check the first case: 3 + 4 = 7. Therefore the total is 12.'],
      [
        '42',
        'The answer is 42. Explanation: the height is 6, so we have 6 rows. Therefore 36 tiles are needed, not 42.',
      ],
    ],
    false,
  );
});

test('10: twice, or but for a point', () => {
  assertAll(
    [
      ['1.5', 'So the final answer is \\( \\boxed{\\dfrac{3}{2}} \\), or 1.5 in decimal form.'],
      ['0.25', 'Answer: 1/4 (= 0.25 = 25%)'],
      ['4\\sqrt{2}', 'Final answer: $4\\sqrt{2}$ (≈ 5.657)'],
      ['x+1', 'Thus it simplifies to $\\boxed{x+1}$ for $x \\neq 1$.'],
      ['255', '$\\text{FF}_{16} = \\boxed{255}_{10}$.'],
    ],
    true,
  );
  assertAll(
    [
      ['1.5', 'The answer is $\\boxed{\\frac{3}{2}}$, or 2.5.'],
      ['0.25', 'Answer: 1/4 (= 0.35)'],
      ['7', 'The answer is $\\boxed{7}$ for $n \\neq 1$.'],
      ['17', "If the order matters, the answer is $\\boxed{34}$; if it doesn't, it is $\\boxed{17}$."],
    ],
    false,
  );
});
