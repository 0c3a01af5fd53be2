import { createHash } from 'node:crypto';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import { checkSampled } from './check-sampled.ts';
import { failAt, type Site, wrongShape } from './failures.ts';
import type { HttpWire } from './http-wire.ts';
import { readCount, readObject } from './read-object.ts';

const PATH = '/v1/completions';

/** POST `/v1/completions` of vLLM, token ids in and out (protocols 5.1). */
export async function completeByVllm(
  wire: HttpWire,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const answer = await wire.sendForJson('POST', PATH, toVllmRequest(request), signal);
  return readVllmCompletions(wire.siteOf('POST', PATH), answer, request);
}

/**
 * Everything that changes sampling is named, because what is left out follows the model's generation config. The
 * salt is the weights version, so that no cached prefix of other weights is reused.
 */
function toVllmRequest(request: CompletionRequest) {
  return {
    model: request.model,
    prompt: request.prompt,
    n: request.n,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: -1,
    min_p: 0,
    seed: request.seed,
    stop_token_ids: request.stopTokenIds,
    include_stop_str_in_output: true,
    skip_special_tokens: false,
    spaces_between_special_tokens: false,
    logprobs: 0,
    return_token_ids: true,
    cache_salt: toCacheSalt(request.model),
  };
}

/** vLLM refuses a salt with a slash, which most model names have, and one of more than 128 characters. */
function toCacheSalt(model: string): string {
  return createHash('sha256').update(model).digest('hex');
}

function readVllmCompletions(site: Site, answer: unknown, request: CompletionRequest): Completion[] {
  const body = readObject(answer);
  const choices = body?.choices;
  if (!Array.isArray(choices)) throw wrongShape(site, 'an object with choices', answer);
  if (choices.length !== request.n) throw failAt(site, `expected ${request.n} choices, got ${choices.length}`);
  const details = readObject(readObject(body?.usage)?.prompt_tokens_details);
  const cachedTokens = readCount(details?.cached_tokens);
  const completions = new Array<Completion>(request.n);
  for (const value of choices) {
    const choice = readObject(value);
    const index = choice?.index;
    if (choice === null || !Number.isInteger(index) || !(Number(index) in choices) || Number(index) in completions) {
      throw wrongShape(site, `choices with indices 0 to ${request.n - 1}, each once`, index);
    }
    completions[Number(index)] = readChoice(site, choice, request.prompt.length, cachedTokens);
  }
  return completions;
}

function readChoice(
  site: Site,
  choice: Readonly<Record<string, unknown>>,
  promptLength: number,
  cachedTokens: number | null,
): Completion {
  const where = `choices[${choice.index}]`;
  const { prompt_token_ids: prompt } = choice;
  if (Array.isArray(prompt) && prompt.length !== promptLength) {
    throw failAt(site, `${where} was sampled after ${prompt.length} prompt tokens, ${promptLength} were sent`);
  }
  return checkSampled(site, {
    where,
    text: choice.text,
    ids: choice.token_ids,
    logprobs: readObject(choice.logprobs)?.token_logprobs,
    finish: choice.finish_reason,
    stoppedBy: choice.stop_reason,
    idsOption: 'return_token_ids',
    cachedTokens,
  });
}
