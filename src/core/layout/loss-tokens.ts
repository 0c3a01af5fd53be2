import { flattenResponse, type Origin, type Trajectory } from '../trajectory.ts';

/**
 * What the trainer is asked to do with a trajectory. Numbers are final: the caller puts its
 * normalisation (for instance one over the loss tokens of the batch) into `scale`.
 */
export type DatumPayload =
  | {
      readonly kind: 'sft';
      /** Loss weight of each loss token. */
      readonly scale: number;
      /** False puts loss on injected tokens too, as the reference does. Default true. */
      readonly maskInserted?: boolean;
    }
  | {
      readonly kind: 'rl';
      readonly advantage: number;
      /** Factor of the advantage at each loss token. */
      readonly scale: number;
    };

/** Tokens of a response with what the loss needs to know of each; parallel arrays. */
export interface ScoredTokens {
  readonly ids: number[];
  readonly hasLoss: boolean[];
  /** Sampler log-prob, 0 where there is none. */
  readonly logprobs: number[];
  readonly segmentIndex: number[];
}

/**
 * Marks the loss tokens of a response. SFT: teacher and policy tokens, with `maskInserted: false`
 * injected ones too. RL: policy tokens whose log-prob is known (a stop token the adapter had to
 * restore has none).
 */
export function markLossTokens(trajectory: Trajectory, payload: DatumPayload): ScoredTokens {
  const flat = flattenResponse(trajectory);
  const hasLoss = flat.ids.map((_, i) => hasLossAt(payload, flat.origins[i]!, flat.logprobs[i]!));
  const logprobs = flat.logprobs.map((value) => (Number.isFinite(value) ? value : 0));
  return { ids: flat.ids, hasLoss, logprobs, segmentIndex: flat.segmentIndex };
}

function hasLossAt(payload: DatumPayload, origin: Origin, logprob: number): boolean {
  if (payload.kind === 'rl') return origin === 'policy' && Number.isFinite(logprob);
  if (origin === 'injected') return payload.maskInserted === false;
  return origin === 'teacher' || origin === 'policy';
}

/** Number of loss tokens of a trajectory; the same in every layout. */
export function countLossTokens(trajectory: Trajectory, kind: DatumPayload['kind'], maskInserted = true): number {
  const payload: DatumPayload = kind === 'sft' ? { kind, scale: 1, maskInserted } : { kind, advantage: 1, scale: 1 };
  return markLossTokens(trajectory, payload).hasLoss.filter(Boolean).length;
}
