/**
 * maj@k of one problem:
 *  1. equals the count over all n^k draws, ties to the first drawn, missing answers without a vote
 *  2. hand-computed: two right of three, one vote and three votes
 *  3. all right is 1, none right 0, no answer at all 0, no samples 0
 *  4. the drawn figure comes near the exact one where the exact sum would be too long
 *  5. an answer that only some of its samples were judged right for counts by that share
 *  6. a k below 1 or not whole is refused
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { findMajority, type VotedSample } from '../../src/core/metrics.ts';
import { createRng } from '../../src/core/rng.ts';
import { computeMajority } from '../../src/core/statistics/majority.ts';

const sample = (answer: string | null, correct = false): VotedSample => ({ answer, correct });
const majority = (samples: readonly VotedSample[], k: number) => computeMajority(samples, k, createRng(3));

/** Every sequence of k draws, scored one by one. */
function countDraws(samples: readonly VotedSample[], k: number): number {
  const total = samples.length ** k;
  let right = 0;
  for (let code = 0; code < total; code += 1) {
    const drawn: VotedSample[] = [];
    for (let rest = code, i = 0; i < k; i += 1, rest = Math.floor(rest / samples.length))
      drawn.push(samples[rest % samples.length]!);
    if (findMajority(drawn)?.correct) right += 1;
  }
  return right / total;
}

test('1: all draws', () => {
  const anySample = fc.constantFrom<VotedSample>(
    sample('7', true),
    sample('7', true),
    sample('3'),
    sample('5'),
    sample(null),
    sample('7', false),
  );
  fc.assert(
    fc.property(fc.array(anySample, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 5 }), (samples, k) => {
      const wanted = countDraws(samples, k);
      assert.ok(Math.abs(majority(samples, k) - wanted) < 1e-12, `${majority(samples, k)}, ${wanted}`);
    }),
    { numRuns: 150 },
  );
});

test('2: by hand', () => {
  const samples = [sample('7', true), sample('7', true), sample('3')];
  assert.ok(Math.abs(majority(samples, 1) - 2 / 3) < 1e-12);
  // Three votes: all seven 8/27, two of three 12/27; no tie is possible.
  assert.ok(Math.abs(majority(samples, 3) - 20 / 27) < 1e-12);
  // Two votes: both seven 4/9, one of each 4/9, of which the first drawn decides half.
  assert.ok(Math.abs(majority(samples, 2) - 6 / 9) < 1e-12);
});

test('3: ends', () => {
  for (const k of [1, 4, 16]) {
    assert.ok(Math.abs(majority([sample('7', true), sample('7', true)], k) - 1) < 1e-12);
    assert.equal(majority([sample('7'), sample('3')], k), 0);
    assert.equal(majority([sample(null), sample(null)], k), 0);
    assert.equal(majority([], k), 0);
  }
});

test('4: drawn where exact is too long', () => {
  const samples = Array.from({ length: 160 }, (_, i) => sample(i < 48 ? '7' : `${i % 24}`, i < 48));
  const exact = majority(samples, 90);
  const drawn = majority(samples, 99);
  assert.ok(exact > 0.85 && exact < 0.95 && Math.abs(drawn - exact) < 0.01, `${drawn}, ${exact}`);
  const close = [...Array.from({ length: 150 }, (_, i) => sample(`${i}`)), sample('7', true)];
  assert.ok(Math.abs(majority(close, 60) - 2 / 151) < 0.01, `${majority(close, 60)}`);
});

test('5: mixed verdicts of one answer', () => {
  const samples = [sample('7', true), sample('7', false), sample('7', false), sample('7', false)];
  for (const k of [1, 3, 8]) assert.ok(Math.abs(majority(samples, k) - 0.25) < 1e-12);
});

test('6: k', () => {
  assert.throws(() => majority([sample('7')], 0), /whole k of at least 1, got 0/);
  assert.throws(() => majority([sample('7')], 1.5), /got 1.5/);
});
