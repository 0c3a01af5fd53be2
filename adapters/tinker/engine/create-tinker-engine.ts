import { ENGINE_KINDS } from '../../../src/core/engine-kinds.ts';
import { RetryTally } from '../../../src/core/retry.ts';
import { EngineError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ChatRequest, Completion, CompletionRequest, Engine, EngineModel } from '../../../src/ports/engine.ts';
import { PROTOCOL_VERSION } from '../trainer/session.ts';
import type { TrainerIo } from '../wire/patience.ts';
import {
  ENGINE_ROLE,
  parseCheckpointPath,
  parseFields,
  readJson,
  TrainerHttp,
  toJsonBody,
} from '../wire/trainer-http.ts';
import { capabilitiesSchema, clientConfigSchema } from '../wire/wire-schemas.ts';
import { EndTokens, type Sampled, type SamplerSource, sample } from './sample.ts';

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
 * Sampling by the Tinker API. A weights version is a name for a sampler path, kept here. Nothing is connected yet. No call
 * is repeated, but the result of an accepted one is polled until it is there. Throws `EngineError` for a URL it cannot
 * use.
 */
export function createTinkerEngine(options: TinkerEngineOptions): Engine {
  const { model, tokenizer, timeoutMs, eosTexts, clock, apiKey } = options;
  const http = new TrainerHttp(options.url, apiKey ?? null, ENGINE_ROLE);
  const io: TrainerIo = { http, clock, connectionTries: 1, tally: new RetryTally() };
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
    await ends.check(http, sampled, request.stopTokenIds, signal);
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
      await Promise.all([http.send('healthz', { signal }), tokenizer.checkHealth(signal)]);
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
    const body = toJsonBody({ sdk_version: PROTOCOL_VERSION });
    const reply = await http.send('client/config', { body, signal });
    const { pjwt_auth_enabled: wantsExchange } = parseFields(clientConfigSchema, readJson(reply), reply.site);
    if (wantsExchange === true) await http.exchangeKey(apiKey);
    isReady = true;
  };
}

async function listServed(http: TrainerHttp, signal: AbortSignal | undefined): Promise<EngineModel[]> {
  const reply = await http.send('get_server_capabilities', { signal });
  const { supported_models: models } = parseFields(capabilitiesSchema, readJson(reply), reply.site);
  return models.flatMap(({ model_name: id, max_context_length: maxLength }) =>
    id == null ? [] : [{ id, maxLength: maxLength ?? null, parent: null }],
  );
}

function dropEnd(text: string, eosTexts: readonly string[]): string {
  const end = eosTexts.find((eos) => text.endsWith(eos));
  return end === undefined ? text : text.slice(0, -end.length);
}

/**
 * Names of weights versions and the sampler paths they stand for. The server knows paths only, and takes one
 * with every call, so that nothing is lost when it restarts.
 */
class SamplerVersions {
  readonly #paths = new Map<string, string>();

  get names(): readonly string[] {
    return [...this.#paths.keys()];
  }

  /** The same pair again changes nothing. Throws a final `EngineError` for no sampler path, or a name that is taken. */
  add(version: string, location: string): void {
    if (parseCheckpointPath(location, 'sampler_weights')?.kind !== 'sampler_weights') {
      throw new EngineError(
        `${JSON.stringify(location.slice(0, 200))} is no sampler path (tinker://<run>/sampler_weights/<name>): engine.kind tinker needs trainer.handover path`,
      );
    }
    const known = this.#paths.get(version);
    if (known !== undefined && known !== location) {
      throw new EngineError(`${version} already names weights from ${known}: unload it first`);
    }
    this.#paths.set(version, location);
  }

  forget(version: string): void {
    this.#paths.delete(version);
  }

  /** A name that was not added is taken for a base model, which the server judges. */
  find(model: string): SamplerSource {
    const path = this.#paths.get(model);
    return path === undefined ? { base_model: model } : { model_path: path };
  }
}
