import { hashSeed } from '../../../../src/core/rng.ts';
import { textOfToken } from '../../tokenizer.ts';
import { asObject, type JsonObject, readBoolean, readInt, readString, refuseUnknown } from '../http/body-fields.ts';
import { type Call, type Reply, replyJson } from '../http/route.ts';
import type { FinishedChoice } from '../sample-choices.ts';
import { answerAsTeacher } from '../teacher/answer-chat.ts';
import { TEACHER_MODEL } from '../teacher/mix.ts';
import { applyChatTemplate, type ChatMessage, findUserMessage, readMessages } from './chat-template.ts';
import type { EngineContext } from './engine-context.ts';
import { checkContext } from './parse-completion.ts';
import { NEUTRAL_KEYS, parseSampling, refuseUnsupported, SAMPLING_KEYS } from './parse-sampling.ts';
import { describeUsage, runPlan } from './run-plan.ts';

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
  const { n, seed } = parseSampling(body, true);
  const message = findUserMessage(messages);
  const base = seed ?? hashSeed(ctx.seed, 'teacher', ctx.nextNumber());
  const maxTokens = readMaxTokens(body, 1_000_000);
  const answers = Array.from({ length: n }, (_, i) =>
    answerAsTeacher({ message, seed: base, index: i, maxTokens, mix: ctx.teacherMix }),
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
  const sampling = parseSampling(body, true);
  const withLogprobs = readBoolean(body, 'logprobs', false);
  const withTokenIds = readBoolean(body, 'return_token_ids', false);
  const prompt = applyChatTemplate(messages);
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
