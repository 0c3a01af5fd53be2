/**
 * What the two protocol faces need from the tiny transformer. Implemented by `open-embedded-lm.ts`
 * on wasm kernels and worker threads; the faces never see a weight.
 */
import type { AdamSettings, TokenLoss } from '../../../src/core/datum.ts';

/** Sizes of the transformer. `vocab` is padded to a multiple of 8, ids from `usedVocab` on never occur. */
export interface ModelShape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  readonly vocab: number;
  readonly usedVocab: number;
  /** Positions of one sequence, prompt and completion together. */
  readonly maxLength: number;
}

/** The shape that the embedded server opens: about 0.16 million parameters. */
export const DEFAULT_SHAPE: ModelShape = {
  width: 64,
  layers: 3,
  heads: 4,
  hidden: 256,
  vocab: 64,
  usedVocab: 53,
  maxLength: 160,
};

/** One sequence to score: N tokens, N targets, optionally positions and path ids (`structured_attention/1`). */
export interface ScoreSequence {
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
  readonly positionIds?: readonly number[];
  readonly attnPath?: readonly number[];
}

/** A sequence with what its loss needs: `weights`, or `logprobs` and `advantages`; length N each. */
export interface LossSequence extends ScoreSequence {
  readonly weights?: readonly number[];
  readonly logprobs?: readonly number[];
  readonly advantages?: readonly number[];
}

/** What scoring a batch gives. */
export interface ScoreResult {
  /** Log-prob of every target before any update. */
  readonly logprobs: readonly Float32Array[];
  /** Loss summed over sequences and positions. */
  readonly lossSum: number;
}

/** A request for `n` completions of one prompt. */
export interface SampleRequest {
  /** Name of a published snapshot. */
  readonly snapshot: string;
  readonly prompt: readonly number[];
  readonly n: number;
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** Choice i draws from a stream derived from (seed, i) and does not depend on n. */
  readonly seed: number;
  readonly stopTokenIds: readonly number[];
  /** Positions and path ids of the prompt tokens; decoding goes on at the largest position + 1, path 0. */
  readonly positionIds?: readonly number[];
  readonly attnPath?: readonly number[];
}

/** One completion. */
export interface SampleChoice {
  /** Includes the stop token that ended it. */
  readonly ids: readonly number[];
  /** Raw log-probs (temperature 1) of `ids`. */
  readonly logprobs: readonly number[];
  readonly finish: 'stop' | 'length';
  /** Prompt tokens whose keys and values were reused. */
  readonly cachedTokens: number;
}

/** Weights and optimizer moments of a trainable model, in the order of its parameter layout. */
export interface ModelState {
  readonly weights: Float32Array;
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
  /** Optimizer steps taken since the moments were last reset. */
  readonly step: number;
}

/**
 * The transformer with its trainer and sampler. Calls may overlap; training calls on one model run
 * in call order. Everything is deterministic in (shape, seeds, call order per model): the number of
 * threads, the other requests in a batch and cache hits change no bit.
 */
export interface EmbeddedLm {
  readonly shape: ModelShape;
  readonly parameterCount: number;
  /** Creates a trainable model from a seed. At most `maxModels` at once. */
  createModel(seed: number): string;
  dropModel(model: string): void;
  forward(model: string, sequences: readonly ScoreSequence[]): Promise<ScoreResult>;
  /** Adds to the model's gradient. */
  forwardBackward(model: string, sequences: readonly LossSequence[], loss: TokenLoss): Promise<ScoreResult>;
  /** Clips by global norm, applies AdamW, clears the gradient. */
  optimStep(model: string, adam: AdamSettings): Promise<{ readonly gradNorm: number }>;
  exportState(model: string): Promise<ModelState>;
  importState(model: string, state: ModelState, optimizer: boolean): Promise<void>;
  /** Makes a copy of these weights available for sampling under a name. */
  publish(snapshot: string, weights: Float32Array): Promise<void>;
  unpublish(snapshot: string): void;
  /** Resolves with n choices, or rejects with the signal's reason; an aborted request frees its slot. */
  sample(request: SampleRequest, signal?: AbortSignal): Promise<SampleChoice[]>;
  /** Numbers for /metrics. */
  stats(): {
    readonly running: number;
    readonly waiting: number;
    readonly kvUsage: number;
    readonly promptTokens: number;
    readonly generatedTokens: number;
    readonly cachedTokens: number;
  };
  /** Rejects everything pending, ends the workers, leaves no handle. */
  close(): Promise<void>;
}

/** Thrown for a request the model cannot serve: the message says which limit and by how much. */
export class EmbeddedLmError extends Error {
  readonly code:
    | 'too_long'
    | 'unknown_token'
    | 'unknown_model'
    | 'unknown_snapshot'
    | 'capacity'
    | 'bad_request'
    | 'closed';

  constructor(code: EmbeddedLmError['code'], message: string) {
    super(message);
    this.name = 'EmbeddedLmError';
    this.code = code;
  }
}
