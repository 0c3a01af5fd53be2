import type { Rng } from '../../../../src/core/rng.ts';
import type { DecodeRegion } from '../memory-plan.ts';
import type { Runtime } from '../runtime.ts';

/** How a token is drawn from the distribution. */
export interface DrawSettings {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
}

/** A sampled token with its raw log-prob (temperature 1, whole vocabulary). */
export interface Drawn {
  readonly id: number;
  readonly logprob: number;
}

/** Draws from one row of logits, after `summariseLogits`. One random number per token, whatever the settings. */
export function drawToken(
  runtime: Runtime,
  region: DecodeRegion,
  row: number,
  settings: DrawSettings,
  rng: Rng,
): Drawn {
  const { floats, shape } = runtime;
  const logits = region.logits / 4 + row * shape.vocab;
  const peak = floats[region.stats / 4 + row * 2]!;
  const logSum = floats[region.stats / 4 + row * 2 + 1]!;
  const share = rng.next();
  const id =
    settings.temperature === 0
      ? findLargest(floats, logits, shape.usedVocab)
      : pick(runtime, region, row, peak, settings, share);
  // Rounded as the learner's kernel rounds, so that both report the same bits for the same logits.
  return { id, logprob: Math.fround(Math.fround(floats[logits + id]! - peak) - logSum) };
}

/** The first of the largest. */
function findLargest(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i += 1) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}

/** Inverse of the cumulative distribution over the used vocabulary, in id order. */
function pick(
  { kernels, floats, shape }: Runtime,
  region: DecodeRegion,
  row: number,
  peak: number,
  { temperature, topP }: DrawSettings,
  share: number,
): number {
  kernels.sharpenRow(region.logits + row * shape.vocab * 4, shape.vocab, peak, 1 / temperature, region.sharpened);
  const weights = floats.subarray(region.sharpened / 4, region.sharpened / 4 + shape.usedVocab);
  if (topP < 1) dropTail(weights, topP);
  let total = 0;
  for (let i = 0; i < weights.length; i += 1) total += weights[i]!;
  let left = share * total;
  let last = 0;
  for (let i = 0; i < weights.length; i += 1) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    last = i;
    left -= weight;
    if (left < 0) return i;
  }
  // Rounding may leave a remainder, which goes to the last possible token.
  return last;
}

/** Sets to 0 what lies outside the smallest set of most probable tokens with at least `topP` of the mass. */
function dropTail(weights: Float32Array, topP: number): void {
  const order = Array.from(weights.keys()).sort((a, b) => weights[b]! - weights[a]! || a - b);
  let total = 0;
  for (let i = 0; i < weights.length; i += 1) total += weights[i]!;
  let kept = 0;
  for (const id of order) {
    if (kept >= topP * total) weights[id] = 0;
    else kept += weights[id]!;
  }
}
