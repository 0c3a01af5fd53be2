/**
 * 1. The weight of every loss is the negative derivative of its term with respect to the log-prob, at ratios on both
 *    sides of the thresholds and advantages of both signs.
 * 2. cispo's weight is the clipped ratio times the advantage: the ratio itself is not differentiated.
 * 3. A target clipped by ppo has weight exactly 0 and a term that no longer moves; clipping is one-sided.
 * 4. A given weight or advantage of 0 masks the target, whatever the other numbers are.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { computeTargetLoss, type TargetLoss } from '../../adapters/embedded-lm/model/learner/losses.ts';
import type { TokenLoss } from '../../src/core/datum.ts';

const CLIP = { clipLow: 0.8, clipHigh: 1.28 } as const;
const LOSSES: readonly TokenLoss[] = [
  { kind: 'cross_entropy' },
  { kind: 'importance_sampling' },
  { kind: 'ppo', ...CLIP },
  { kind: 'cispo', ...CLIP },
];
const OLD = -1.3;
/** exp(shift) is the ratio: far below, just below, inside, just above, far above the thresholds. */
const SHIFTS = [-1, -0.23, -0.21, 0, 0.24, 0.26, 1];

function computeLoss(spec: TokenLoss, logprob: number, given: number, old = OLD): TargetLoss {
  const out = { term: Number.NaN, weight: Number.NaN };
  computeTargetLoss(spec, logprob, old, given, out);
  return out;
}

test('weights are derivatives', () => {
  for (const spec of LOSSES.filter(({ kind }) => kind !== 'cispo')) {
    for (const shift of SHIFTS) {
      for (const given of [0.7, -0.4]) {
        const at = OLD + shift;
        const slope = (computeLoss(spec, at + 1e-6, given).term - computeLoss(spec, at - 1e-6, given).term) / 2e-6;
        const { weight } = computeLoss(spec, at, given);
        assert.ok(Math.abs(weight + slope) < 1e-7, `${spec.kind}, shift ${shift}, given ${given}: ${weight}`);
      }
    }
  }
});

test('cispo clips the ratio and differentiates the log-prob only', () => {
  for (const [shift, clipped] of [
    [-1, 0.8],
    [0, 1],
    [1, 1.28],
  ] as const) {
    for (const given of [0.7, -0.4]) {
      const { weight, term } = computeLoss({ kind: 'cispo', ...CLIP }, OLD + shift, given);
      assert.ok(Math.abs(weight - clipped * given) < 1e-12);
      assert.ok(Math.abs(term + clipped * given * (OLD + shift)) < 1e-12);
    }
  }
});

test('ppo clips on the side where the ratio went too far', () => {
  const weightAt = (shift: number, given: number) => computeLoss({ kind: 'ppo', ...CLIP }, OLD + shift, given).weight;
  assert.equal(weightAt(0.26, 0.7), 0);
  assert.equal(weightAt(-0.23, -0.4), 0);
  assert.ok(weightAt(0.24, 0.7) > 0);
  assert.ok(weightAt(-0.21, -0.4) < 0);
  assert.ok(weightAt(-1, 0.7) > 0, 'an unlikely good token is still pulled up');
  assert.ok(weightAt(1, -0.4) < 0, 'a likely bad token is still pushed down');
});

test('0 masks a target', () => {
  for (const spec of LOSSES) {
    for (const old of [Number.NaN, -Infinity, Infinity, 0]) {
      const { term, weight } = computeLoss(spec, -2, 0, old);
      assert.deepEqual([term, weight], [0, 0], `${spec.kind}, old ${old}`);
    }
  }
});
