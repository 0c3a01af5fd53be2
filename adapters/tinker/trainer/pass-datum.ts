import type { Datum, LossSpec } from '../../../src/core/datum.ts';
import { TrainerError } from '../../../src/errors.ts';

/** Datums on their way into a pass: checked, and given the tensors that a loss, and a kind of trainer, want of them. */

/** A 1-D dense tensor as both codecs send it. */
export interface WireTensor {
  readonly name: string;
  readonly dtype: 'int64' | 'float32';
  readonly data: readonly number[];
}

export interface WireDatum {
  readonly tokens: readonly number[];
  /** Every one of the length of `tokens`; the same names on every datum of a pass. */
  readonly tensors: readonly WireTensor[];
}

/** One `forward_backward` or forward-only request without its envelope. */
export interface WirePass {
  readonly data: readonly WireDatum[];
  readonly lossFn: LossSpec['kind'];
  readonly isForwardOnly: boolean;
  /** Every setting of the loss: the servers' defaults differ. Empty where it has none. */
  readonly lossConfig: Readonly<Record<string, number>>;
}

function int64(name: string, data: readonly number[]): WireTensor {
  return { name, dtype: 'int64', data };
}

export function float32(name: string, data: readonly number[]): WireTensor {
  return { name, dtype: 'float32', data };
}

/** A datum for a log-prob pass: cross entropy whose weights carry no loss of their own. */
export function toForwardDatum(datum: Datum): WireDatum {
  const weights = datum.weights ?? new Array<number>(datum.tokens.length).fill(0);
  return toWireDatum(datum, [float32('weights', weights)]);
}

/** A datum with the tensors of its loss and, where it has them, those of `structured_attention/1`. */
export function toWireDatum(datum: Datum, lossTensors: readonly WireTensor[]): WireDatum {
  const { tokens, targets, positionIds, attnPath } = datum;
  const structure =
    positionIds === undefined || attnPath === undefined
      ? []
      : [int64('x_position_ids', positionIds), int64('x_attn_path', attnPath)];
  return { tokens, tensors: [int64('target_tokens', targets), ...lossTensors, ...structure] };
}

/** `loss_fn_config` of a loss. */
export function toLossConfig(loss: LossSpec): Record<string, number> {
  switch (loss.kind) {
    case 'ppo':
    case 'cispo':
    case 'gspo':
      return { clip_low_threshold: loss.clipLow, clip_high_threshold: loss.clipHigh };
    case 'dppo':
      return { delta_low: loss.deltaLow, delta_high: loss.deltaHigh };
    case 'dro':
      return { beta: loss.beta };
    default:
      return {};
  }
}

/**
 * The port's loss is a plain sum; a `sequence-mean` trainer divides the loss of every sequence by the sum
 * of its `weights` (m) and averages over the n sequences since the last optimiser step. With `weights` the
 * 0/1 mask and advantages times m * n the result is the sum again. n must be known before the first chunk
 * goes out.
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
  const known = requirePresent(present, index, 'cross_entropy');
  const advantages = datum.weights!;
  return { ...datum, advantages, logprobs: advantages.map((weight, i) => (weight === 0 ? 0 : known[i]!)) };
}

/**
 * A datum whose masked positions count as not moved: `dro` has no mask, and its squared term would pull prompt and tags
 * towards the log-prob 0 that stands there.
 */
export function toUnmovedDatum(datum: Datum, present: readonly number[] | null, index: number): Datum {
  const known = requirePresent(present, index, 'dro');
  const logprobs = datum.logprobs!.map((old, i) => (datum.advantages![i] === 0 ? known[i]! : old));
  return { ...datum, logprobs };
}

function requirePresent(present: readonly number[] | null, index: number, loss: LossSpec['kind']): readonly number[] {
  if (present !== null) return present;
  throw new TrainerError(`the trainer returned no log-probs for datum ${index}; it needs them to train on ${loss}`);
}

type FloatKey = 'weights' | 'logprobs' | 'advantages' | 'rolloutLogprobs';

/** What a pass is for: the log-probs alone, or the gradient of a loss. */
export type PassPurpose = 'forward' | LossSpec['kind'];

/**
 * Checks what servers cannot be trusted to notice: lengths, finite float32 values, token ids, a position with
 * loss, structure tensors on every datum or on none. Throws `TrainerError` naming the datum by its index.
 */
export function checkDatums(data: readonly Datum[], purpose: PassPurpose, structuredAttention: boolean): void {
  if (data.length === 0) throw new TrainerError('a pass needs at least one datum');
  const isStructured = data[0]!.positionIds !== undefined;
  if (isStructured && !structuredAttention) {
    throw new TrainerError(
      'datum 0 has position and path ids, but the trainer does not serve structured_attention/1 (not advertised, or the probe failed); choose another layout',
    );
  }
  data.forEach((datum, index) => {
    const fault = findFault(datum, purpose, isStructured);
    if (fault !== null) throw new TrainerError(`datum ${index} ${fault}`);
  });
}

function findFault(datum: Datum, purpose: PassPurpose, isStructured: boolean): string | null {
  const length = datum.tokens.length;
  if (length === 0) return 'has no token';
  const structure = isStructured ? [datum.positionIds, datum.attnPath] : [];
  if ((datum.positionIds !== undefined) !== isStructured || (datum.attnPath !== undefined) !== isStructured) {
    return 'must have both position and path ids or neither, as the first one';
  }
  for (const ids of [datum.tokens, datum.targets, ...structure]) {
    if (ids!.length !== length) return `has ${length} tokens and ${ids!.length} targets, positions or path ids`;
    if (!ids!.every((id) => Number.isSafeInteger(id) && id >= 0)) return 'has an id that is no non-negative integer';
  }
  if (purpose === 'forward') return datum.weights === undefined ? null : findFloatFault(datum, 'weights');
  const extra: readonly FloatKey[] = datum.rolloutLogprobs === undefined ? [] : ['rolloutLogprobs'];
  const keys: readonly FloatKey[] = purpose === 'cross_entropy' ? ['weights'] : [...extra, 'logprobs', 'advantages'];
  for (const key of keys) {
    const fault = findFloatFault(datum, key);
    if (fault !== null) return fault;
  }
  const lossKey = keys.at(-1)!;
  return datum[lossKey]!.some((value) => value !== 0) ? null : `has ${lossKey} 0 everywhere: nothing to learn from`;
}

function findFloatFault(datum: Datum, key: FloatKey): string | null {
  const values = datum[key];
  if (values === undefined) return `has no ${key}`;
  if (values.length !== datum.tokens.length) return `has ${datum.tokens.length} tokens and ${values.length} ${key}`;
  const wrong = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  return wrong < 0 ? null : `has ${key} ${values[wrong]} at position ${wrong}`;
}
