/**
 * 1. Texts follow the one template; answers are the sums; levels have their numbers of operands.
 * 2. Lists are deterministic in the seed, distinct, and a longer list begins with the shorter one.
 * 3. Training and held-out problems share no multiset of operands, at any level and seed.
 * 4. A problem is found again in any text: the last one, in linear time, never mapped from something similar.
 * 5. Both solutions come out as documented; the parallel one passes the project's own format check.
 * 6. Counts and operand numbers outside the limits are refused.
 * 7. Ids name level, split, seed and index, so that two lists never share an id for different texts.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import { writeDirectSolution, writeParallelSolution } from '../../src/core/word-sums/solutions.ts';
import { findSplit } from '../../src/core/word-sums/word-problem.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';

const SENTENCE = /^[A-Z][a-z]+ has \d\d [a-z]+(, then [a-z]+ \d\d){1,3}\. How many in all\?$/;

test('texts follow the template, answers are the sums, levels have their operands', () => {
  const counts = { easy: new Set<number>(), hard: new Set<number>() };
  for (const level of ['easy', 'hard'] as const) {
    for (const problem of generateWordSums({ seed: 3, level, count: 400, split: 'train' })) {
      assert.match(problem.text, SENTENCE);
      const operands = (problem.text.match(/\d\d/g) ?? []).map(Number);
      assert.equal(problem.answer, String(operands.reduce((sum, operand) => sum + operand)));
      assert.equal(problem.level, level);
      counts[level].add(operands.length);
    }
  }
  assert.deepEqual([...counts.easy].sort(), [2, 3]);
  assert.deepEqual([...counts.hard], [4]);
});

test('lists are deterministic, distinct, and grow at the end', () => {
  const spec = { seed: 9, level: 'easy', split: 'heldout' } as const;
  const long = generateWordSums({ ...spec, count: 500 });
  assert.deepEqual(generateWordSums({ ...spec, count: 100 }), long.slice(0, 100));
  assert.equal(new Set(long.map(({ text }) => text)).size, 500);
  assert.notEqual(generateWordSums({ ...spec, seed: 10, count: 1 })[0]!.text, long[0]!.text);
});

test('no multiset of operands is on both sides', () => {
  const keys = (split: 'train' | 'heldout') =>
    ([2, 3, 4] as const).flatMap((level) =>
      generateWordSums({ seed: 1, level, count: 1500, split }).map(({ text }) =>
        parseWordSum(text)!
          .operands.toSorted((a, b) => a - b)
          .join(),
      ),
    );
  const train = new Set(keys('train'));
  const heldout = keys('heldout');
  assert.equal(heldout.filter((key) => train.has(key)).length, 0);
  const splitOf = (...operands: number[]) => findSplit({ kind: 'sum', operands });
  assert.equal(splitOf(45, 18, 31), splitOf(18, 31, 45));
  let share = 0;
  for (let a = 10; a < 100; a += 1)
    for (let b = a; b < 100; b += 1) share += splitOf(a, b) === 'heldout' ? 1 / 4095 : 0;
  assert.ok(share > 0.1 && share < 0.15, `share ${share}`);
});

test('the last problem of any text is found', () => {
  const text =
    'Solve:\nDan has 18 keys, then makes 31. How many in all?\nEve has 10 cups, then wins 99, then buys 45. How many in all?\n!';
  assert.deepEqual(parseWordSum(text), { operands: [10, 99, 45] });
  for (const other of [
    '',
    'Dan has 8 keys, then makes 31. How many in all?',
    'Dan has 18 keys. How many in all?',
    'Dan has 18 keys, then eats 31. How many in all?',
  ]) {
    assert.equal(parseWordSum(other), null, other);
  }
  assert.equal(parseWordSum('Dan has 18 keys, then makes 31'.repeat(200_000)), null);
});

test('solutions come out as documented', () => {
  assert.equal(writeDirectSolution([18, 31, 45]), 'direct18+31=49;49+45=94\nFinal Answer: 94');
  assert.equal(
    writeParallelSolution([18, 31, 45]),
    'split<Parallel><Path>tens1+3=4;4+4=8</Path><Path>ones8+1=9;9+5=14</Path></Parallel>\n<Summary>80+14=94</Summary>\nFinal Answer: 94',
  );
  assert.match(writeParallelSolution([99, 99]), /tens9\+9=18<.*<Summary>180\+18=198<\/Summary>/s);
  for (const { text, answer } of generateWordSums({ seed: 5, level: 'hard', count: 200, split: 'train' })) {
    const solution = writeParallelSolution(parseWordSum(text)!.operands);
    assert.ok(solution.endsWith(`=${answer}</Summary>\nFinal Answer: ${answer}`));
    assert.deepEqual(checkFormat(solution, 'strict').violations, []);
  }
});

test('limits are kept', () => {
  const spec = { seed: 1, level: 'easy', count: 1, split: 'train' } as const;
  assert.throws(() => generateWordSums({ ...spec, level: 1 }), /2 to 8 operands/);
  assert.throws(() => generateWordSums({ ...spec, level: 2.5 }), RangeError);
  assert.throws(() => generateWordSums({ ...spec, count: -1 }), RangeError);
  assert.throws(() => generateWordSums({ ...spec, count: 1e9 }), RangeError);
});

test('ids tell lists apart', () => {
  const ids = [1, 2].flatMap((seed) =>
    (['train', 'heldout'] as const).flatMap((split) =>
      generateWordSums({ seed, level: 'hard', count: 5, split }).map(({ id }) => id),
    ),
  );
  assert.equal(new Set(ids).size, 20);
  assert.equal(ids[0], 'word-sums/hard/train/1/000000');
});
