import type { OpenAI } from 'openai';
import { ENGINE_KINDS } from '../../src/core/engine-kinds.ts';
import { toObject } from '../../src/core/json-object.ts';
import { type Site, wrongShape } from '../../src/edge/http-failure.ts';
import type { ChatCompletion, ChatRequest } from '../../src/ports/engine.ts';
import { readChatChoice } from './chat-choice.ts';
import { type OpenAiKind, type OpenAiWire, readCount } from './openai-wire.ts';
import { askSingly, countFault } from './single-choices.ts';

/** The package's types say what a request may hold; the request itself is sent by our own wire, at a fraction of the package's cost. */
type WireRequest = OpenAI.ChatCompletionCreateParamsNonStreaming;

const PATH = '/v1/chat/completions';

/** One user message, `n` answers, by `/v1/chat/completions`. */
export async function chat(
  kind: OpenAiKind,
  wire: OpenAiWire,
  request: ChatRequest,
  signal: AbortSignal | undefined,
): Promise<ChatCompletion[]> {
  const ask = async (part: ChatRequest, own: AbortSignal | undefined) => {
    const answer = await wire.sendForJson('POST', PATH, toWireRequest(kind, part), own);
    return readChat(wire.siteOf('POST', PATH), answer, part.n);
  };
  return COUNTS_CHOICES.has(kind) ? ask(request, signal) : (await askSingly(request, signal, ask)).flat();
}

/**
 * Kinds whose servers are known to return `n` choices for one chat request. TGI and `transformers serve` ignore `n`, and
 * others refuse it: for every other kind each choice is a request with a seed of its own, just as vLLM seeds its choices.
 */
const COUNTS_CHOICES: ReadonlySet<OpenAiKind> = new Set(['vllm', 'sglang', 'embedded']);

function toWireRequest(kind: OpenAiKind, request: ChatRequest): WireRequest {
  // TGI refuses a top_p of 1; other servers fall back on the model's generation config if it is left out.
  const topP = kind === 'tgi' && request.topP >= 1 ? {} : { top_p: request.topP };
  // A model whose tags are special tokens would lose them from its text.
  const keepTags = ENGINE_KINDS[kind].tokenIds ? { skip_special_tokens: false } : {};
  // Leaving it out means one choice; some servers refuse the field altogether.
  const count = COUNTS_CHOICES.has(kind) ? { n: request.n } : {};
  return {
    model: request.model,
    messages: [{ role: 'user', content: request.prompt }],
    ...count,
    max_tokens: request.maxTokens,
    temperature: request.temperature,
    seed: request.seed,
    ...topP,
    ...keepTags,
  };
}

function readChat(site: Site, answer: unknown, n: number): ChatCompletion[] {
  const body = toObject(answer);
  const choices = body?.choices;
  if (!Array.isArray(choices)) throw wrongShape(site, 'an object with choices', answer);
  if (choices.length !== n) throw countFault(site, n, choices.length);
  const usage = toObject(body?.usage);
  const shared = {
    promptTokens: readCount(usage?.prompt_tokens),
    // Usage counts all choices together; of several, none can be told from it.
    completionTokens: n === 1 ? readCount(usage?.completion_tokens) : null,
  };
  return sortChoices(site, choices).map((choice) => ({ ...readChatChoice(choice), ...shared }));
}

/** In the order of their indices; as they came where one has none, as some servers send them. */
function sortChoices(site: Site, choices: readonly unknown[]): readonly unknown[] {
  const indices = choices.map((value) => toObject(value)?.index);
  if (indices.some((index) => index == null)) return choices;
  const byIndex = new Map(choices.map((value, i) => [indices[i], value]));
  return choices.map((_, index) => {
    if (!byIndex.has(index))
      throw wrongShape(site, `choices with indices 0 to ${choices.length - 1}, each once`, indices);
    return byIndex.get(index);
  });
}
