/**
 * What a sentence says around its value, beside what the generator draws of it (answer-generator/sentences.ts, story-traps.ts).
 *
 *  1. behind a label: an opening phrase, a purpose, an exclamation mark are read over; a case or a doubt is not
 *  2. a line that goes on with ", so ..." and a value states that conclusion; a remark behind a bare value is none
 *  3. what turns against a statement behind it, in other languages too, takes it back; a check of a conclusion does not
 *  4. several boxes of which each is one case, bound or part state none of them
 *  5. opposite words behind a number say different things, one word alone says nothing
 *  6. thinking in the tags of several models is left out, and labels of Chinese prompts are known
 *  7. a percent sign belongs to the whole quotient; two number words, a sign or a command before a name state nothing
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { stripThinking } from '../../src/core/canonicalise.ts';
import { assertAll } from '../support/assert-verdicts.ts';

test('1: behind a label', () => {
  assertAll(
    [
      ['12', 'Final Answer: Since $a = 3$, the area is $12$.'],
      ['12', 'Final Answer: Using $a + b = 7$, she has to pick $12$ eggs.'],
      ['12', 'Final Answer: With 3 boxes left, Tom sold $12$ tickets to fill the room.'],
      ['128', 'Final Answer: The area is $128$!'],
      ['1200', 'Final Answer: In total, she sold $1,200$ clips.'],
      ['12', 'Final Answer: If he sells all books, he earns 12 dollars'],
    ],
    true,
  );
  assertAll(
    [
      ['3', 'Final Answer: Since $a = 3$, the area is $12$.'],
      ['12', 'Final Answer: If $n$ is even, it is 12'],
      ['12', 'Final Answer: If only it were 12'],
      ['12', 'Final Answer: Pretend that the number of ways equals $12$.'],
      ['12', 'Final Answer: 12 and then some'],
      ['12', 'Final Answer: She refused to sell $12$ clips.'],
    ],
    false,
  );
});

test('2: conclusions', () => {
  assertAll(
    [
      ['37', 'Final Answer: There are 7 boxes, so there are 37 ways.'],
      ['37', 'Final Answer: We know that 7 does not divide $n$, so there are $37$ ways.'],
      ['6', 'The answer is 6, so it has 2 prime factors.'],
    ],
    true,
  );
  assertAll(
    [
      ['7', 'Final Answer: There are 7 boxes, so there are 37 ways.'],
      ['37', 'Final Answer: I do not know, so there are $37$ ways.'],
    ],
    false,
  );
});

test('3: taken back', () => {
  assertAll([['7', 'Therefore x = 7. Let me verify: 2*7 = 14. Correct.']], true);
  assertAll(
    [
      ['7', '$\\boxed{7}$. Actually it is 8.'],
      ['7', '\\boxed{7}\n\nEdit: 8'],
      ['7', '\\boxed{7}. However, this overcounts.'],
      ['7', '\\boxed{7}\n\nTherefore, the final value is 8.'],
      ['7', 'Final Answer: 7\n\nNote: the actual answer is 8'],
      ['7', '答案：7。不对，重算。'],
      ['7', '\\boxed{7}。等等，我算错了。'],
      ['D', '\\boxed{D} was my first choice, but C'],
    ],
    false,
  );
});

test('4: several boxes', () => {
  assertAll(
    [
      ['7', '\\boxed{8}, alternatively \\boxed{7}'],
      ['7', 'Lower bound \\boxed{5}, upper bound \\boxed{7}'],
      ['7', 'A: \\boxed{8} B: \\boxed{7}'],
      ['7', '1. \\boxed{1}\n2. \\boxed{2}\n3. \\boxed{7}'],
      ['7', 'Final Answer: 7 ; Wurzel aus 7'],
    ],
    false,
  );
});

test('5: opposites', () => {
  assertAll(
    [
      ['25\\% \\text{ increase}', '\\boxed{25\\%}'],
      ['25\\%', '\\boxed{25\\% \\text{ decrease}}'],
      ['5 \\text{ km north}', 'Final Answer: 5 km north'],
      ['12 \\text{ boys}', 'Final Answer: 12 boys'],
    ],
    true,
  );
  assertAll(
    [
      ['25\\% \\text{ increase}', '\\boxed{25\\% \\text{ decrease}}'],
      ['5 \\text{ km north}', 'Final Answer: 5 km south'],
      ['3 \\text{ red balls}', 'Final Answer: 3 blue balls'],
      ['12 \\text{ boys}', 'Final Answer: 12 boys and girls'],
    ],
    false,
  );
});

test('6: thinking and labels', () => {
  for (const [open, close] of [
    ['<think>', '</think>'],
    ['[THINK]', '[/THINK]'],
    ['◁think▷', '◁/think▷'],
    ['<thinking>', '</thinking>'],
    ['<thought>', '</thought>'],
    ['<reasoning>', '</reasoning>'],
  ]) {
    assert.deepEqual(stripThinking(`${open}So 5.${close}\n7`), {
      content: '7',
      at: `${open}So 5.${close}\n`.length,
      code: null,
    });
    assert.equal(stripThinking(`7\n${open}So 5.`).code, 'thinking_unclosed');
    assertAll([['5', `${open}\\boxed{5}${close}\n7`]], false);
    assertAll([['7', `${open}\\boxed{5}${close}\n7`]], true);
  }
  assertAll(
    [
      ['A', '【解析】因此选A。<eoe>\n【答案】A <eoa>'],
      ['5', '【答案】: 5 <eoa>'],
      ['10', 'Therefore, the diameter is $\\boxed{10}$.The answer is: 10'],
    ],
    true,
  );
});

test('7: signs and number words', () => {
  assertAll([['0.25\\%', '\\boxed{1/4\\%}']], true);
  assertAll(
    [
      ['25', '\\boxed{1/4\\%}'],
      ['25\\%', '\\boxed{25\\%\\%}'],
      ['6', 'Final Answer: two three'],
      ['0', 'Final Answer: 1 zero'],
      ['k=10', '\\boxed{< k=10}'],
      ['k=10', '\\boxed{\\sum k=10}'],
      ['a-n', '\\boxed{an}'],
      ['\\int_0^1 f(x)\\,dx', '\\boxed{\\int_0^1 F(x)\\,dx}'],
    ],
    false,
  );
});
