import type { Schedule } from './curriculum.ts';
import { createRng, hashSeed, shuffle } from './rng.ts';

/** What follows from the number of a step alone: its share of the rows, its learning rate. */

/** Rows of one step, counted from 1: every epoch is a permutation of its own, the last incomplete batch is dropped. */
export function selectBatch<T>(rows: readonly T[], batchSize: number, step: number, seed: number): T[] {
  const perEpoch = Math.floor(rows.length / batchSize);
  const epoch = Math.floor((step - 1) / perEpoch);
  const order = shuffle(Array.from(rows.keys()), createRng(hashSeed(seed, 'epoch', epoch)));
  const from = ((step - 1) % perEpoch) * batchSize;
  return order.slice(from, from + batchSize).map((index) => rows[index]!);
}

/**
 * Factor of the base learning rate at an update, both counted from 0 (`step` 0 is the first of
 * `totalSteps`). `cosine` follows the reference, whose first update has factor 0; the
 * other two start their warm-up at 1 / warmupSteps.
 */
export function learningRateAt(schedule: Schedule, step: number, totalSteps: number): number {
  if (schedule.kind === 'cosine') return computeCosine(schedule.warmupFraction, step, totalSteps);
  if (step < schedule.warmupSteps) return (step + 1) / schedule.warmupSteps;
  if (schedule.kind === 'constant') return 1;
  return computeLinearTail(schedule.tailFraction, schedule.floor, step, totalSteps);
}

function computeCosine(warmupFraction: number, step: number, totalSteps: number): number {
  const warmup = Math.floor(warmupFraction * totalSteps);
  if (step < warmup) return step / warmup;
  if (step >= totalSteps) return 0;
  return Math.max(0, (1 + Math.cos((Math.PI * (step - warmup)) / (totalSteps - warmup))) / 2);
}

/** Constant, then down to `floor`, which the last update reaches. */
function computeLinearTail(tailFraction: number, floor: number, step: number, totalSteps: number): number {
  const tail = Math.floor(tailFraction * totalSteps);
  const start = totalSteps - tail;
  if (step < start) return 1;
  const progress = Math.min(1, (step - start + 1) / tail);
  return 1 - (1 - floor) * progress;
}
