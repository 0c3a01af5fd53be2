/**
 * Group advantages:
 *  1. the golden table, sample standard deviation, epsilon 1e-6
 *  2. an all-equal group gives exactly 0, whatever the value
 *  3. a group of one gives its reward
 *  4. advantages of a group sum to 0 and do not depend on the order
 *  5. `population` divides by n, `mean` does not scale
 *  6. the split advantage only centres the bonus: it stays 0.2 wide in an all-correct group
 *  7. a group is informative when two rewards differ
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  type AdvantageOptions,
  computeGroupAdvantages,
  computeSplitAdvantages,
  isInformativeGroup,
} from '../../src/core/reward.ts';

const GRPO: AdvantageOptions = { normalisation: 'grpo', std: 'sample', epsilon: 1e-6 };

const repeat = (count: number, value: number) => Array.from({ length: count }, () => value);

function assertNear(actual: readonly number[], wanted: readonly number[], tolerance = 1e-6): void {
  assert.equal(actual.length, wanted.length);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - wanted[i]!) <= tolerance, `${i}: ${value}, wanted ${wanted[i]}`);
  });
}

test('1: golden table', () => {
  const rows: [rewards: number[], advantages: number[]][] = [
    [
      [1, ...repeat(7, -1)],
      [2.47487, ...repeat(7, -0.353553)],
    ],
    [
      [1, 1, ...repeat(6, -1)],
      [1.620183, 1.620183, ...repeat(6, -0.540061)],
    ],
    [
      [1, 1, ...repeat(6, 0)],
      [1.620182, 1.620182, ...repeat(6, -0.540061)],
    ],
    [
      [...repeat(4, 1.2), ...repeat(4, 1)],
      [...repeat(4, 0.935406), ...repeat(4, -0.935406)],
    ],
    [
      [...repeat(7, 1.2), 1],
      [...repeat(7, 0.353548), -2.474839],
    ],
    [
      [1.2, 1.2, 1, 1, ...repeat(4, -1)],
      [1.022185, 1.022185, 0.844414, 0.844414, ...repeat(4, -0.9333)],
    ],
  ];
  for (const [rewards, wanted] of rows) assertNear(computeGroupAdvantages(rewards, GRPO), wanted);
});

test('2: equal rewards give exactly 0', () => {
  for (const value of [1, -1, 0, 1.2, 0.1, 1e9]) {
    for (const size of [2, 3, 7, 8]) {
      const advantages = computeGroupAdvantages(repeat(size, value), GRPO);
      assert.ok(
        advantages.every((one) => Object.is(one, 0)),
        `${size} x ${value}: ${advantages}`,
      );
    }
  }
});

test('3: a group of one', () => {
  assert.deepEqual(computeGroupAdvantages([1.2], GRPO), [1.2]);
  assert.deepEqual(computeSplitAdvantages([1.2], [true], GRPO), [1.2]);
});

test('4: zero sum, order does not matter', () => {
  const reward = fc.constantFrom(-1, 1, 1.2);
  fc.assert(
    fc.property(fc.array(reward, { minLength: 2, maxLength: 16 }), (rewards) => {
      const advantages = computeGroupAdvantages(rewards, GRPO);
      assert.ok(Math.abs(advantages.reduce((sum, one) => sum + one, 0)) < 1e-9);
      assertNear(computeGroupAdvantages(rewards.toReversed(), GRPO).toReversed(), advantages, 1e-9);
    }),
  );
});

test('5: population and mean', () => {
  assertNear(computeGroupAdvantages([1, -1], { ...GRPO, std: 'population' }), [0.999999, -0.999999]);
  assert.deepEqual(
    computeGroupAdvantages([1, -1, -1, -1], { ...GRPO, normalisation: 'mean' }),
    [1.5, -0.5, -0.5, -0.5],
  );
});

test('6: split advantage', () => {
  const allCorrect = computeSplitAdvantages([1.2, 1, 1, 1], repeat(4, 1).map(Boolean), GRPO);
  assertNear(allCorrect, [0.15, -0.05, -0.05, -0.05], 1e-9);
  const mixed = computeSplitAdvantages([1.2, 1, -1, -1], [true, true, false, false], GRPO);
  const half = Math.sqrt(3) / 2;
  assertNear(mixed, [half + 0.15, half - 0.05, -half - 0.05, -half - 0.05], 2e-6);
});

test('7: informative groups', () => {
  assert.equal(isInformativeGroup([1, 1, 1]), false);
  assert.equal(isInformativeGroup([1, 1, 1.2]), true);
  assert.equal(isInformativeGroup([]), false);
  assert.equal(isInformativeGroup([1]), false);
});
