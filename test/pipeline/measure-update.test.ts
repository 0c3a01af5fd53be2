/**
 * Metrics of one step:
 *  1. mismatch is over trained positions of the first minibatch only
 *  2. a position is clipped when its ratio left the bound on the side its advantage pulls to
 *  3. the largest gradient norm; stripped log-probs and an empty update leave figures out and give no NaN
 *  4. rollout metrics are fractions of finished rollouts; failures are counted
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Datum, LossSpec } from '../../src/core/datum.ts';
import {
  type MinibatchResult,
  measureMismatch,
  measureRollouts,
  measureUpdate,
} from '../../src/pipeline/rl/measure-step.ts';
import * as sample from '../support/run-store-samples.ts';

const PPO = { kind: 'ppo', clipLow: 0.8, clipHigh: 1.2 } as const;

/** One datum of positions [trainer log-prob, sampler log-prob, advantage]. */
function minibatch(
  positions: readonly (readonly [number, number, number])[],
  gradNorm: number | null = null,
): MinibatchResult {
  const tokens = positions.map((_, i) => i);
  const datum: Datum = {
    tokens,
    targets: tokens,
    logprobs: positions.map(([, sampler]) => sampler),
    advantages: positions.map(([, , advantage]) => advantage),
  };
  return { sampled: [datum], data: [datum], logprobs: [positions.map(([trainer]) => trainer)], gradNorm };
}

const measure = (results: readonly MinibatchResult[], loss: LossSpec = PPO) =>
  measureUpdate(results, results[0] === undefined ? null : measureMismatch(results[0]), loss);

test('1: mismatch', () => {
  const first = minibatch([
    [-1, -1.5, 0.1],
    [-9, 0, 0],
    [-2, -1.9, -0.1],
  ]);
  const metrics = measure([first, minibatch([[-5, 0, 1]])]);
  assert.ok(Math.abs(metrics['mismatch/mean']! - 0.3) < 1e-12);
  assert.ok(Math.abs(metrics['mismatch/max']! - 0.5) < 1e-12);
  assert.equal(metrics['train/updates'], 2);
});

test('1: mismatch looks at the sampler, clipping at what the loss compared with', () => {
  const sampled = minibatch([[-1, -1.5, 1]]);
  const metrics = measure([{ ...sampled, data: minibatch([[-1, -1, 1]]).data }]);
  assert.equal(metrics['mismatch/mean'], 0.5);
  assert.equal(metrics['train/clip_fraction'], 0);
});

test('2: clipping', () => {
  const positions = [
    [Math.log(1.3), 0, 1],
    [Math.log(1.3), 0, -1],
    [Math.log(0.7), 0, -1],
    [Math.log(0.7), 0, 1],
    [Math.log(1.3), 0, 0],
  ] as const;
  assert.equal(measure([minibatch(positions)])['train/clip_fraction'], 0.5);
  assert.equal(measure([minibatch(positions)], { kind: 'importance_sampling' })['train/clip_fraction'], undefined);
});

test('3: what is missing', () => {
  const norms = measure([minibatch([[0, 0, 1]], 0.5), minibatch([[0, 0, 1]], 2), minibatch([[0, 0, 1]], 1)]);
  assert.equal(norms['train/grad_norm'], 2);
  const stripped = measure([{ ...minibatch([[0, 0, 1]]), logprobs: [null] }]);
  assert.equal(stripped['mismatch/mean'], undefined);
  assert.equal(stripped['train/grad_norm'], undefined);
  const none = measure([]);
  assert.equal(none['train/updates'], 0);
  assert.ok(Object.values(none).every(Number.isFinite));
});

test('4: rollouts', () => {
  const failed = { trajectory: null, failure: 'gone', verdict: null, reward: null };
  const metrics = measureRollouts([
    sample.sampleRollout(),
    sample.sampleRollout({ formatValid: false, formatCode: 'missing_summary' }),
    sample.sampleRollout({ trajectory: { ...sample.sampleTrajectory(3), end: 'length' } }),
    sample.sampleRollout(failed),
  ]);
  assert.equal(metrics['rollout/failed'], 1);
  assert.ok(Math.abs(metrics['reward/mean']! - 1.2) < 1e-12);
  assert.equal(metrics['format/valid_fraction'], 2 / 3);
  assert.equal(metrics['rollout/truncated_fraction'], 1 / 3);
  assert.equal(metrics['rollout/mean_tokens'], 15);
  assert.equal(metrics['rollout/mean_critical_tokens'], 12);
  const none = measureRollouts([sample.sampleRollout(failed)]);
  assert.ok(Object.values(none).every(Number.isFinite));
});
