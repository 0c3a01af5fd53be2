/**
 * A server as three numbers and a cache: decoding is memory-bound, so parallel paths decode as fast as one; prompts are
 * computed at one rate; every call costs a fixed time. Queues and other load are ignored.
 */
export interface LatencyModel {
  /** Milliseconds per generated token, of one path and of many side by side. */
  readonly decodeMs: number;
  /** Prompt tokens computed per second. */
  readonly prefillPerSecond: number;
  /** Milliseconds a call costs beside its tokens. */
  readonly callMs: number;
  /** Tokens per block of the prefix cache; null: nothing is cached, every call computes its whole prompt. */
  readonly cacheBlock: number | null;
}

/** Decoding as measured for Multiverse; prefill, call and block of an ordinary vLLM. */
export const DEFAULT_LATENCY_MODEL: LatencyModel = {
  decodeMs: 15.43,
  prefillPerSecond: 10_000,
  callMs: 10,
  cacheBlock: 16,
};

/**
 * Tokens of a prompt that need not be computed, where its first `seen` tokens were the prompt or output of an
 * earlier call: whole blocks only, and the last of those tokens was sampled but never computed.
 */
export function countCachedTokens({ cacheBlock }: LatencyModel, seen: number): number {
  if (cacheBlock === null || seen < 1) return 0;
  return cacheBlock * Math.floor((seen - 1) / cacheBlock);
}

/** Milliseconds that computing prompt tokens takes. */
export function computePrefillMs({ prefillPerSecond }: LatencyModel, tokens: number): number {
  return (1000 * tokens) / prefillPerSecond;
}
