import { toObject } from '../../src/core/json-object.ts';
import { failAt, type Site, wrongShape } from '../../src/edge/http-failure.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import type { ListModels } from './openai-client.ts';
import { type OpenAiWire, readCount } from './openai-wire.ts';
import { checkSampled } from './sampled-choice.ts';
import { countFault } from './single-choices.ts';

const PATH = '/generate';

/** Seeds are taken modulo this. */
const SEED_LIMIT = 2 ** 31;

/** POST `/generate` of SGLang, token ids in and out. `adapter` is the loaded adapter's name, null for the base model. */
export async function completeBySglang(
  wire: OpenAiWire,
  request: CompletionRequest,
  adapter: string | null,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const body = toSglangRequest(request, adapter);
  const answer = await wire.sendForJson('POST', PATH, body, signal, wire.sessionOf(request.prefixKey));
  return readSglangCompletions(wire.siteOf('POST', PATH), answer, request.n);
}

/**
 * The choices go as a batch of equal prompts with one seed each, not as `n`: with one seed for all, a server in
 * deterministic mode would return the same choice n times.
 */
function toSglangRequest(request: CompletionRequest, adapter: string | null) {
  const choices = Array.from({ length: request.n }, (_, index) => index);
  return {
    input_ids: choices.map(() => request.prompt),
    sampling_params: choices.map((index) => toSamplingParams(request, (request.seed + index) % SEED_LIMIT)),
    return_logprob: true,
    logprob_start_len: -1,
    top_logprobs_num: 0,
    ...(adapter === null ? {} : { lora_path: adapter }),
  };
}

function toSamplingParams(request: CompletionRequest, seed: number) {
  return {
    max_new_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: -1,
    min_p: 0,
    sampling_seed: seed,
    stop_token_ids: request.stopTokenIds,
    no_stop_trim: true,
    skip_special_tokens: false,
    spaces_between_special_tokens: false,
  };
}

function readSglangCompletions(site: Site, answer: unknown, n: number): Completion[] {
  if (!Array.isArray(answer)) throw wrongShape(site, 'an array of choices', answer);
  if (answer.length !== n) throw countFault(site, n, answer.length);
  return answer.map((value, index) => readChoice(site, value, `[${index}]`));
}

function readChoice(site: Site, value: unknown, where: string): Completion {
  const choice = toObject(value);
  const meta = toObject(choice?.meta_info);
  const finish = toObject(meta?.finish_reason);
  const sampled = meta?.output_token_logprobs;
  if (!Array.isArray(sampled) || !sampled.every(Array.isArray)) {
    throw wrongShape(site, `output_token_logprobs at ${where}.meta_info`, sampled);
  }
  return checkSampled(site, {
    where,
    text: choice?.text,
    ids: sampled.map((entry) => entry[1]),
    logprobs: sampled.map((entry) => entry[0]),
    finish: finish?.type,
    stoppedBy: finish?.matched,
    idsOption: 'return_logprob',
    cachedTokens: readCount(meta?.cached_tokens),
  });
}

/**
 * Which served names are adapters. SGLang's `/generate` takes no model: it serves the base unless an adapter is
 * named, so a name that is neither must not silently become the base.
 */
export class SglangAdapters {
  readonly #wire: OpenAiWire;
  readonly #listModels: ListModels;
  readonly #isAdapter = new Map<string, boolean>();

  constructor(wire: OpenAiWire, listModels: ListModels) {
    this.#wire = wire;
    this.#listModels = listModels;
  }

  /** The adapter to name for `model`, null for the base. Rejects with a final `EngineError` for a name that is not served. */
  async findName(model: string, signal: AbortSignal | undefined): Promise<string | null> {
    if (!this.#isAdapter.has(model)) {
      for (const { id, parent } of await this.#listModels(signal)) this.#isAdapter.set(id, parent !== null);
    }
    const isAdapter = this.#isAdapter.get(model);
    if (isAdapter === undefined) {
      throw failAt(this.#wire.siteOf('POST', '/generate'), `no model or adapter ${model} is served`, { status: 404 });
    }
    return isAdapter ? model : null;
  }

  add(version: string): void {
    this.#isAdapter.set(version, true);
  }

  forget(version: string): void {
    this.#isAdapter.delete(version);
  }
}
