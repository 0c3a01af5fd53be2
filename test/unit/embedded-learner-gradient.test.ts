/**
 * 1. Log-probs equal the 64-bit reference, plain and structured, from one token to the longest sequence.
 * 2. Finite differences along the gradient, every tensor of the default shape: relative error under 2e-3.
 * 3. The gradient of every tensor equals the reference's directional derivative in random directions too.
 * 4. The gradient of every loss does so; one with a stopped ratio (cispo) with the ratio held.
 * 5. A batch longer than the row budget gives the sum of its parts.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_SHAPE, type LossSequence, type ModelShape } from '../../adapters/embedded-lm/model/contract.ts';
import type { Tensor } from '../../adapters/embedded-lm/model/parameter-layout.ts';
import type { TokenLoss } from '../../src/core/datum.ts';
import { createRng } from '../../src/core/rng.ts';
import { addWeights, drawSequence, layOutParallel, SMALL_SHAPE } from '../support/embedded-sequences.ts';
import { assertClose } from '../support/kernel-arena.ts';
import { type LearnerProbe, openLearnerProbe } from '../support/learner-probe.ts';
import { differentiateAlong, scoreReference } from '../support/reference-transformer.ts';

const CROSS_ENTROPY: TokenLoss = { kind: 'cross_entropy' };

/** Ragged sequences; with structure each gets two paths, the longest two blocks. */
function drawBatch(seed: number, shape: ModelShape, isStructured: boolean, scale: number): LossSequence[] {
  const rng = createRng(seed);
  const layouts = [
    layOutParallel(3, [[2, 3]], 2),
    layOutParallel(5 * scale, [[3, 2 * scale]], 1),
    layOutParallel(
      2,
      [
        [3, 2 * scale],
        [2, 1, 2],
      ],
      3 * scale,
    ),
  ];
  return layouts.map(({ positionIds, attnPath }) => {
    const sequence = addWeights(rng, drawSequence(rng, shape, positionIds.length));
    return isStructured ? { ...sequence, positionIds, attnPath } : sequence;
  });
}

/** Weights away from the start, where the head is small and gains are 1. */
function disturb(probe: LearnerProbe, seed: number): void {
  const rng = createRng(seed);
  probe.weights.forEach((w, i) => {
    probe.weights[i] = w + (rng.next() - 0.5) * 0.3;
  });
}

function sumCrossEntropy(sequences: readonly LossSequence[], logprobs: readonly ArrayLike<number>[]): number {
  return sequences.reduce(
    (total, { weights }, i) => total - weights!.reduce((sum, w, t) => sum + w * logprobs[i]![t]!, 0),
    0,
  );
}

function cut(vector: Float32Array, { offset, rows, columns }: Tensor): Float32Array {
  return vector.subarray(offset, offset + rows * columns);
}

function norm(vector: ArrayLike<number>): number {
  return Math.sqrt(Array.from(vector).reduce((sum, v) => sum + v * v, 0));
}

test('log-probs equal the reference', () => {
  const probe = openLearnerProbe(SMALL_SHAPE, 1);
  disturb(probe, 2);
  const rng = createRng(3);
  const weights = Float64Array.from(probe.weights);
  const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 48, 49];
  const plain = lengths.map((length) => drawSequence(rng, SMALL_SHAPE, length));
  const batch = [...plain, ...drawBatch(4, SMALL_SHAPE, true, 2)];
  probe.score(batch).forEach((logprobs, i) => {
    assertClose(logprobs, scoreReference(SMALL_SHAPE, weights, batch[i]!), 1e-5, `sequence ${i}`);
  });
});

test('finite differences along the gradient, every tensor', () => {
  for (const isStructured of [false, true]) {
    const probe = openLearnerProbe(DEFAULT_SHAPE, 5);
    const batch = drawBatch(6, DEFAULT_SHAPE, isStructured, 6);
    const { gradient } = probe.differentiate(batch, CROSS_ENTROPY);
    for (const tensor of probe.runtime.layout.tensors) {
      const slope = cut(gradient, tensor);
      const length = norm(slope);
      assert.ok(length > 0, tensor.name);
      const values = cut(probe.weights, tensor);
      const before = values.slice();
      const lossAt = (by: number) => {
        values.forEach((_, i) => {
          values[i] = before[i]! + (by * slope[i]!) / length;
        });
        return sumCrossEntropy(batch, probe.score(batch));
      };
      const difference = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2;
      values.set(before);
      const error = Math.abs(difference - length) / length;
      assert.ok(error < 2e-3, `${tensor.name}, structured ${isStructured}: relative error ${error}`);
    }
  }
});

