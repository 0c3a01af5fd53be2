import type { JsonObject } from '../../../../src/core/json-object.ts';
import type { ModelShape } from '../../model/contract.ts';
import { checkIntArray, readBoolean, readInt, readNumber } from '../http/body.ts';
import { FieldFault } from '../http/route.ts';
import type { SamplingPlan } from '../sample-choices.ts';

/** The part of a request that completions and chat have in common. */
export type SamplingFields = Omit<
  SamplingPlan,
  'snapshot' | 'prompt' | 'maxTokens' | 'seed' | 'positionIds' | 'attnPath'
> & {
  /** Null when the request names none. */
  readonly seed: number | null;
};

/** Names of these fields. */
export const SAMPLING_KEYS = [
  ...['n', 'seed', 'temperature', 'top_p', 'top_k', 'min_p', 'stop', 'stop_token_ids', 'include_stop_str_in_output'],
  ...['skip_special_tokens', 'return_token_ids', 'cache_salt', 'request_id', 'user'],
] as const;

const MAX_N = 128;
const MAX_STOPS = 16;
const MAX_STOP_CHARS = 64;

/** Fields that this engine accepts only in the setting that changes nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  stream: [false],
  echo: [false],
  best_of: [1],
  min_tokens: [0],
  ignore_eos: [false],
  presence_penalty: [0],
  frequency_penalty: [0],
  repetition_penalty: [1],
  length_penalty: [1],
  priority: [0],
  spaces_between_special_tokens: [true, false],
  add_special_tokens: [true, false],
  return_tokens_as_token_ids: [false],
  logit_bias: [],
  suffix: [],
  stream_options: [],
  prompt_logprobs: [],
  truncate_prompt_tokens: [],
  bad_words: [],
  allowed_token_ids: [],
  structured_outputs: [],
  response_format: [],
};

/** Names of these fields. */
export const NEUTRAL_KEYS: readonly string[] = Object.keys(NEUTRAL);

/** Throws FieldFault for a known field in a setting that would have to change something. */
export function refuseUnsupported(body: JsonObject): void {
  for (const key in body) {
    const allowed = NEUTRAL[key];
    const value = body[key];
    if (allowed === undefined || value === null || value === undefined || allowed.includes(value)) continue;
    throw new FieldFault(key, `${JSON.stringify(value).slice(0, 60)} is not supported by this engine`);
  }
}

/** Reads the common fields with vLLM's defaults. Throws FieldFault. */
export function parseSampling(body: JsonObject, { usedVocab }: Pick<ModelShape, 'usedVocab'>): SamplingFields {
  readInt(body, 'top_k', { min: -1, max: -1 }, -1);
  readNumber(body, 'min_p', { min: 0, max: 0 }, 0);
  return {
    n: readInt(body, 'n', { min: 1, max: MAX_N }, 1),
    seed: body.seed == null ? null : readInt(body, 'seed', { min: -(2 ** 63), max: 2 ** 63 }),
    temperature: readNumber(body, 'temperature', { min: 0, max: 100 }, 1),
    topP: readNumber(body, 'top_p', { min: 1e-6, max: 1 }, 1),
    stopTokenIds: checkIntArray(body.stop_token_ids ?? [], { min: 0, max: usedVocab - 1 }, usedVocab, 'stop_token_ids'),
    stopStrings: readStopStrings(body.stop ?? []),
    includeStop: readBoolean(body, 'include_stop_str_in_output', false),
    skipSpecial: readBoolean(body, 'skip_special_tokens', true),
  };
}

function readStopStrings(stop: unknown): readonly string[] {
  const stops = typeof stop === 'string' ? [stop] : stop;
  if (!Array.isArray(stops) || stops.length > MAX_STOPS)
    throw new FieldFault('stop', `must be a string or at most ${MAX_STOPS} strings`);
  for (const entry of stops) {
    if (typeof entry !== 'string' || entry === '' || entry.length > MAX_STOP_CHARS) {
      throw new FieldFault('stop', `must hold strings of 1 to ${MAX_STOP_CHARS} characters`);
    }
  }
  return stops as string[];
}
