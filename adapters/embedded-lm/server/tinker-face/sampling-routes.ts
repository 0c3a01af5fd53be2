import type { JsonObject } from '../../../../src/core/json-object.ts';
import { hashSeed } from '../../../../src/core/rng.ts';
import { parseTinkerPath, toTinkerPath } from '../checkpoints/checkpoint-ref.ts';
import { asObject, checkIntArray, readInt, readNumber, readString, refuseUnknown } from '../http/body.ts';
import { type Call, FieldFault, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import { type SamplingPlan, sampleChoices } from '../sample-choices.ts';
import { BASE_MODEL } from '../snapshots.ts';
import type { SampleResult } from './futures.ts';
import { parseModelInput } from './parse-datums.ts';
import type { TrainerContext } from './trainer-context.ts';

const SESSION_KEYS: ReadonlySet<string> = new Set([
  'session_id',
  'sampling_session_seq_id',
  'base_model',
  'model_path',
  'type',
]);
/** Counts of tokens other than the sampled ones that a client may ask for; none are served. */
const ALTERNATIVES = ['topk_prompt_logprobs', 'topk_sample_logprobs', 'prompt_alt_tokens_k'] as const;
const SAMPLE_KEYS: ReadonlySet<string> = new Set([
  ...['sampling_session_id', 'seq_id', 'base_model', 'model_path', 'num_samples', 'prompt', 'sampling_params'],
  ...['prompt_logprobs', 'type'],
  ...ALTERNATIVES,
]);
const PARAM_KEYS: ReadonlySet<string> = new Set(['max_tokens', 'seed', 'stop', 'temperature', 'top_k', 'top_p']);
const MAX_SAMPLES = 128;
const MAX_STOPS = 16;

/** `create_sampling_session`: exactly one of `base_model` and `model_path`. */
export function createSamplingSession(call: Call, ctx: TrainerContext): Reply {
  const body = asObject(call.body, '');
  refuseUnknown(body, SESSION_KEYS);
  ctx.sessions.require(readString(body, 'session_id'));
  return replyJson({ sampling_session_id: ctx.sessions.openSampler(readSource(body)).id });
}

/** GET `samplers/{id}` */
export function getSampler(call: Call, ctx: TrainerContext): Reply {
  const { id, modelPath } = ctx.sessions.getSampler(call.params[0]!);
  return replyJson({ sampler_id: id, base_model: BASE_MODEL, model_path: modelPath });
}

/** `asample`: a future of samples with their log-probs. */
export function submitSampling(call: Call, ctx: TrainerContext): Reply {
  const body = asObject(call.body, '');
  refuseUnknown(body, SAMPLE_KEYS);
  const modelPath =
    body.sampling_session_id == null
      ? readSource(body)
      : ctx.sessions.getSampler(readString(body, 'sampling_session_id')).modelPath;
  const plan = parsePlan(body, ctx);
  const requestId = ctx.futures.add(runSampling(plan, modelPath, ctx));
  // Newer clients insist on a name for each sample.
  const sequenceIds = Array.from({ length: plan.n }, (_, i) => `${requestId}-${i}`);
  return replyJson({
    request_id: requestId,
    future_id: requestId,
    status: 'pending',
    sample_sequence_ids: sequenceIds,
  });
}

/** Null means the base model. */
function readSource(body: JsonObject): string | null {
  if ((body.base_model == null) === (body.model_path == null)) {
    throw new HttpFailure(400, 'give exactly one of base_model and model_path');
  }
  if (body.model_path != null) return toTinkerPath(parseTinkerPath(readString(body, 'model_path'), 'model_path'));
  const baseModel = readString(body, 'base_model');
  if (baseModel !== BASE_MODEL) throw new HttpFailure(404, `Unknown model: ${baseModel.slice(0, 100)}`);
  return null;
}

function parsePlan(body: JsonObject, ctx: TrainerContext): Omit<SamplingPlan, 'snapshot'> {
  const { shape } = ctx.lm;
  if (body.prompt_logprobs != null && body.prompt_logprobs !== false)
    throw new FieldFault('prompt_logprobs', 'is not supported');
  for (const key of ALTERNATIVES) readInt(body, key, { min: 0, max: 0 }, 0);
  const prompt = parseModelInput(body.prompt, shape, 'prompt');
  const params = asObject(body.sampling_params ?? {}, 'sampling_params');
  const where = 'sampling_params';
  refuseUnknown(params, PARAM_KEYS, where);
  readInt(params, 'top_k', { min: -1, max: -1 }, -1, where);
  return {
    prompt,
    n: readInt(body, 'num_samples', { min: 1, max: MAX_SAMPLES }, 1),
    maxTokens: readInt(
      params,
      'max_tokens',
      { min: 1, max: shape.maxLength - prompt.length },
      shape.maxLength - prompt.length,
      where,
    ),
    temperature: readNumber(params, 'temperature', { min: 0, max: 100 }, 1, where),
    topP: readNumber(params, 'top_p', { min: 1e-6, max: 1 }, 1, where),
    seed: readInt(
      params,
      'seed',
      { min: -(2 ** 53), max: 2 ** 53 },
      hashSeed(ctx.seed, 'asample', ctx.nextNumber()),
      where,
    ),
    ...readStops(params.stop ?? [], shape.usedVocab),
    includeStop: true,
    skipSpecial: false,
  };
}

/** `stop` is a string, strings or token ids. */
function readStops(stop: unknown, usedVocab: number): Pick<SamplingPlan, 'stopTokenIds' | 'stopStrings'> {
  if (typeof stop === 'string') return { stopTokenIds: [], stopStrings: stop === '' ? [] : [stop] };
  if (Array.isArray(stop) && stop.length > 0 && stop.every((entry) => typeof entry === 'string' && entry !== '')) {
    if (stop.length > MAX_STOPS) throw new FieldFault('sampling_params.stop', `has more than ${MAX_STOPS} entries`);
    return { stopTokenIds: [], stopStrings: stop as string[] };
  }
  const ids = checkIntArray(stop, { min: 0, max: usedVocab - 1 }, usedVocab, 'sampling_params.stop');
  return { stopTokenIds: ids, stopStrings: [] };
}

async function runSampling(
  plan: Omit<SamplingPlan, 'snapshot'>,
  modelPath: string | null,
  ctx: TrainerContext,
): Promise<SampleResult> {
  const snapshot = modelPath === null ? BASE_MODEL : await ctx.snapshots.openPath(modelPath);
  // The future outlives the request that made it, so there is no connection whose end could abort it.
  const choices = await sampleChoices(ctx.lm, { ...plan, snapshot }, new AbortController().signal);
  return { kind: 'sample', choices };
}
