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
  /** Old log-prob per target (RL losses only): the sampler's, unless `rolloutLogprobs` holds those; 0 on masked positions. */
  readonly logprobs?: readonly number[];
  /**
   * Sampler log-prob per target, beside old log-probs that the trainer computed itself; 0 on masked positions. Sent to
   * trainers that correct for the difference, and to no others.
   */
  readonly rolloutLogprobs?: readonly number[];
  /** Advantage per target (RL losses only), already normalised; 0 masks the position. */
  readonly advantages?: readonly number[];
  /** RoPE position per input token (`structured_attention/1`). */
  readonly positionIds?: readonly number[];
  /** `(block << 16) | path` per input token, 0 on the trunk (`structured_attention/1`). */
  readonly attnPath?: readonly number[];
}

/** A loss that is a sum over positions, each judged by itself. Clip thresholds bound the ratio (0.8, 1.2), not an epsilon. */
export type TokenLoss =
  | { readonly kind: 'cross_entropy' }
  | { readonly kind: 'importance_sampling' }
  | { readonly kind: 'ppo' | 'cispo'; readonly clipLow: number; readonly clipHigh: number };

/**
 * The loss asked of the trainer. `gspo` takes one ratio for a whole sequence, the geometric mean over its trained
 * positions; `dppo` drops a position whose probability moved by more than its threshold; `dro` adds half of `beta` times
 * the squared log-ratio.
 */
export type LossSpec =
  | TokenLoss
  | { readonly kind: 'gspo'; readonly clipLow: number; readonly clipHigh: number }
  | { readonly kind: 'dppo'; readonly deltaLow: number; readonly deltaHigh: number }
  | { readonly kind: 'dro'; readonly beta: number };

/** AdamW settings of one optimizer step (decoupled decay). `clipNorm` 0 means no clipping. */
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
