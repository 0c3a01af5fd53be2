/**
 * Evaluation metrics:
 *  1. the golden table of best@k and pass@k for n = 16
 *  2. best@k never exceeds pass@k; both grow with k; pass@n is 1 as soon as one answer is right
 *  3. pass@k equals the count over all subsets
 *  4. k outside 1..n is refused
 *  5. majority: the most frequent answer wins, the first seen wins a tie, a missing answer never wins
 *  6. maj@k over draws: 1 where every answer is right, 0 without samples, near its expectation otherwise
 *  7. the bootstrap interval holds the mean, is as wide as theory says, and is a point for equal values
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  bootstrapMean,
  computeBestAt,
  computeMajorityAt,
  computePassAt,
  findMajority,
  type VotedSample,
} from '../../src/core/metrics.ts';
import { createRng } from '../../src/core/rng.ts';

const CORRECT_COUNTS = [0, 1, 2, 3, 4, 8];

test('1: golden table', () => {
  const best: [k: number, values: number[]][] = [
    [16, [0, 0.6439, 0.8819, 0.9639, 0.99, 1]],
    [8, [0, 0.4033, 0.6564, 0.8101, 0.8999, 0.9961]],
    [4, [0, 0.2275, 0.4138, 0.5642, 0.6836, 0.9375]],
  ];
  const pass: [k: number, values: number[]][] = [
    [16, [0, 1, 1, 1, 1, 1]],
    [8, [0, 0.5, 0.7667, 0.9, 0.9615, 0.9999]],
    [4, [0, 0.25, 0.45, 0.6071, 0.728, 0.9615]],
  ];
  const check = (compute: typeof computeBestAt, table: typeof best, name: string) => {
    for (const [k, values] of table) {
      values.forEach((wanted, i) => {
        const actual = compute(16, CORRECT_COUNTS[i]!, k);
        assert.ok(Math.abs(actual - wanted) <= 5.1e-5, `${name}@${k}, c ${CORRECT_COUNTS[i]}: ${actual}`);
      });
    }
  };
  check(computeBestAt, best, 'best');
  check(computePassAt, pass, 'pass');
});

const counts = fc.integer({ min: 1, max: 40 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n })));

test('2: order of the metrics', () => {
  fc.assert(
    fc.property(counts, ([n, c]) => {
      for (let k = 1; k <= n; k += 1) {
        assert.ok(computeBestAt(n, c, k) <= computePassAt(n, c, k) + 1e-12);
        if (k > 1) assert.ok(computePassAt(n, c, k) >= computePassAt(n, c, k - 1) - 1e-12);
      }
      assert.equal(computePassAt(n, c, n), c >= 1 ? 1 : 0);
    }),
  );
});

test('3: pass@k counts subsets', () => {
  const n = 6;
  for (let c = 0; c <= n; c += 1) {
    for (let k = 1; k <= n; k += 1) {
      const subsets = Array.from({ length: 2 ** n }, (_, bits) => bits).filter((bits) => countBits(bits) === k);
      const hits = subsets.filter((bits) => (bits & (2 ** c - 1)) !== 0);
      assert.ok(Math.abs(computePassAt(n, c, k) - hits.length / subsets.length) < 1e-12, `c ${c}, k ${k}`);
    }
  }
});

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

test('4: k outside 1..n', () => {
  assert.throws(() => computePassAt(4, 1, 5), RangeError);
  assert.throws(() => computePassAt(4, 1, 0), RangeError);
});

const sample = (answer: string | null, correct = false): VotedSample => ({ answer, correct });

test('5: majority rules', () => {
  assert.equal(findMajority([sample('3'), sample('7', true), sample('7', true)])?.answer, '7');
  assert.equal(findMajority([sample('3'), sample('7', true), sample('7', true), sample('3')])?.answer, '3');
  assert.equal(findMajority([sample(null), sample(null), sample('7', true)])?.answer, '7');
  assert.equal(findMajority([sample(null)]), null);
  assert.equal(findMajority([]), null);
  const first = sample('7', true);
  assert.equal(findMajority([first, sample('7', false)]), first, 'scored by its first member');
});

test('6: maj@k over draws', () => {
  assert.equal(computeMajorityAt([sample('7', true), sample('7', true)], 4, 50, createRng(1)), 1);
  assert.equal(computeMajorityAt([], 4, 50, createRng(1)), 0);
  assert.equal(computeMajorityAt([sample(null), sample(null)], 4, 50, createRng(1)), 0);
  const thirds = [sample('7', true), sample('3'), sample('3')];
  const atOne = computeMajorityAt(thirds, 1, 6000, createRng(5));
  assert.ok(Math.abs(atOne - 1 / 3) < 0.03, `${atOne}`);
  const atNine = computeMajorityAt(thirds, 9, 6000, createRng(5));
  assert.ok(atNine < 0.2, 'more votes favour the frequent wrong answer');
});

test('7: bootstrap interval', () => {
  const values = Array.from({ length: 100 }, (_, i) => (i < 40 ? 1 : 0));
  const interval = bootstrapMean(values, { draws: 4000, level: 0.95, rng: createRng(3) });
  const halfWidth = 1.96 * Math.sqrt((0.4 * 0.6) / 100);
  assert.ok(Math.abs(interval.mean - 0.4) < 1e-12);
  assert.ok(Math.abs(interval.low - (0.4 - halfWidth)) < 0.02, `low ${interval.low}`);
  assert.ok(Math.abs(interval.high - (0.4 + halfWidth)) < 0.02, `high ${interval.high}`);
  const point = bootstrapMean([0.5, 0.5, 0.5], { draws: 100, level: 0.95, rng: createRng(3) });
  assert.deepEqual(point, { mean: 0.5, low: 0.5, high: 0.5 });
  assert.deepEqual(bootstrapMean([], { draws: 100, level: 0.95, rng: createRng(3) }), { mean: 0, low: 0, high: 0 });
});
