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
  /** Rank of the LoRA adapter that is trained; 0: all weights of the model are. */
  readonly rank: number;
  readonly seed: number;
}

/** What a run will ask of its trainer; known before anything is paid for. */
export interface TrainerNeeds {
  readonly model: ModelSpec;
  /** The loss of every training stage, with the id of the stage. */
  readonly losses: readonly { readonly stageId: string; readonly loss: LossSpec['kind'] }[];
}

/** Something a run needs and its trainer has not. */
export interface TrainerLack {
  /** The key of the configuration that asks for it: `stages.rl.loss`, `trainer.lora.rank`. */
  readonly key: string;
  /** What is lacking, and what to do. */
  readonly message: string;
}

/** A state the trainer saved: weights and optimizer moments. */
export interface SavedState {
  /** Opaque to the pipeline; goes back to `openModel` as `from.path`. */
  readonly path: string;
}

/** What lies in a folder of weights, told by its files. */
export interface FoundWeights {
  /** A LoRA adapter, to be loaded beside its base model; or a whole model. */
  readonly kind: 'adapter' | 'model';
  /** Its files, relative to the folder, sorted. */
  readonly files: readonly string[];
}

/** Weights saved for sampling. */
export interface SamplerWeights {
  readonly path: string;
  /** What `Engine.loadWeights` must be given: the same path, or a folder on a disk that this process sees too. */
  readonly location: string;
  /** What was found in that folder; null where the location is the trainer's path, which only servers can follow. */
  readonly found: FoundWeights | null;
}

/**
 * One trainer endpoint with at most one open model. Operations are submitted in call order. Every
 * method rejects with `TrainerError`, or with the signal's reason when aborted. After a rejected
 * operation gradients may be partial: the caller opens the model again from a saved state.
 */
export interface Trainer {
  readonly url: string;
  /** Names of the base models that the server says it trains; absent where nobody asked it. */
  readonly baseModels?: readonly string[];
  readonly capabilities: TrainerCapabilities;
  /**
   * The first thing that a run needs and this trainer is known to lack; null when nothing is known to be missing. What a
   * server tells only of an open model is known once one was opened.
   */
  findLack(needs: TrainerNeeds): TrainerLack | null;
  /**
   * Opens a model, fresh or from a saved state, and closes the one that was open. With
   * `optimizer: false` moments and step count start at zero. Models that earlier processes of this run left behind are
   * unloaded first; for a server without a free place it waits as long as it was told to.
   */
  openModel(
    spec: ModelSpec,
    from: { readonly path: string; readonly optimizer: boolean } | null,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Closes the open model and gives its place at the server free; nothing where none is open. Saved states stay. */
  closeModel(signal?: AbortSignal): Promise<void>;
  forward(data: readonly Datum[], signal?: AbortSignal): Promise<ForwardResult>;
  /** Adds the gradient of the summed loss. Large batches are sent in chunks, in order. */
  forwardBackward(data: readonly Datum[], loss: LossSpec, signal?: AbortSignal): Promise<ForwardResult>;
  /** Applies the accumulated gradient and clears it. */
  optimStep(adam: AdamSettings, signal?: AbortSignal): Promise<Readonly<Record<string, number>>>;
  /** The path that a save under this name will have. Throws `TrainerError` when no model is open. */
  pathOf(kind: 'state' | 'sampler', name: string): string;
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

/** Where the trainer adapter records its requests and its models, and reads what earlier processes left (the run store). */
export interface TrainerRequestLog {
  submitting(record: TrainerRequestRecord): void;
  acknowledged(record: TrainerRequestRecord, requestId: string): void;
  finished(record: TrainerRequestRecord, outcome: 'done' | 'failed', message: string | null): void;
  /** A model takes a place at the server for this run. */
  modelOpened(modelId: string): void;
  /** It takes none any more. */
  modelClosed(modelId: string): void;
  /** Models of this run that are not known to be closed, oldest first; earlier processes' too. */
  listOpenModels(): readonly string[];
  /** Paths of what the run saved and has not deleted. */
  listSavedPaths(): readonly string[];
}
