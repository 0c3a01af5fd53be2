import type { AdamSettings, Datum, LossSpec } from '../core/datum.ts';
import type { RetryCounts } from '../core/retry.ts';

/** The trainer endpoint as the pipeline sees it. The loss is a plain sum over datums and positions. */

export interface TrainerCapabilities {
  /** `structured_attention/1` is advertised and passed the probe. */
  readonly structuredAttention: boolean;
}

export interface ForwardResult {
  /** Log-probs of the targets before the update, one array of length N per datum; null where the server strips them. */
  readonly logprobs: readonly (readonly number[] | null)[];
  /** Server metrics with their reduction suffix (`loss:sum`). */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ModelSpec {
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
}

/** A state the trainer saved: weights and optimiser moments. */
export interface SavedState {
  /** Opaque to the pipeline; goes back to `openModel` as `from.path`. */
  readonly path: string;
}

/** Weights saved for sampling. */
export interface SamplerWeights {
  readonly path: string;
  /** What `Engine.loadWeights` must be given: the same path, or a directory the adapter unpacked. */
  readonly location: string;
}

/**
 * One trainer endpoint with at most one open model. Operations are submitted in call order. Every
 * method rejects with `TrainerError`, or with the signal's reason when aborted. After a rejected
 * operation gradients may be partial: the caller opens the model again from a saved state.
 */
export interface Trainer {
  readonly url: string;
  readonly capabilities: TrainerCapabilities;
  /**
   * Opens a model, fresh or from a saved state, and closes the one that was open. With
   * `optimizer: false` moments and step count start at zero.
   */
  openModel(
    spec: ModelSpec,
    from: { readonly path: string; readonly optimizer: boolean } | null,
    signal?: AbortSignal,
  ): Promise<void>;
  forward(data: readonly Datum[], signal?: AbortSignal): Promise<ForwardResult>;
  /** Adds the gradient of the summed loss. Large batches are sent in chunks, in order. */
  forwardBackward(data: readonly Datum[], loss: LossSpec, signal?: AbortSignal): Promise<ForwardResult>;
  /** Applies the accumulated gradient and clears it. */
  optimStep(adam: AdamSettings, signal?: AbortSignal): Promise<Readonly<Record<string, number>>>;
  saveState(name: string, signal?: AbortSignal): Promise<SavedState>;
  saveForSampler(name: string, signal?: AbortSignal): Promise<SamplerWeights>;
  /** Deletes a saved state or sampler weights; succeeds when it is already gone. */
  deleteSaved(path: string, signal?: AbortSignal): Promise<void>;
  /** Requests that were sent again since the trainer was opened, by cause. */
  retries(): RetryCounts;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One submitted trainer operation, written before it goes out so that a crash can be told from a refusal. */
export interface TrainerRequestRecord {
  readonly modelId: string;
  readonly seqId: number;
  readonly operation: string;
  /** SHA-256 of the request body, hex. */
  readonly payloadHash: string;
}

/** Where the trainer adapter records its requests (the run store). */
export interface TrainerRequestLog {
  submitting(record: TrainerRequestRecord): void;
  acknowledged(record: TrainerRequestRecord, requestId: string): void;
  finished(record: TrainerRequestRecord, outcome: 'done' | 'failed', message: string | null): void;
}
