import { failAt, type Site } from '../../../src/edge/http-failure.ts';
import { type Malformed, readFields, unpackNumbers } from '../../../src/edge/protobuf.ts';
import { EngineError } from '../../../src/errors.ts';
import type { Completion, CompletionRequest, Engine } from '../../../src/ports/engine.ts';
import { Deadline, retrieveFuture, type TrainerIo } from '../wire/patience.ts';
import { parseFields, readJson, type TrainerHttp, toJsonBody } from '../wire/trainer-http.ts';
import { sampleResultSchema, submittedSchema } from '../wire/wire-schemas.ts';

/** `stop_reason` of the protobuf answer. */
const STOPPED_BY_LENGTH = 1;

/** Path below `api/v1/`, and name of the operation. */
const SAMPLE_PATH = 'asample';

/** One sampled sequence: a completion without its text, which this protocol does not give. */
export type Sampled = Pick<Completion, 'ids' | 'logprobs' | 'finish'>;

/** What one sampling call names its weights by. */
export type SamplerSource = { readonly model_path: string } | { readonly base_model: string };

export interface SampleCall {
  readonly io: TrainerIo;
  /** Longest wait for the result. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** `asample` and its future. Rejects with `EngineError` or the signal's reason; sends once. */
export async function sample(
  { io, timeoutMs, signal }: SampleCall,
  source: SamplerSource,
  request: CompletionRequest,
): Promise<Sampled[]> {
  const deadline = new Deadline(io.clock, timeoutMs);
  try {
    const body = toJsonBody(toWireRequest(source, request));
    // A busy server says 429 instead of letting the request wait, so that the caller can send less.
    const headers = { 'x-tinker-sampling-backpressure': '1' };
    const reply = await io.http.send(SAMPLE_PATH, { body, headers, timeoutMs, signal });
    const { request_id: requestId } = parseFields(submittedSchema, readJson(reply), reply.site);
    const future = { requestId, operation: SAMPLE_PATH, what: SAMPLE_PATH, acceptsProtobuf: true, deadline, signal };
    const result = await retrieveFuture(io, future);
    const value = result.codec === 'json' ? result.value : decodeSampleResponse(result.bytes, result.site);
    return readSampled(result.site, value, request.n);
  } catch (error) {
    if (signal?.aborted || !deadline.isOver) throw error;
    const site = io.http.siteOf(SAMPLE_PATH);
    const text = `no answer within ${timeoutMs} ms: ${io.http.role.silenceAdvice}`;
    throw failAt(site, text, { cause: error, retryable: true, timedOut: true });
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

/** A protobuf `SampleResponse` in the form of its JSON twin: some servers send it whatever a client accepts. */
function decodeSampleResponse(bytes: Uint8Array, site: Site) {
  const malformed: Malformed = (detail) => failAt(site, `the protobuf answer is malformed: ${detail}`);
  const sequences = [...readFields(bytes, malformed)].filter(({ number }) => number === 1);
  return {
    sequences: sequences.map((sequence) => {
      let isLength = false;
      let tokens: number[] = [];
      let logprobs: number[] = [];
      for (const field of sequence.fields()) {
        // STOP is the default, and left out.
        if (field.number === 1) isLength = field.toNumber() === STOPPED_BY_LENGTH;
        else if (field.number === 2)
          tokens = unpackNumbers(field.toBytes(), 4, (view, at) => view.getInt32(at, true), malformed);
        else if (field.number === 3)
          logprobs = unpackNumbers(field.toBytes(), 4, (view, at) => view.getFloat32(at, true), malformed);
      }
      return { stop_reason: isLength ? 'length' : 'stop', tokens, logprobs };
    }),
  };
}

function readSampled(site: Site, value: unknown, n: number): Sampled[] {
  const { sequences } = parseFields(sampleResultSchema, value, site);
  if (sequences.length !== n) throw failAt(site, `expected ${n} sequences, got ${sequences.length}`);
  return sequences.map(({ stop_reason: finish, tokens: ids, logprobs }, index) => {
    if (ids.length === logprobs.length) return { ids, logprobs, finish };
    throw failAt(site, `sequences[${index}] has ${ids.length} token ids but ${logprobs.length} log-probs`);
  });
}

/**
 * Whether sequences that were stopped still hold what stopped them. The Tinker API does not tell which stop it
 * was, so that the last id is the only sign: a stop of the request, or an end of sequence of the model.
 */
export class EndTokens {
  readonly #tokenize: (text: string, signal: AbortSignal | undefined) => Promise<readonly number[]>;
  readonly #eosTexts: readonly string[];
  #eosIds: ReadonlySet<number> | null = null;

  constructor(tokenizer: Pick<Engine, 'tokenize'>, model: string, eosTexts: readonly string[]) {
    this.#tokenize = (text, signal) => tokenizer.tokenize({ model, input: { text } }, signal);
    this.#eosTexts = eosTexts;
  }

  /** Rejects with a final `EngineError` for a sequence whose stop was dropped: without it, it cannot be trained on. */
  async check(
    http: TrainerHttp,
    sampled: readonly Sampled[],
    stopTokenIds: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const [index, { ids, finish }] of sampled.entries()) {
      const last = ids.at(-1) ?? -1;
      if (finish !== 'stop' || stopTokenIds.includes(last)) continue;
      this.#eosIds ??= await this.#findEosIds(signal);
      if (this.#eosIds.has(last)) continue;
      throw failAt(
        http.siteOf(SAMPLE_PATH),
        `sequences[${index}] was stopped but ends with no stop token: the server drops them, or engine.eosTokens lacks this model's end of sequence`,
      );
    }
  }

  /** Texts that the tokenizer does not know as one token end nothing. */
  async #findEosIds(signal: AbortSignal | undefined): Promise<ReadonlySet<number>> {
    const found = new Set<number>();
    for (const text of this.#eosTexts) {
      const ids = await this.#tokenize(text, signal).catch((error: unknown) => {
        if (error instanceof EngineError && !error.retryable) return [];
        throw error;
      });
      if (ids.length === 1) found.add(ids[0]!);
    }
    return found;
  }
}
