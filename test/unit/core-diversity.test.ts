/**
 * How different texts are:
 *  1. equal texts are 0 apart, texts without a common run of words 1; case and spacing do not count; it is symmetric
 *  2. a text of two equal paths is less diverse than one of two different ones; without two paths it is 0
 *  3. picked first is the text whose paths differ most, then the one farthest from those taken; ties go to the earlier
 *  4. more than there are gives all; equal texts are all taken in order
 *  5. hostile texts take no time beyond their first part
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { computeDistance, listShingles, measurePathDiversity, pickDiverse } from '../../src/core/diversity.ts';

const distance = (a: string, b: string) => computeDistance(listShingles(a), listShingles(b));
const block = (...paths: string[]) => `<Parallel>${paths.map((path) => `<Path>${path}</Path>`).join('')}</Parallel>`;

test('1: distance', () => {
  assert.equal(distance('we add one and two', 'We  add one\nand two'), 0);
  assert.equal(distance('we add one and two', 'factor the left side first'), 1);
  assert.equal(distance('', ''), 0);
  assert.equal(distance('a', ''), 1);
  // Four runs in one, three in the other, two in both: 1 - 2 / 5.
  assert.equal(distance('a b c d e f', 'c d e f g'), 1 - 2 / 5);
  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }).map((list) => list.join(' '));
  fc.assert(
    fc.property(words, words, (a, b) => {
      const found = distance(a, b);
      assert.equal(found, distance(b, a));
      assert.ok(found >= 0 && found <= 1);
    }),
  );
});

test('2: within a text', () => {
  const same = block('we add one and two', 'we add one and two');
  const different = block('we add one and two', 'count the houses one by one');
  assert.equal(measurePathDiversity(same), 0);
  assert.equal(measurePathDiversity(different), 1);
  assert.equal(measurePathDiversity(block('alone it stands')), 0);
  assert.equal(measurePathDiversity('no block at all'), 0);
});

test('3: picked', () => {
  const dull = block('we add one and two', 'we add one and two');
  const rich = block('we add one and two', 'count the houses one by one');
  const other = block('the sum is three, clearly', 'the sum is three, clearly');
  assert.deepEqual(pickDiverse([dull, rich, other], 1), [1]);
  assert.deepEqual(pickDiverse([dull, rich, other], 2), [1, 2], 'the other shares no words with the first');
  assert.deepEqual(pickDiverse([dull, dull], 1), [0]);
});

test('4: all', () => {
  assert.deepEqual(pickDiverse(['a b c', 'a b c', 'a b c'], 5), [0, 1, 2]);
  assert.deepEqual(pickDiverse([], 3), []);
});

test('5: bounded', () => {
  const long = 'word '.repeat(2_000_000);
  assert.ok(listShingles(long).size <= 1);
  const many = Array.from({ length: 50_000 }, (_, i) => `w${i}`).join(' ');
  assert.ok(listShingles(many).size <= 4096);
});
