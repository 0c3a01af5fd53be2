import { createHash } from 'node:crypto';
import { type JsonObject, toObject } from '../../src/core/json-object.ts';
import { failAt, type Site, wrongShape } from '../../src/edge/http-failure.ts';
import type { Completion, CompletionRequest, TokenizeRequest } from '../../src/ports/engine.ts';
import { type OpenAiWire, readCount } from './openai-wire.ts';
import { checkSampled } from './sampled-choice.ts';
import { countFault } from './single-choices.ts';

const PATH = '/v1/completions';

/** POST `/v1/completions` of vLLM, token ids in and out. `name` is what the server knows the weights of the request by. */
export async function completeByVllm(
  wire: OpenAiWire,
  request: CompletionRequest,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Completion[]> {
  const answer = await wire.sendForJson(
    'POST',
    PATH,
    toVllmRequest(request, name),
    signal,
    wire.sessionOf(request.prefixKey),
  );
  return readVllmCompletions(wire.siteOf('POST', PATH), answer, request);
}

/**
 * Everything that changes sampling is named, because what is left out follows the model's generation config. The
 * salt is the weights version, so that no cached prefix of other weights is reused.
 */
function toVllmRequest(request: CompletionRequest, name: string) {
  return {
    model: name,
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
  const body = toObject(answer);
  const choices = body?.choices;
  if (!Array.isArray(choices)) throw wrongShape(site, 'an object with choices', answer);
  if (choices.length !== request.n) throw countFault(site, request.n, choices.length);
  const details = toObject(toObject(body?.usage)?.prompt_tokens_details);
  const cachedTokens = readCount(details?.cached_tokens);
  const completions = new Array<Completion>(request.n);
  for (const value of choices) {
    const choice = toObject(value);
    const index = choice?.index;
    if (choice === null || !Number.isInteger(index) || !(Number(index) in choices) || Number(index) in completions) {
      throw wrongShape(site, `choices with indices 0 to ${request.n - 1}, each once`, index);
    }
    completions[Number(index)] = readChoice(site, choice, request.prompt.length, cachedTokens);
  }
  return completions;
}

function readChoice(site: Site, choice: JsonObject, promptLength: number, cachedTokens: number | null): Completion {
  const where = `choices[${choice.index}]`;
  const { prompt_token_ids: prompt } = choice;
  if (Array.isArray(prompt) && prompt.length !== promptLength) {
    throw failAt(site, `${where} was sampled after ${prompt.length} prompt tokens, ${promptLength} were sent`);
  }
  return checkSampled(site, {
    where,
    text: choice.text,
    ids: choice.token_ids,
    logprobs: toObject(choice.logprobs)?.token_logprobs,
    finish: choice.finish_reason,
    stoppedBy: choice.stop_reason,
    idsOption: 'return_token_ids',
    cachedTokens,
  });
}

/**
 * POST `/tokenize`, which SGLang has too: the ids of plain text without anything added, or of one user message put
 * through the chat template up to where the answer begins.
 */
export async function tokenize(
  wire: OpenAiWire,
  { model, input }: TokenizeRequest,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const content =
    'text' in input
      ? { prompt: input.text }
      : { messages: [{ role: 'user', content: input.userMessage }], add_generation_prompt: true };
  const answer = await wire.sendForJson('POST', '/tokenize', { model, ...content, add_special_tokens: false }, signal);
  const tokens = toObject(answer)?.tokens;
  if (!Array.isArray(tokens) || !tokens.every((id) => Number.isInteger(id) && id >= 0)) {
    throw wrongShape(wire.siteOf('POST', '/tokenize'), 'an object with tokens, an array of ids', answer);
  }
  return tokens;
}

/** POST `/detokenize`: text with special tokens kept. `extra` holds what a server needs to be told for that. */
export async function detokenize(
  wire: OpenAiWire,
  model: string,
  ids: readonly number[],
  extra: JsonObject,
  signal: AbortSignal | undefined,
): Promise<string> {
  const answer = await wire.sendForJson('POST', '/detokenize', { model, tokens: ids, ...extra }, signal);
  const body = toObject(answer);
  // vLLM calls the text `prompt`, SGLang calls it `text`.
  const text = body?.prompt ?? body?.text;
  if (typeof text !== 'string')
    throw wrongShape(wire.siteOf('POST', '/detokenize'), 'an object with prompt, a string', answer);
  return text;
}
