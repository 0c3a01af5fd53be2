import type { JsonObject } from '../../../../src/core/json-object.ts';
import { hashSeed } from '../../../../src/core/rng.ts';
import { PROMPT_ID, textOfToken } from '../../tokenizer.ts';
import { asObject, readBoolean, readInt, readString, refuseUnknown } from '../http/body.ts';
import { type Call, FieldFault, type Reply, replyJson } from '../http/route.ts';
import type { FinishedChoice } from '../sample-choices.ts';
import { answerAsTeacher, TEACHER_MODEL } from '../teacher.ts';
import { checkContext, encodeOrRefuse } from './completions.ts';
import { describeUsage, type EngineContext, runPlan } from './engine-context.ts';
import { NEUTRAL_KEYS, parseSampling, refuseUnsupported, SAMPLING_KEYS } from './parse-sampling.ts';

const KEYS: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'logprobs', 'add_generation_prompt'],
  ...SAMPLING_KEYS,
  ...NEUTRAL_KEYS,
]);

/** POST `/v1/chat/completions`: the rule-based teacher, or any served weights through the chat template. */
export async function chat(call: Call, ctx: EngineContext): Promise<Reply> {
  const body = asObject(call.body, '');
  refuseUnknown(body, KEYS);
  refuseUnsupported(body);
  const model = readString(body, 'model');
  const messages = readMessages(body.messages);
  const answer =
    model === TEACHER_MODEL ? askTeacher(body, messages, ctx) : await askModel(model, body, messages, call.signal, ctx);
  return replyJson({
    id: `chatcmpl-${ctx.nextNumber()}`,
    object: 'chat.completion',
    created: Math.floor(ctx.now() / 1000),
    model,
    ...answer,
  });
}

function readMaxTokens(body: JsonObject, fallback: number): number {
  const key = body.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  return readInt(body, key, { min: 1, max: 1_000_000 }, fallback);
}

function askTeacher(body: JsonObject, messages: readonly ChatMessage[], ctx: EngineContext) {
  const { n, seed } = parseSampling(body, ctx.lm.shape);
  const message = findUserMessage(messages);
  const base = seed ?? hashSeed(ctx.seed, 'teacher', ctx.nextNumber());
  const maxTokens = readMaxTokens(body, 1_000_000);
  const answers = Array.from({ length: n }, (_, i) =>
    answerAsTeacher({ message, seed: base, index: i, maxTokens, mix: ctx.teacherMix, family: ctx.family }),
  );
  const completionTokens = answers.reduce((sum, answer) => sum + answer.tokens, 0);
  const promptTokens = messages.reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0);
  return {
    choices: answers.map(({ content, finish }, index) => ({
      index,
      message: { role: 'assistant', content, refusal: null },
      finish_reason: finish,
      stop_reason: null,
      logprobs: null,
    })),
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

async function askModel(
  model: string,
  body: JsonObject,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
  ctx: EngineContext,
) {
  const sampling = parseSampling(body, ctx.lm.shape);
  const withLogprobs = readBoolean(body, 'logprobs', false);
  const withTokenIds = readBoolean(body, 'return_token_ids', false);
  const prompt = applyChatTemplate(messages, ctx);
  const maxTokens = readMaxTokens(body, Math.max(1, ctx.lm.shape.maxLength - prompt.length));
  checkContext(prompt.length, maxTokens, ctx.lm.shape);
  const seed = sampling.seed ?? hashSeed(ctx.seed, 'chat', ctx.nextNumber());
  const choices = await runPlan(model, { ...sampling, seed, prompt, maxTokens }, signal, ctx);
  return {
    choices: choices.map((choice, index) => ({
      index,
      message: { role: 'assistant', content: choice.text, refusal: null },
      finish_reason: choice.finish,
      stop_reason: choice.stopReason,
      token_ids: withTokenIds ? choice.ids : null,
      logprobs: withLogprobs ? { content: toChatLogprobs(choice) } : null,
    })),
    prompt_token_ids: withTokenIds ? prompt : null,
    usage: describeUsage(prompt.length, choices),
  };
}

function toChatLogprobs({ ids, logprobs }: FinishedChoice) {
  return ids.map((id, i) => {
    const token = textOfToken(id);
    return { token, logprob: logprobs[i], bytes: [...Buffer.from(token)], top_logprobs: [] };
  });
}

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

const MAX_MESSAGES = 64;
const ROLES: readonly string[] = ['system', 'developer', 'user', 'assistant'];

/** Reads `messages`; content may be a string or a list of text parts. Throws FieldFault. */
export function readMessages(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) throw new FieldFault('messages', 'must be a non-empty array');
  if (value.length > MAX_MESSAGES)
    throw new FieldFault('messages', `has ${value.length} entries, at most ${MAX_MESSAGES} are taken`);
  return value.map((message: { role?: unknown; content?: unknown } | null, i) => {
    const field = `messages[${i}]`;
    if (typeof message?.role !== 'string' || !ROLES.includes(message.role)) {
      throw new FieldFault(`${field}.role`, `must be one of ${ROLES.join(', ')}`);
    }
    return { role: message.role, content: readContent(message.content, `${field}.content`) };
  });
}

function readContent(content: unknown, field: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new FieldFault(field, 'must be text');
  return content
    .map((part: { type?: unknown; text?: unknown } | null) => {
      if (part?.type !== 'text' || typeof part.text !== 'string')
        throw new FieldFault(field, 'must hold text parts only');
      return part.text;
    })
    .join('');
}

/** The last thing the user said. Throws FieldFault when there is no user message. */
function findUserMessage(messages: readonly ChatMessage[]): string {
  const message = messages.findLast(({ role }) => role === 'user');
  if (message === undefined) throw new FieldFault('messages', 'hold no user message');
  return message.content;
}

/**
 * The chat template of the embedded model: `Q` and the last user message, trimmed. It has no turns; the
 * model answers one problem. Throws a 400 that names the first piece outside the vocabulary.
 */
export function applyChatTemplate(messages: readonly ChatMessage[], ctx: EngineContext): readonly number[] {
  return [PROMPT_ID, ...encodeOrRefuse(findUserMessage(messages).trim(), 'messages', ctx)];
}