/** Fails unless the gradient of each tensor agrees with a 64-bit loss in random directions. */
function assertDirectional(
  probe: LearnerProbe,
  gradient: Float32Array,
  lossOf: (weights: Float64Array) => number,
  what: string,
): void {
  const rng = createRng(8);
  const base = Float64Array.from(probe.weights);
  for (const tensor of probe.runtime.layout.tensors) {
    const direction = new Float64Array(base.length);
    const end = tensor.offset + tensor.rows * tensor.columns;
    for (let i = tensor.offset; i < end; i += 1) direction[i] = rng.next() - 0.5;
    const wanted = differentiateAlong(lossOf, base, direction);
    const got = gradient.reduce((sum, v, i) => sum + v * direction[i]!, 0);
    const scale = norm(cut(gradient, tensor)) * norm(direction);
    const error = Math.abs(got - wanted) / scale;
    assert.ok(error < 1e-5, `${what}, ${tensor.name}: ${got} instead of ${wanted}, error ${error}`);
  }
}

test('the gradient agrees with the reference in random directions', () => {
  for (const isStructured of [false, true]) {
    const probe = openLearnerProbe(SMALL_SHAPE, 9);
    disturb(probe, 10);
    const batch = drawBatch(11, SMALL_SHAPE, isStructured, 1);
    const { gradient, lossSum, logprobs } = probe.differentiate(batch, CROSS_ENTROPY);
    const lossOf = (weights: Float64Array) =>
      sumCrossEntropy(
        batch,
        batch.map((sequence) => scoreReference(SMALL_SHAPE, weights, sequence)),
      );
    assertClose([lossSum], [sumCrossEntropy(batch, logprobs)], 1e-12, 'loss');
    assertDirectional(probe, gradient, lossOf, isStructured ? 'structured' : 'plain');
  }
});

/** One target's loss by its definition; `held` is the ratio that cispo does not differentiate. */
function defineLoss(spec: TokenLoss, logprob: number, old: number, advantage: number, held: number): number {
  const ratio = Math.exp(logprob - old);
  if (spec.kind === 'ppo') {
    const clipped = Math.min(Math.max(ratio, spec.clipLow), spec.clipHigh);
    return -Math.min(ratio * advantage, clipped * advantage);
  }
  if (spec.kind === 'cispo') return -Math.min(Math.max(held, spec.clipLow), spec.clipHigh) * advantage * logprob;
  return -ratio * advantage;
}

test('the gradient of every loss agrees with its definition', () => {
  const rng = createRng(12);
  const specs: TokenLoss[] = [
    { kind: 'importance_sampling' },
    { kind: 'ppo', clipLow: 0.8, clipHigh: 1.28 },
    { kind: 'cispo', clipLow: 0.8, clipHigh: 1.28 },
  ];
  const probe = openLearnerProbe(SMALL_SHAPE, 13);
  disturb(probe, 14);
  const plain = drawBatch(15, SMALL_SHAPE, true, 1);
  const scored = probe.score(plain);
  const batch = plain.map(({ weights, ...sequence }, i) => ({
    ...sequence,
    advantages: weights!,
    // Ratios on both sides of both thresholds, none of them at one.
    logprobs: Array.from(scored[i]!, (l) => l + (rng.nextInt(7) - 3) * 0.17),
  }));
  for (const spec of specs) {
    const { gradient, lossSum } = probe.differentiate(batch, spec);
    const lossOf = (weights: Float64Array) =>
      batch.reduce((total, sequence, i) => {
        const current = scoreReference(SMALL_SHAPE, weights, sequence);
        return current.reduce((sum, l, t) => {
          const [old, advantage] = [sequence.logprobs[t]!, sequence.advantages[t]!];
          return sum + defineLoss(spec, l, old, advantage, Math.exp(scored[i]![t]! - old));
        }, total);
      }, 0);
    assertClose([lossSum], [lossOf(Float64Array.from(probe.weights))], 1e-5, spec.kind);
    assertDirectional(probe, gradient, lossOf, spec.kind);
  }
});

test('a batch above the row budget is the sum of its parts', () => {
  const probe = openLearnerProbe(SMALL_SHAPE, 16);
  const rng = createRng(17);
  const batch = Array.from({ length: 60 }, () => addWeights(rng, drawSequence(rng, SMALL_SHAPE, 30 + rng.nextInt(20))));
  const rows = batch.reduce((sum, { tokens }) => sum + tokens.length, 0);
  assert.ok(rows > 2 * probe.runtime.plan.shards.reduce((sum, shard) => sum + shard.rows, 0), 'several chunks');
  const whole = probe.differentiate(batch, CROSS_ENTROPY);
  const sum = new Float64Array(whole.gradient.length);
  for (const [i, sequence] of batch.entries()) {
    const alone = probe.differentiate([sequence], CROSS_ENTROPY);
    assert.deepEqual(alone.logprobs[0], whole.logprobs[i], `log-probs of sequence ${i}`);
    alone.gradient.forEach((v, at) => {
      sum[at]! += v;
    });
  }
  assertClose(whole.gradient, sum, 1e-5, 'gradient');
});
