/** The inference server as the pipeline sees it: token ids in, token ids and log-probs out. */

export interface EngineCapabilities {
  /** Prompts may be token ids, completions carry token ids and sampled log-probs: what RL needs. */
  readonly tokenIds: boolean;
  /** Weights can be handed over while the server runs, under a unique name per version. */
  readonly loadWeights: boolean;
  /** Text can be turned into ids and back. Without `tokenIds` the ids are the adapter's own, for pieces of text, and not the model's. */
  readonly tokenize: boolean;
  /** Its tokenizer takes every text, and no token is less than a byte: byte-level and byte-fallback vocabularies. */
  readonly anyText: boolean;
}

export interface CompletionRequest {
  /** Name the server knows the weights by: the base model, or a loaded weights version. */
  readonly model: string;
  readonly prompt: readonly number[];
  /** Choices wanted; choice i must not depend on n. */
  readonly n: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  /** 31-bit seed of the whole request. */
  readonly seed: number;
  readonly stopTokenIds: readonly number[];
  /**
   * Calls with an equal key begin with the same tokens: where there are several endpoints, they belong on the one
   * that holds this prefix. It is not sent and changes no answer.
   */
  readonly prefixKey?: string;
}

/** What one choice returned. `ids` includes the stop token when one ended it (EOS included). */
export interface Completion {
  readonly ids: readonly number[];
  /** Text of `ids`, special tokens and the stop token kept. */
  readonly text: string;
  /** Raw log-prob of each id; same length. NaN where `retokenised`. */
  readonly logprobs: readonly number[];
  /** `abort`: the server gave up, or does not say that it is complete. */
  readonly finish: 'stop' | 'length' | 'abort';
  readonly cachedTokens: number | null;
  /** The server returned text, and `ids` were made from it afterwards: they must not be trained on. Absent: they are the server's own. */
  readonly retokenised?: true;
}

export interface ChatRequest {
  readonly model: string;
  readonly prompt: string;
  readonly n: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

export interface ChatCompletion {
  readonly content: string;
  /** Separate reasoning channel, when the server splits it off. */
  readonly reasoning: string | null;
  /** `stop`: it is complete; `length`: it was cut at the limit; any other word says why there is no complete answer. */
  readonly finish: string;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

export interface TokenizeRequest {
  readonly model: string;
  /** Plain text, or one user message put through the chat template with the generation prompt. */
  readonly input: { readonly text: string } | { readonly userMessage: string };
}

export interface EngineModel {
  readonly id: string;
  readonly maxLength: number | null;
  /** Base model of a loaded adapter; null for the base itself. */
  readonly parent: string | null;
}

/** How busy a server is; with several endpoints, the busiest of them. */
export interface EngineLoad {
  /** Requests being computed; null when not told. */
  readonly running: number | null;
  /** Requests that wait for a place at the server. */
  readonly waiting: number;
  /** Share of the KV cache in use, 0 to 1; null when not told. */
  readonly kvCacheUsed: number | null;
  /** Requests whose cache was taken away, since the server began; null when not told. */
  readonly preemptions: number | null;
}

/** One endpoint of an engine that has several. */
export interface EndpointStatus {
  readonly url: string;
  /** Calls are sent there. */
  readonly isUp: boolean;
  /** Why not; null while it is up. */
  readonly reason: string | null;
}

/**
 * One inference endpoint, or several that serve the same model. Every method rejects with `EngineError` (`retryable` says
 * whether a repetition may help), or with the signal's reason when aborted; nothing is repeated inside.
 */
export interface Engine {
  readonly kind: string;
  readonly url: string;
  readonly capabilities: EngineCapabilities;
  /** Returns exactly `n` completions in choice order, or rejects. */
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion[]>;
  /** Returns exactly `n` chat completions, or rejects. */
  chat(request: ChatRequest, signal?: AbortSignal): Promise<ChatCompletion[]>;
  tokenize(request: TokenizeRequest, signal?: AbortSignal): Promise<number[]>;
  detokenize(model: string, ids: readonly number[], signal?: AbortSignal): Promise<string>;
  listModels(signal?: AbortSignal): Promise<EngineModel[]>;
  /** Makes `location` (a path or URI the server can read) available as model `version`. Idempotent for the same pair. */
  loadWeights(version: string, location: string, signal?: AbortSignal): Promise<void>;
  /** Forgets a version; succeeds when it is already gone. */
  unloadWeights(version: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when the server answers its health check. */
  checkHealth(signal?: AbortSignal): Promise<{ readonly version: string | null }>;
  /** What the server tells of its load; null when it tells none. Absent where no such server is known to. */
  readLoad?(signal?: AbortSignal): Promise<EngineLoad | null>;
  /**
   * Rows of the output matrix of `model` for these tokens, in their order: of the base where it is an adapter. Null where
   * its files do not lie before this process. Absent where no such server tells where they lie.
   */
  readOutputRows?(model: string, ids: readonly number[], signal?: AbortSignal): Promise<readonly Float32Array[] | null>;
  /** The endpoints as last seen, without asking any. Absent where there is one. */
  listEndpoints?(): readonly EndpointStatus[];
  [Symbol.asyncDispose](): Promise<void>;
}
