import { ENGINE_KINDS } from '../../../src/core/engine-kinds.ts';
import { EngineError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ChatRequest, Completion, CompletionRequest, Engine, EngineModel } from '../../../src/ports/engine.ts';
import { PROTOCOL_VERSION } from '../trainer/session.ts';
import { exchangeKey } from '../wire/exchange-key.ts';
import { readJson, TrainerHttp, toJsonBody, type WireBody } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import type { TrainerIo } from '../wire/send-patiently.ts';
import { capabilitiesSchema, clientConfigSchema } from '../wire/wire-schemas.ts';
import { EndTokens } from './end-tokens.ts';
import { nameRequest, toEngineError, toStatusError } from './engine-failure.ts';
import { SAMPLE_PATH, type Sampled, sample } from './sample.ts';
import { SamplerVersions } from './sampler-versions.ts';

/** Turns text into ids and back: the part of an engine that the Tinker API lacks. */
export type Tokenizer = Pick<Engine, 'tokenize' | 'detokenize' | 'checkHealth' | typeof Symbol.asyncDispose>;

export interface TinkerEngineOptions {
  /** The server, with or without `/api/v1`. */
  readonly url: string;
  /** Base model, as this server and the tokenizer's name it. */
  readonly model: string;
  /** It must be the model's own; it is asked for `model`, whatever weights are sampled from. Closed with the engine. */
  readonly tokenizer: Tokenizer;
  /** Longest one call may take. */
  readonly timeoutMs: number;
  /** Texts that end a sequence: not part of a chat answer. */
  readonly eosTexts: readonly string[];
  readonly clock: Clock;
  /** Sent as `X-API-Key`. */
  readonly apiKey?: string;
}

/**
 * Sampling by the Tinker API (protocols 2.9). A weights version is a name for a sampler path, kept here. Nothing is
 * connected yet, and no call is repeated. Throws `TrainerError` for a URL it cannot use.
 */
export function createTinkerEngine(options: TinkerEngineOptions): Engine {
  const { model, tokenizer, timeoutMs, eosTexts, clock, apiKey } = options;
  const http = new TrainerHttp(options.url, apiKey ?? null);
  const io: TrainerIo = { http, clock, connectionAttempts: 1 };
  const versions = new SamplerVersions();
  const ends = new EndTokens(tokenizer, model, eosTexts);
  const prepare = prepareOnce(http, apiKey);
  const draw = async (request: CompletionRequest, signal?: AbortSignal) => {
    await prepare(signal);
    return sample({ io, timeoutMs, signal }, versions.find(request.model), request);
  };
  const addTexts = (sampled: readonly Sampled[], signal?: AbortSignal): Promise<Completion[]> =>
    Promise.all(
      sampled.map(async (one) => {
        const text = await tokenizer.detokenize(model, one.ids, signal);
        return { ...one, text, cachedTokens: null };
      }),
    );
  const complete = async (request: CompletionRequest, signal?: AbortSignal) => {
    const sampled = await draw(request, signal);
    await ends.check(nameRequest(http, 'POST', SAMPLE_PATH), sampled, request.stopTokenIds, signal);
    return addTexts(sampled, signal);
  };
  return {
    kind: 'tinker',
    url: http.url,
    capabilities: ENGINE_KINDS.tinker,
    complete,
    chat: async ({ prompt: userMessage, ...request }: ChatRequest, signal) => {
      const prompt = await tokenizer.tokenize({ model, input: { userMessage } }, signal);
      const sampled = await draw({ ...request, prompt, stopTokenIds: [] }, signal);
      const completions = await addTexts(sampled, signal);
      return completions.map(({ text, finish, ids }) => ({
        content: dropEnd(text, eosTexts),
        reasoning: null,
        finish,
        promptTokens: prompt.length,
        completionTokens: ids.length,
      }));
    },
    tokenize: ({ input }, signal) => tokenizer.tokenize({ model, input }, signal),
    detokenize: (_model, ids, signal) => tokenizer.detokenize(model, ids, signal),
    listModels: async (signal) => {
      await prepare(signal);
      const served = await listServed(http, signal);
      const maxLength = served.find(({ id }) => id === model)?.maxLength ?? null;
      return [...served, ...versions.names.map((id) => ({ id, maxLength, parent: model }))];
    },
    loadWeights: async (version, location) => versions.add(version, location),
    unloadWeights: async (version) => versions.forget(version),
    checkHealth: async (signal) => {
      await Promise.all([ask(http, 'healthz', undefined, signal), tokenizer.checkHealth(signal)]);
      return { version: null };
    },
    [Symbol.asyncDispose]: async () => {
      await http.close();
      await tokenizer[Symbol.asyncDispose]();
    },
  };
}

/** Where the server wants the key exchanged, that is done before the first call that needs it. */
function prepareOnce(http: TrainerHttp, apiKey: string | undefined): (signal?: AbortSignal) => Promise<void> {
  let isReady = apiKey === undefined;
  return async (signal) => {
    if (isReady || apiKey === undefined) return;
    const path = 'client/config';
    const answer = await ask(http, path, toJsonBody({ sdk_version: PROTOCOL_VERSION }), signal);
    try {
      if (parseReply(clientConfigSchema, answer, path).pjwt_auth_enabled === true) await exchangeKey(http, apiKey);
    } catch (error) {
      throw toEngineError(http, nameRequest(http, 'POST', path), error);
    }
    isReady = true;
  };
}

async function listServed(http: TrainerHttp, signal: AbortSignal | undefined): Promise<EngineModel[]> {
  const path = 'get_server_capabilities';
  const answer = await ask(http, path, undefined, signal);
  try {
    const { supported_models: models } = parseReply(capabilitiesSchema, answer, path);
    return models.flatMap(({ model_name: id, max_context_length: maxLength }) =>
      id == null ? [] : [{ id, maxLength: maxLength ?? null, parent: null }],
    );
  } catch (error) {
    throw toEngineError(http, nameRequest(http, 'GET', path), error);
  }
}

/** The JSON of one request, sent once. Rejects with `EngineError` or the signal's reason. */
async function ask(
  http: TrainerHttp,
  path: string,
  body: WireBody | undefined,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const at = nameRequest(http, body === undefined ? 'GET' : 'POST', path);
  try {
    const reply = await http.send(path, { ...(body === undefined ? {} : { body }), signal });
    if (reply.status < 200 || reply.status > 299) throw toStatusError(at, reply);
    return readJson(reply, path);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof EngineError ? error : toEngineError(http, at, error);
  }
}

function dropEnd(text: string, eosTexts: readonly string[]): string {
  const end = eosTexts.find((eos) => text.endsWith(eos));
  return end === undefined ? text : text.slice(0, -end.length);
}
