/**
 * Small curves:
 *  1. lowest and highest value get the lowest and highest bar; order is kept
 *  2. a flat series is a flat line, an empty one nothing
 *  3. a long series is averaged down to the width
 *  4. values that are no number are left out
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderSparkline } from '../../src/cli/render/sparkline.ts';

test('1: scale', () => {
  assert.equal(renderSparkline([0, 1, 0.5, 7], 10), '▁▂▂█');
});

test('2: flat and empty', () => {
  assert.equal(renderSparkline([3, 3], 10), '▄▄');
  assert.equal(renderSparkline([], 10), '');
});

test('3: width', () => {
  const line = renderSparkline(
    Array.from({ length: 1000 }, (_, i) => i),
    40,
  );
  assert.equal([...line].length, 40);
  assert.equal(line[0], '▁');
  assert.equal(line.at(-1), '█');
});

test('4: holes', () => {
  assert.equal(renderSparkline([0, Number.NaN, 1, Number.POSITIVE_INFINITY], 10), '▁█');
});
