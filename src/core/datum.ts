/**
 * One training example as the trainer sees it. With `full` the token ids of a sequence:
 * `tokens = full[0..-2]`, `targets = full[1..]`; every array has length N = full.length - 1 and
 * position i scores token i + 1 of the sequence. Source: Tinker API, docs/data-flow.md.
 */
export interface Datum {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
  /** Loss weight per target (cross entropy only), already normalised: the trainer sums. */
  readonly weights?: readonly number[];
  /** Sampler log-prob per target (RL losses only); 0 on masked positions. */
  readonly logprobs?: readonly number[];
  /** Advantage per target (RL losses only), already normalised; 0 masks the position. */
  readonly advantages?: readonly number[];
  /** RoPE position per input token (`structured_attention/1`). */
  readonly positionIds?: readonly number[];
  /** `(block << 16) | path` per input token, 0 on the trunk (`structured_attention/1`). */
  readonly attnPath?: readonly number[];
}

/** The loss asked of the trainer. Thresholds bound the ratio itself (0.8, 1.2), not an epsilon. */
export type LossSpec =
  | { readonly kind: 'cross_entropy' }
  | { readonly kind: 'importance_sampling' }
  | { readonly kind: 'ppo' | 'cispo'; readonly clipLow: number; readonly clipHigh: number };

/** AdamW settings of one optimiser step (decoupled decay). `clipNorm` 0 means no clipping. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/** The datum without what a loss reads: for log-probs alone. */
export function toForwardDatum({ tokens, targets, positionIds, attnPath }: Datum): Datum {
  return { tokens, targets, ...(positionIds && { positionIds }), ...(attnPath && { attnPath }) };
}
