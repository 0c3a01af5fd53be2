import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import { checkSampled } from './check-sampled.ts';
import { failAt, type Site, wrongShape } from './failures.ts';
import type { HttpWire } from './http-wire.ts';
import { readCount, readObject } from './read-object.ts';

const PATH = '/generate';

/** Seeds are taken modulo this. */
const SEED_LIMIT = 2 ** 31;

/** POST `/generate` of SGLang, token ids in and out (protocols section 6). `adapter` is the loaded adapter's name, null for the base model. */
export async function completeBySglang(
  wire: HttpWire,
  request: CompletionRequest,
  adapter: string | null,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const answer = await wire.sendForJson('POST', PATH, toSglangRequest(request, adapter), signal);
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
  if (answer.length !== n) throw failAt(site, `expected ${n} choices, got ${answer.length}`);
  return answer.map((value, index) => readChoice(site, value, `[${index}]`));
}

function readChoice(site: Site, value: unknown, where: string): Completion {
  const choice = readObject(value);
  const meta = readObject(choice?.meta_info);
  const finish = readObject(meta?.finish_reason);
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
