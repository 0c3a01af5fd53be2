import type { Datum, LossSpec } from '../../../src/core/datum.ts';

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
  /** Both ratio thresholds with ppo and cispo: the servers' defaults differ. Else empty. */
  readonly lossConfig: Readonly<Record<string, number>>;
}

export function int64(name: string, data: readonly number[]): WireTensor {
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
  if (loss.kind !== 'ppo' && loss.kind !== 'cispo') return {};
  return { clip_low_threshold: loss.clipLow, clip_high_threshold: loss.clipHigh };
}
