/**
 * Rewards:
 *  1. the truth table of accuracy, product and tiered
 *  2. alternating: steps 1, 8, 11, 18, 21 pay accuracy, 9, 10, 19, 20 pay tiered
 *  3. the S2 schedule has exactly 60 tiered steps in 300
 *  4. steps below 1 and steps that are no integer are refused
 *  5. `count: executed` looks at executed blocks, `text` at the tags in the text
 *  6. `malformedCorrect` is what a correct but malformed answer earns in tiered steps
 *  7. the reward carries its parts and the formula in force
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type BuiltInReward, computeReward, type RewardParts, rewardModeAt } from '../../src/core/reward.ts';

const ACCURACY: BuiltInReward = { kind: 'accuracy' };
const PRODUCT: BuiltInReward = { kind: 'product', count: 'text' };
const TIERED: BuiltInReward = { kind: 'tiered', count: 'text', bonus: 1.2, malformedCorrect: -1 };
const ALTERNATING: BuiltInReward = { ...TIERED, kind: 'alternating', window: 10, tieredSteps: 2 };

function parts(correct: boolean, blocks: number, formatValid: boolean): RewardParts {
  return { correct, blocksInText: blocks, blocksExecuted: blocks, blocksEffective: blocks, formatValid };
}

const valueAt = (config: BuiltInReward, step: number, of: RewardParts) => computeReward(config, step, of).value;

test('1: truth table', () => {
  const rows: [correct: boolean, blocks: number, valid: boolean, accuracy: number, product: number, tiered: number][] =
    [
      [true, 0, true, 1, -1, 1],
      [true, 0, false, 1, -1, 1],
      [true, 1, true, 1, 1, 1.2],
      [true, 3, true, 1, 1, 1.2],
      [true, 1, false, 1, -1, -1],
      [false, 0, true, -1, -1, -1],
      [false, 0, false, -1, -1, -1],
      [false, 2, true, -1, -1, -1],
      [false, 2, false, -1, -1, -1],
    ];
  for (const [correct, blocks, valid, accuracy, product, tiered] of rows) {
    const of = parts(correct, blocks, valid);
    const name = JSON.stringify(of);
    assert.equal(valueAt(ACCURACY, 1, of), accuracy, `accuracy ${name}`);
    assert.equal(valueAt(PRODUCT, 1, of), product, `product ${name}`);
    assert.equal(valueAt(TIERED, 1, of), tiered, `tiered ${name}`);
  }
});

test('2: the alternating schedule at its edges', () => {
  const correct = [parts(true, 0, true), parts(true, 1, true), parts(true, 1, false)];
  const at = (step: number) => correct.map((of) => valueAt(ALTERNATING, step, of));
  for (const step of [1, 8, 11, 18, 21]) assert.deepEqual(at(step), [1, 1, 1], `step ${step}`);
  for (const step of [9, 10, 19, 20]) assert.deepEqual(at(step), [1, 1.2, -1], `step ${step}`);
});

test('3: 60 of 300 steps are tiered', () => {
  const steps = Array.from({ length: 300 }, (_, i) => rewardModeAt(ALTERNATING, i + 1));
  assert.equal(steps.filter((mode) => mode === 'tiered').length, 60);
});

test('4: steps count from 1', () => {
  for (const step of [0, -1, -9, 1.5, Number.NaN]) {
    for (const config of [ACCURACY, ALTERNATING]) {
      assert.throws(() => rewardModeAt(config, step), RangeError, `step ${step}`);
      assert.throws(() => computeReward(config, step, parts(true, 1, true)), RangeError);
    }
  }
});

test('5: which blocks count', () => {
  const unexecuted = { ...parts(true, 0, true), blocksInText: 1 };
  assert.equal(valueAt(TIERED, 1, unexecuted), 1.2);
  assert.equal(valueAt({ ...TIERED, count: 'executed' }, 1, unexecuted), 1);
  assert.equal(valueAt(PRODUCT, 1, unexecuted), 1);
  assert.equal(valueAt({ ...PRODUCT, count: 'executed' }, 1, unexecuted), -1);
});

test('6: malformedCorrect', () => {
  const lenient: BuiltInReward = { ...ALTERNATING, malformedCorrect: 1 };
  assert.equal(valueAt(lenient, 9, parts(true, 1, false)), 1);
  assert.equal(valueAt(lenient, 9, parts(false, 1, false)), -1);
});

test('7: a reward names its parts', () => {
  const reward = computeReward(ALTERNATING, 9, parts(true, 2, true));
  assert.equal(reward.mode, 'tiered');
  assert.equal(reward.blocksInText, 2);
  assert.equal(reward.formatValid, true);
  assert.equal(computeReward(ALTERNATING, 8, parts(true, 2, true)).mode, 'accuracy');
});
