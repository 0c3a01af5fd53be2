import type { Datum } from '../../../src/core/datum.ts';
import { TrainerError } from '../../../src/errors.ts';
import { float32, toWireDatum, type WireDatum } from './wire-pass.ts';

/**
 * The port's loss is a plain sum; a `sequence-mean` trainer divides the loss of every sequence by the sum
 * of its `weights` (m) and averages over the n sequences since the last optimiser step. With `weights` the
 * 0/1 mask and advantages times m * n the result is the sum again. n must be known before the first chunk
 * goes out. Source: the protocol description, "Reduction".
 */
export function toSequenceMeanDatum(datum: Datum, n: number): WireDatum {
  const advantages = datum.advantages!;
  const mask = advantages.map((advantage) => (advantage === 0 ? 0 : 1));
  const scale = n * mask.reduce((sum: number, value) => sum + value, 0);
  return toWireDatum(datum, [
    float32('logprobs', datum.logprobs!),
    float32(
      'advantages',
      advantages.map((advantage) => advantage * scale),
    ),
    float32('weights', mask),
  ]);
}

/**
 * Cross entropy as importance sampling: with the trainer's own present log-probs the ratio is 1 and the
 * gradient of `-r * w` is that of `-w * logp`. Scaling `weights` does nothing on a `sequence-mean` trainer,
 * so this form is what makes per-token weights count there, at the price of one forward pass.
 */
export function toSamplingDatum(datum: Datum, present: readonly number[] | null, index: number): Datum {
  if (present === null) {
    throw new TrainerError(
      `the trainer returned no log-probs for datum ${index}; this profile needs them to train on cross entropy`,
    );
  }
  const advantages = datum.weights!;
  return { ...datum, advantages, logprobs: advantages.map((weight, i) => (weight === 0 ? 0 : present[i]!)) };
}
