import type { JsonObject } from '../../../../src/core/json-object.ts';
import { hashSeed } from '../../../../src/core/rng.ts';
import type { ModelShape } from '../../model/contract.ts';
import { encodeText, textOfToken } from '../../tokenizer.ts';
import { asObject, readBoolean, readInt, readIntArray, readString, refuseUnknown } from '../http/body.ts';
import { type Call, FieldFault, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import type { FinishedChoice, SamplingPlan } from '../sample-choices.ts';
import { TEACHER_MODEL } from '../teacher.ts';
import { describeUsage, type EngineContext, runPlan } from './engine-context.ts';
import { NEUTRAL_KEYS, parseSampling, refuseUnsupported, SAMPLING_KEYS } from './parse-sampling.ts';

/** POST `/v1/completions` */
export async function complete(call: Call, ctx: EngineContext): Promise<Reply> {
  const wish = parseCompletion(call.body, ctx);
  if (wish.model === TEACHER_MODEL)
    throw new FieldFault('model', `${TEACHER_MODEL} is rule-based and answers chat only`);
  const choices = await runPlan(wish.model, wish.plan, call.signal, ctx);
  return replyJson({
    id: `cmpl-${ctx.nextNumber()}`,
    object: 'text_completion',
    created: Math.floor(ctx.now() / 1000),
    model: wish.model,
    choices: choices.map((choice, index) => toWireChoice(choice, index, wish)),
    usage: describeUsage(wish.plan.prompt.length, choices),
  });
}

function toWireChoice(choice: FinishedChoice, index: number, wish: CompletionWish) {
  return {
    index,
    text: choice.text,
    finish_reason: choice.finish,
    stop_reason: choice.stopReason,
    token_ids: wish.withTokenIds ? choice.ids : null,
    prompt_token_ids: wish.withTokenIds ? wish.plan.prompt : null,
    logprobs: wish.withLogprobs ? toWireLogprobs(choice) : null,
    prompt_logprobs: null,
  };
}

function toWireLogprobs({ ids, logprobs }: FinishedChoice) {
  const tokens = ids.map(textOfToken);
  let offset = 0;
  const offsets = tokens.map((token) => {
    const at = offset;
    offset += token.length;
    return at;
  });
  return { tokens, token_logprobs: logprobs, top_logprobs: [], text_offset: offsets };
}

/** A completion request, checked, before its model is looked up. */
interface CompletionWish {
  readonly model: string;
  readonly plan: Omit<SamplingPlan, 'snapshot'>;
  readonly withLogprobs: boolean;
  readonly withTokenIds: boolean;
}

const KEYS: ReadonlySet<string> = new Set([
  ...['model', 'prompt', 'max_tokens', 'logprobs', 'x_position_ids', 'x_attn_path'],
  ...SAMPLING_KEYS,
  ...NEUTRAL_KEYS,
]);

const DEFAULT_MAX_TOKENS = 16;
const MAX_PATH_ID = 2 ** 31 - 1;

/** Reads the body of `/v1/completions`. Throws FieldFault or, for a context overflow, HttpFailure 400. */
function parseCompletion(value: unknown, ctx: EngineContext): CompletionWish {
  const { shape } = ctx.lm;
  const body = asObject(value, '');
  refuseUnknown(body, KEYS);
  refuseUnsupported(body);
  const model = readString(body, 'model');
  const sampling = parseSampling(body, shape);
  const prompt = readPrompt(body.prompt, ctx);
  const maxTokens = readInt(body, 'max_tokens', { min: 1, max: 1_000_000 }, DEFAULT_MAX_TOKENS);
  checkContext(prompt.length, maxTokens, shape);
  return {
    model,
    plan: {
      ...sampling,
      seed: sampling.seed ?? hashSeed(ctx.seed, 'completion', ctx.nextNumber()),
      prompt,
      maxTokens,
      ...readStructure(body, prompt.length, shape),
    },
    withLogprobs: readLogprobs(body),
    withTokenIds: readBoolean(body, 'return_token_ids', false),
  };
}

/** Throws the context overflow in vLLM's words. */
export function checkContext(promptTokens: number, maxTokens: number, shape: ModelShape): void {
  if (promptTokens + maxTokens <= shape.maxLength) return;
  throw new HttpFailure(
    400,
    `This model's maximum context length is ${shape.maxLength} tokens. However, you requested ${promptTokens + maxTokens} tokens ` +
      `(${promptTokens} in the prompt, ${maxTokens} in the completion).`,
  );
}

/** What the model of a family knows, for messages. */
const KNOWN = { 'word-sums': 'word sums', mixed: 'the mixed family of word sums' } as const;

/** Token ids of a text. Throws a 400 that names the first piece outside the vocabulary. */
export function encodeOrRefuse(text: string, field: string, { family }: EngineContext): readonly number[] {
  const encoded = encodeText(text, family);
  if ('ids' in encoded) return encoded.ids;
  throw new FieldFault(
    field,
    `${JSON.stringify(encoded.unknown)} at character ${encoded.at} is outside the vocabulary of this model, which knows ${KNOWN[family]} only`,
  );
}

function readPrompt(prompt: unknown, ctx: EngineContext): readonly number[] {
  const { usedVocab } = ctx.lm.shape;
  if (typeof prompt === 'string') return checkPrompt(encodeOrRefuse(prompt, 'prompt', ctx), usedVocab);
  if (!Array.isArray(prompt)) throw new FieldFault('prompt', 'must be a string or an array of token ids');
  if (typeof prompt[0] === 'string' || Array.isArray(prompt[0])) {
    throw new FieldFault('prompt', 'lists of prompts are not supported: send one request per prompt');
  }
  return checkPrompt(prompt, usedVocab);
}

function checkPrompt(prompt: readonly unknown[], usedVocab: number): readonly number[] {
  if (prompt.length === 0) throw new FieldFault('prompt', 'must not be empty');
  const wrong = prompt.findIndex((id) => !Number.isInteger(id) || (id as number) < 0 || (id as number) >= usedVocab);
  if (wrong >= 0)
    throw new FieldFault('prompt', `token id ${prompt[wrong]} is out of vocabulary (0 to ${usedVocab - 1})`);
  return prompt as readonly number[];
}

function readLogprobs(body: JsonObject): boolean {
  if (body.logprobs == null) return false;
  if (body.logprobs === 0) return true;
  throw new FieldFault('logprobs', 'must be 0: this engine reports the log-prob of the sampled token only');
}

function readStructure(
  body: JsonObject,
  length: number,
  shape: ModelShape,
): Pick<SamplingPlan, 'positionIds' | 'attnPath'> {
  const positionIds = readIntArray(body, 'x_position_ids', { min: 0, max: shape.maxLength - 1 }, shape.maxLength);
  const attnPath = readIntArray(body, 'x_attn_path', { min: 0, max: MAX_PATH_ID }, shape.maxLength);
  for (const [key, ids] of [
    ['x_position_ids', positionIds],
    ['x_attn_path', attnPath],
  ] as const) {
    if (ids !== null && ids.length !== length)
      throw new FieldFault(key, `has length ${ids.length}, the prompt has ${length}`);
  }
  return { ...(positionIds && { positionIds }), ...(attnPath && { attnPath }) };
}
