/**
 * Learning-rate factors:
 *  1. cosine goldens of the reference for 58 and 230 steps, first update with factor 0
 *  2. no schedule leaves [0, 1] or gives NaN, for any step and total
 *  3. constant: warm-up counts up to 1 and stays there
 *  4. linear-tail: 1 until the tail, then down to the floor, which the last update has
 *  5. steps per epoch of the presets: 58, 46, 7, 34, 69
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { learningRateAt, type Schedule, selectBatch } from '../../src/core/curriculum.ts';

const COSINE: Schedule = { kind: 'cosine', warmupFraction: 0.1 };

test('1: cosine goldens', () => {
  const rows: [step: number, total: number, rate: number, tolerance: number][] = [
    [0, 58, 0, 0],
    [1, 58, 2e-6, 1e-12],
    [4, 58, 8e-6, 1e-12],
    [5, 58, 1e-5, 1e-12],
    [29, 58, 5.7382e-6, 5e-11],
    [57, 58, 8.8e-9, 5e-11],
    [115, 230, 5.8682e-6, 5e-11],
  ];
  for (const [step, total, rate, tolerance] of rows) {
    const actual = 1e-5 * learningRateAt(COSINE, step, total);
    assert.ok(Math.abs(actual - rate) <= tolerance, `step ${step} of ${total}: ${actual}`);
  }
});

test('2: factors stay in [0, 1]', () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const warmupSteps = fc.integer({ min: 0, max: 50 });
  const schedules: fc.Arbitrary<Schedule> = fc.oneof(
    warmupSteps.map((steps): Schedule => ({ kind: 'constant', warmupSteps: steps })),
    fraction.map((warmupFraction): Schedule => ({ kind: 'cosine', warmupFraction })),
    fc
      .tuple(warmupSteps, fraction, fraction)
      .map(
        ([steps, tailFraction, floor]): Schedule => ({ kind: 'linear-tail', warmupSteps: steps, tailFraction, floor }),
      ),
  );
  const property = (schedule: Schedule, step: number, total: number) => {
    const factor = learningRateAt(schedule, Math.min(step, total - 1), total);
    assert.ok(factor >= 0 && factor <= 1, `${factor}`);
  };
  fc.assert(fc.property(schedules, fc.nat(400), fc.integer({ min: 1, max: 400 }), property));
});

test('3: constant with warm-up', () => {
  const factors = [0, 1, 2, 3, 4, 99].map((step) => learningRateAt({ kind: 'constant', warmupSteps: 4 }, step, 100));
  assert.deepEqual(factors, [0.25, 0.5, 0.75, 1, 1, 1]);
  assert.equal(learningRateAt({ kind: 'constant', warmupSteps: 0 }, 0, 1), 1);
});

test('4: linear tail', () => {
  const schedule: Schedule = { kind: 'linear-tail', warmupSteps: 0, tailFraction: 0.4, floor: 0.2 };
  const factors = [0, 5, 6, 7, 8, 9].map((step) => learningRateAt(schedule, step, 10));
  [1, 1, 0.8, 0.6, 0.4, 0.2].forEach((wanted, i) => {
    assert.ok(Math.abs(factors[i]! - wanted) < 1e-12, `${factors}`);
  });
});

test('5: an epoch of a preset is as many batches as fit, each row once', () => {
  const presets: [rows: number, batch: number, steps: number][] = [
    [7472, 128, 58],
    [5910, 128, 46],
    [7473, 1024, 7],
    [17917, 512, 34],
    [17917, 256, 69],
  ];
  for (const [count, batch, steps] of presets) {
    const rows = Array.from({ length: count }, (_, i) => i);
    const epoch = Array.from({ length: steps }, (_, i) => selectBatch(rows, batch, i + 1, 1)).flat();
    assert.equal(epoch.length, steps * batch);
    assert.equal(new Set(epoch).size, steps * batch, 'no row twice in an epoch');
    assert.ok(count - epoch.length < batch, 'only an incomplete batch is left out');
    const next = selectBatch(rows, batch, steps + 1, 1);
    assert.notDeepEqual(next, selectBatch(rows, batch, 1, 1), 'the next epoch has an order of its own');
  }
});
