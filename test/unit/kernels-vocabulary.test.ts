/**
 * 1. summariseLogits and targetLogprobs equal the 64-bit log-softmax over the used columns, far tails included.
 * 2. logitGradient is weight * (p - onehot), 0 in unused columns, and a weight of 0 gives exact zeros.
 * 3. sharpenRow is exp((z - peak) * sharpness), 0 in unused columns.
 * 4. No kernel writes past its buffers, with 1 to 9 rows.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { assertClose, openKernelArena } from '../support/kernel-arena.ts';
import { computeNumericGradient, logSoftmax } from '../support/reference-transformer.ts';

const VOCAB = 24;
const USED = 21;

const arena = openKernelArena();
const { kernels } = arena;
const rng = createRng(17);

function drawLogits(rows: number, spread: number): Float32Array {
  return Float32Array.from({ length: rows * VOCAB }, () => (rng.next() - 0.5) * spread);
}

function usedRow(logits: Float32Array, row: number): Float64Array {
  return Float64Array.from(logits.subarray(row * VOCAB, row * VOCAB + USED));
}

test('log-probs of targets equal the reference', () => {
  for (let rows = 1; rows <= 9; rows += 1) {
    // At a spread of 400 the tail's probability is 0 in 32 bits, its log-prob must not be lost.
    for (const spread of [4, 40, 400]) {
      arena.reset();
      const values = drawLogits(rows, spread);
      const targets = Array.from({ length: rows }, (_, i) => (i * 5) % USED);
      const [logits, stats, out] = [arena.take(values), arena.take(rows * 2), arena.take(rows)];
      kernels.summariseLogits(logits.at, rows, VOCAB, USED, stats.at);
      kernels.targetLogprobs(logits.at, rows, VOCAB, stats.at, arena.takeIntegers(targets).at, out.at);
      const wanted = targets.map((target, r) => logSoftmax(usedRow(values, r))[target]!);
      assertClose(out.floats, wanted, 1e-6, `${rows} rows, spread ${spread}`);
      arena.assertCanaries();
    }
  }
});

test('the logit gradient equals numeric gradients, and weight 0 gives 0', () => {
  for (let rows = 1; rows <= 9; rows += 1) {
    arena.reset();
    const values = drawLogits(rows, 6);
    const targets = Array.from({ length: rows }, (_, i) => (i * 5) % USED);
    const weights = targets.map((_, i) => [0, 1.5, -0.25][i % 3]!);
    const [logits, stats] = [arena.take(values), arena.take(rows * 2)];
    kernels.summariseLogits(logits.at, rows, VOCAB, USED, stats.at);
    kernels.logitGradient(logits.at, rows, VOCAB, stats.at, arena.takeIntegers(targets).at, arena.take(weights).at);
    targets.forEach((target, r) => {
      const got = logits.floats.slice(r * VOCAB, (r + 1) * VOCAB);
      const wanted = computeNumericGradient((z) => -weights[r]! * logSoftmax(z)[target]!, usedRow(values, r));
      assertClose(got.subarray(0, USED), wanted, 1e-6, `row ${r}`);
      assert.ok(
        got.subarray(weights[r] === 0 ? 0 : USED).every((v) => v === 0),
        `zeros of row ${r}`,
      );
    });
    arena.assertCanaries();
  }
});

test('a sharpened row is a distribution at another temperature', () => {
  for (const sharpness of [1, 1 / 0.7, 1 / 1.5, 100]) {
    arena.reset();
    const values = drawLogits(1, 10);
    const [logits, stats, out] = [arena.take(values), arena.take(2), arena.take(VOCAB)];
    kernels.summariseLogits(logits.at, 1, VOCAB, USED, stats.at);
    const peak = stats.floats[0]!;
    kernels.sharpenRow(logits.at, VOCAB, peak, sharpness, out.at);
    const wanted = usedRow(values, 0).map((z) => Math.exp((z - peak) * sharpness));
    assertClose(out.floats.subarray(0, USED), wanted, 1e-5, `sharpness ${sharpness}`);
    assert.ok(
      out.floats.subarray(USED).every((v) => v === 0),
      'unused columns',
    );
    arena.assertCanaries();
  }
});
