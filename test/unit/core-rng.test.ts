/**
 * Seeded randomness:
 *  1. the same seed gives the same stream (goldens pin it), other seeds give others
 *  2. next is in [0, 1) and uniform; nextInt covers its range evenly
 *  3. shuffle is a permutation of a copy, and every position is reached
 *  4. hashSeed is a 31-bit integer, separates its parts, their order, number and text, and neighbouring values
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRng, hashSeed, shuffle } from '../../src/core/rng.ts';

const draw = (seed: number, count: number) => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.next());
};

test('1: streams', () => {
  assert.deepEqual(draw(42, 50), draw(42, 50));
  assert.deepEqual(
    draw(42, 3).map((value) => value * 2 ** 32),
    [2668855443, 918336991, 715740612],
  );
  assert.equal(hashSeed(42, 'rl', 1, 'path'), 287220032);
  assert.equal(shuffle([0, 1, 2, 3, 4, 5, 6, 7], createRng(42)).join(''), '63527014');
  const starts = Array.from({ length: 2000 }, (_, seed) => draw(seed, 1)[0]);
  assert.equal(new Set(starts).size, starts.length, 'neighbouring seeds start differently');
});

test('2: uniform', () => {
  const counts = new Array<number>(10).fill(0);
  const rng = createRng(7);
  let sum = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const value = rng.next();
    assert.ok(value >= 0 && value < 1);
    sum += value;
    counts[rng.nextInt(10)]! += 1;
  }
  assert.ok(Math.abs(sum / 20_000 - 0.5) < 0.01);
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 200, `${counts}`);
});

test('3: shuffle', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = items.slice();
      const shuffled = shuffle(items, createRng(seed));
      assert.deepEqual(items, before, 'the argument is left alone');
      assert.deepEqual(shuffled.toSorted(), items.toSorted());
      assert.deepEqual(shuffle(items, createRng(seed)), shuffled);
    }),
  );
  const firsts = Array.from({ length: 3000 }, (_, seed) => shuffle([0, 1, 2], createRng(hashSeed(seed)))[0]!);
  for (const value of [0, 1, 2]) {
    const count = firsts.filter((first) => first === value).length;
    assert.ok(Math.abs(count - 1000) < 120, `${value} comes first ${count} times`);
  }
});

test('4: hashSeed', () => {
  const part = fc.oneof(fc.integer(), fc.string());
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const seed = hashSeed(...parts);
      assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31);
      assert.equal(hashSeed(...parts), seed);
    }),
  );
  const distinct = [
    hashSeed('ab', 'c'),
    hashSeed('a', 'bc'),
    hashSeed('abc'),
    hashSeed('c', 'ab'),
    hashSeed(1, 2),
    hashSeed(12),
    hashSeed('1', 2),
    hashSeed('1', '2'),
    hashSeed(),
    hashSeed(''),
    hashSeed('', ''),
  ];
  assert.equal(new Set(distinct).size, distinct.length);
  const grid = Array.from({ length: 40 }, (_, step) =>
    Array.from({ length: 40 }, (_, group) => hashSeed(1, 'rl', step, group, 'path', 1, 2)),
  ).flat();
  assert.equal(new Set(grid).size, grid.length, 'no collision among the seeds of a small run');
});
