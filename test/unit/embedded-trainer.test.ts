/**
 * 1. forwardBackward adds up: halves of a batch in two requests equal the whole within 1e-5, a batch sent twice
 *    doubles the gradient; forward adds nothing; log-probs are those before the update.
 * 2. optimStep follows a 64-bit AdamW with clipping and decay over 20 steps, reports the norm before clipping,
 *    clears the gradient, and does not clip with clipNorm 0.
 * 3. A learning rate of 0 leaves the weights bit-identical.
 * 4. Save, load with optimizer, continue equals the uninterrupted run bit by bit; without it moments and step count
 *    start anew; loading forgets a gradient.
 * 5. A gradient that is not finite is refused and forgotten; weights, moments and step count stay.
 * 6. Calls on one model run in call order without being awaited; models do not disturb each other.
 */
import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { openEmbeddedLm } from '../../adapters/embedded-lm/model/open-embedded-lm.ts';
import type { AdamSettings } from '../../src/core/datum.ts';
import { SMALL_SHAPE } from '../support/embedded-sequences.ts';
import { ADAM, drawTrainingBatch, hashBits, takeGradient, trainSteps } from '../support/embedded-training.ts';
import { assertClose } from '../support/kernel-arena.ts';

const CROSS_ENTROPY = { kind: 'cross_entropy' } as const;
const lm = await openEmbeddedLm({ shape: SMALL_SHAPE, threads: 2, capacity: { maxModels: 4, kvSlots: 2 } });
after(() => lm.close());

/** Runs on a model that is dropped afterwards. */
async function withModel<T>(seed: number, use: (model: string) => Promise<T>): Promise<T> {
  const model = lm.createModel(seed);
  try {
    return await use(model);
  } finally {
    lm.dropModel(model);
  }
}

test('gradients add up', async () => {
  await withModel(51, async (model) => {
    const batch = drawTrainingBatch(lm, 52, 9);
    const gradientOf = async (...parts: (typeof batch)[]) => {
      for (const part of parts) await lm.forwardBackward(model, part, CROSS_ENTROPY);
      return takeGradient(lm, model);
    };
    const whole = await gradientOf(batch);
    assert.ok(whole.some((v) => v !== 0));
    assertClose(await gradientOf(batch.slice(0, 4), batch.slice(4)), whole, 1e-5, 'halves');
    const double = whole.map((v) => 2 * v);
    assertClose(await gradientOf(batch, batch), double, 1e-6, 'the batch twice');
    await lm.forward(model, batch);
    assert.ok(
      (await takeGradient(lm, model)).every((v) => v === 0),
      'forward leaves no gradient',
    );
  });
});

test('log-probs are those before the update', async () => {
  await withModel(53, async (model) => {
    const batch = drawTrainingBatch(lm, 54, 3);
    const before = await lm.forward(model, batch);
    const trained = await lm.forwardBackward(model, batch, CROSS_ENTROPY);
    assert.deepEqual(trained.logprobs, before.logprobs);
    await lm.optimStep(model, ADAM);
    assert.notDeepEqual((await lm.forward(model, batch)).logprobs, before.logprobs);
  });
});

/** AdamW in 64 bits. Changes the state in place. */
function stepReference(
  state: Record<'w' | 'm' | 'v', Float64Array>,
  gradient: Float32Array,
  step: number,
  s: AdamSettings,
) {
  const norm = Math.hypot(...gradient);
  const scale = s.clipNorm > 0 ? Math.min(1, s.clipNorm / norm) : 1;
  gradient.forEach((raw, i) => {
    const g = raw * scale;
    const m = s.beta1 * state.m[i]! + (1 - s.beta1) * g;
    const v = s.beta2 * state.v[i]! + (1 - s.beta2) * g * g;
    const change = m / (1 - s.beta1 ** step) / (Math.sqrt(v / (1 - s.beta2 ** step)) + s.eps);
    state.m[i] = m;
    state.v[i] = v;
    state.w[i] = state.w[i]! * (1 - s.learningRate * s.weightDecay) - s.learningRate * change;
  });
  return norm;
}

