import { EngineError } from '../../../src/errors.ts';
import type { Completion, CompletionRequest } from '../../../src/ports/engine.ts';
import { Deadline } from '../wire/deadline.ts';
import { readJson, toJsonBody } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import { retrieveFuture } from '../wire/retrieve-future.ts';
import type { TrainerIo } from '../wire/send-patiently.ts';
import { sampleResultSchema, submittedSchema } from '../wire/wire-schemas.ts';
import { nameRequest, toEngineError, toStatusError } from './engine-failure.ts';
import type { SamplerSource } from './sampler-versions.ts';

/** Path below `api/v1/`, and name of the operation. */
export const SAMPLE_PATH = 'asample';

/** One sampled sequence: a completion without its text, which this protocol does not give. */
export type Sampled = Pick<Completion, 'ids' | 'logprobs' | 'finish'>;

export interface SampleCall {
  readonly io: TrainerIo;
  /** Longest wait for the result. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** `asample` and its future (protocols 2.9). Rejects with `EngineError` or the signal's reason; sends once. */
export async function sample(
  { io, timeoutMs, signal }: SampleCall,
  source: SamplerSource,
  request: CompletionRequest,
): Promise<Sampled[]> {
  const at = nameRequest(io.http, 'POST', SAMPLE_PATH);
  const deadline = new Deadline(io.clock, timeoutMs);
  try {
    const body = toJsonBody(toWireRequest(source, request));
    // A busy server says 429 instead of letting the request wait, so that the caller can send less.
    const headers = { 'x-tinker-sampling-backpressure': '1' };
    const reply = await io.http.send(SAMPLE_PATH, { body, headers, timeoutMs, signal });
    if (reply.status < 200 || reply.status > 299) throw toStatusError(at, reply);
    const { request_id: requestId } = parseReply(submittedSchema, readJson(reply, SAMPLE_PATH), SAMPLE_PATH);
    const future = { requestId, operation: SAMPLE_PATH, what: SAMPLE_PATH, acceptsProtobuf: false, deadline, signal };
    const result = await retrieveFuture(io, future);
    return readSampled(at, result.codec === 'json' ? result.value : null, request.n);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (!deadline.isOver) throw toEngineError(io.http, at, error);
    const message = `${at}: no answer within ${timeoutMs} ms: raise engine.timeoutSeconds, or ask for fewer tokens`;
    throw new EngineError(message, { cause: error, retryable: true, timedOut: true });
  }
}

/** Servers differ in what they take for left out, so that everything is named; `stop` must not be an empty list. */
function toWireRequest(source: SamplerSource, request: CompletionRequest) {
  const { maxTokens, temperature, topP, seed, stopTokenIds } = request;
  const stop = stopTokenIds.length === 0 ? {} : { stop: stopTokenIds };
  return {
    ...source,
    num_samples: request.n,
    prompt: { chunks: [{ type: 'encoded_text', tokens: request.prompt }] },
    sampling_params: { max_tokens: maxTokens, temperature, top_p: topP, top_k: -1, seed, ...stop },
  };
}

function readSampled(at: string, value: unknown, n: number): Sampled[] {
  const { sequences } = parseReply(sampleResultSchema, value, SAMPLE_PATH);
  if (sequences.length !== n) throw new EngineError(`${at}: expected ${n} sequences, got ${sequences.length}`);
  return sequences.map(({ stop_reason: finish, tokens: ids, logprobs }, index) => {
    if (ids.length === logprobs.length) return { ids, logprobs, finish };
    throw new EngineError(`${at}: sequences[${index}] has ${ids.length} token ids but ${logprobs.length} log-probs`);
  });
}