test('AdamW with clipping and decay follows the reference', async () => {
  for (const clipNorm of [1, 0]) {
    // An epsilon well above the rounding of a gradient, whose sign would otherwise decide a whole step.
    const adam = { ...ADAM, learningRate: 3e-3, weightDecay: 0.1, eps: 1e-3, clipNorm };
    const [model, twin] = [lm.createModel(55), lm.createModel(56)];
    const start = await lm.exportState(model);
    const reference = {
      w: Float64Array.from(start.weights),
      m: new Float64Array(lm.parameterCount),
      v: new Float64Array(lm.parameterCount),
    };
    let isClipped = false;
    for (let step = 1; step <= 20; step += 1) {
      const batch = drawTrainingBatch(lm, 57 + step, 2);
      await lm.importState(twin, await lm.exportState(model), false);
      for (const one of [model, twin]) await lm.forwardBackward(one, batch, CROSS_ENTROPY);
      const gradient = await takeGradient(lm, twin);
      const wanted = stepReference(reference, gradient, step, adam);
      const { gradNorm } = await lm.optimStep(model, adam);
      assertClose([gradNorm / wanted], [1], 1e-6, `norm of step ${step}`);
      isClipped ||= clipNorm > 0 && wanted > clipNorm;
    }
    assert.equal(isClipped, clipNorm > 0);
    const { weights, moment1, moment2, step } = await lm.exportState(model);
    assert.equal(step, 20);
    assertClose(weights, reference.w, 1e-5, 'weights');
    assertClose(moment1, reference.m, 1e-5, 'first moments');
    assertClose(moment2, reference.v, 1e-5, 'second moments');
    assert.equal((await lm.optimStep(model, adam)).gradNorm, 0, 'a step clears the gradient');
    for (const one of [model, twin]) lm.dropModel(one);
  }
});

test('a learning rate of 0 changes no weight', async () => {
  await withModel(81, async (model) => {
    await trainSteps(lm, model, 82, 3);
    const before = await lm.exportState(model);
    await lm.forwardBackward(model, drawTrainingBatch(lm, 83, 5), CROSS_ENTROPY);
    await lm.optimStep(model, { ...ADAM, learningRate: 0 });
    const after = await lm.exportState(model);
    assert.equal(hashBits(after.weights), hashBits(before.weights));
    assert.notEqual(hashBits(after.moment1), hashBits(before.moment1));
    assert.equal(after.step, before.step + 1);
  });
});

test('a loaded run goes on as if uninterrupted', async () => {
  const [first, second] = [lm.createModel(91), lm.createModel(92)];
  await trainSteps(lm, first, 93, 4);
  const saved = await lm.exportState(first);
  const kept = hashBits(saved.weights, saved.moment1, saved.moment2);
  await trainSteps(lm, first, 97, 3);
  assert.equal(hashBits(saved.weights, saved.moment1, saved.moment2), kept, 'a saved state does not move');

  await lm.forwardBackward(second, drawTrainingBatch(lm, 94, 3), CROSS_ENTROPY);
  await lm.importState(second, saved, true);
  await trainSteps(lm, second, 97, 3);
  const [uninterrupted, resumed] = [await lm.exportState(first), await lm.exportState(second)];
  assert.equal(resumed.step, uninterrupted.step);
  for (const vector of ['weights', 'moment1', 'moment2'] as const) {
    assert.equal(hashBits(resumed[vector]), hashBits(uninterrupted[vector]), vector);
  }

  await lm.importState(second, saved, false);
  const reset = await lm.exportState(second);
  assert.equal(reset.step, 0);
  assert.equal(hashBits(reset.weights), hashBits(saved.weights));
  assert.ok([reset.moment1, reset.moment2].every((vector) => vector.every((v) => v === 0)));
  for (const model of [first, second]) lm.dropModel(model);
});

test('a gradient that is not finite takes no step', async () => {
  await withModel(99, async (model) => {
    const start = await lm.exportState(model);
    const hostile = { tokens: [1, 2], targets: [2, 3], logprobs: [-200, -200], advantages: [1, 1] };
    await lm.forwardBackward(model, [hostile], { kind: 'importance_sampling' });
    await assert.rejects(lm.optimStep(model, ADAM), { name: 'EmbeddedLmError', code: 'bad_request' });
    const { weights, moment1, step } = await lm.exportState(model);
    assert.equal(hashBits(weights, moment1), hashBits(start.weights, start.moment1));
    assert.equal(step, start.step);
    await lm.forwardBackward(model, drawTrainingBatch(lm, 100, 2), CROSS_ENTROPY);
    assert.ok((await lm.optimStep(model, ADAM)).gradNorm > 0, 'the model trains on');
  });
});

test('calls run in order, models apart', async () => {
  const [alone, busy, other] = [lm.createModel(95), lm.createModel(95), lm.createModel(96)];
  await trainSteps(lm, alone, 98, 3);
  const calls: Promise<unknown>[] = [];
  for (let step = 0; step < 3; step += 1) {
    const batch = drawTrainingBatch(lm, 98 + step, 5);
    calls.push(lm.forwardBackward(busy, batch, CROSS_ENTROPY));
    calls.push(lm.forwardBackward(other, batch.slice(1), CROSS_ENTROPY));
    calls.push(lm.optimStep(busy, ADAM), lm.optimStep(other, ADAM));
  }
  const [one, two] = [await lm.exportState(alone), await lm.exportState(busy)];
  await Promise.all(calls);
  assert.equal(hashBits(two.weights, two.moment1, two.moment2), hashBits(one.weights, one.moment1, one.moment2));
  for (const model of [alone, busy, other]) lm.dropModel(model);
});
