import type { JsonObject } from '../../../../src/core/json-object.ts';
import { asObject, readBoolean, readInt, readString, refuseUnknown } from '../http/body.ts';
import { type Call, FieldFault, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import type { LiveModel, ModelWish } from './live-models.ts';
import type { TrainerContext } from './trainer-context.ts';

const CREATE_KEYS: ReadonlySet<string> = new Set([
  'session_id',
  'model_seq_id',
  'base_model',
  'user_metadata',
  'lora_config',
  'optimizer_config',
  'type',
]);
const LORA_KEYS: ReadonlySet<string> = new Set(['rank', 'seed', 'train_unembed', 'train_mlp', 'train_attn']);
const MODEL_KEYS: ReadonlySet<string> = new Set(['model_id', 'type']);
const INT31 = { min: 0, max: 2 ** 31 - 1 };

/**
 * `create_model`: random weights from `lora_config.seed` (the server's seed when it has none). All
 * weights are trained; the rank is kept for the record and has no effect.
 */
export function createModel(call: Call, ctx: TrainerContext): Reply {
  const body = asObject(call.body, '');
  refuseUnknown(body, CREATE_KEYS);
  const wish = parseWish(body, ctx);
  const model = ctx.models.create(wish);
  const requestId = ctx.futures.add(ctx.models.record(model).then(() => describeModel(model)));
  return replyJson({ request_id: requestId, future_id: requestId, ...describeModel(model), status: 'created' });
}

function parseWish(body: JsonObject, ctx: TrainerContext): ModelWish {
  const sessionId = readString(body, 'session_id');
  ctx.sessions.require(sessionId);
  const baseModel = readString(body, 'base_model');
  if (baseModel !== BASE_MODEL)
    throw new HttpFailure(404, `Unknown model: ${baseModel.slice(0, 100)}; this server trains ${BASE_MODEL}`);
  const lora = asObject(body.lora_config, 'lora_config');
  refuseUnknown(lora, LORA_KEYS, 'lora_config');
  checkOptimizer(body);
  for (const key of ['train_unembed', 'train_mlp', 'train_attn']) readBoolean(lora, key, true);
  return {
    sessionId,
    seqId: readSeqId(body),
    baseModel,
    rank: readInt(lora, 'rank', { min: 0, max: 65_536 }, null, 'lora_config'),
    seed: readInt(lora, 'seed', INT31, ctx.seed, 'lora_config'),
    userMetadata: body.user_metadata ?? null,
  };
}

/** The client's count of its models; null where it gives none. */
export function readSeqId(body: JsonObject): number | null {
  return body.model_seq_id == null ? null : readInt(body, 'model_seq_id', INT31);
}

/** Newer clients name the optimizer; there is one. Throws FieldFault for another. */
export function checkOptimizer(body: JsonObject): void {
  if (body.optimizer_config == null) return;
  const config = asObject(body.optimizer_config, 'optimizer_config');
  const [kind] = Object.values(config);
  if (kind !== undefined && kind !== 'adam' && kind !== 'adamw') {
    throw new FieldFault('optimizer_config', 'only adam is served');
  }
}

function describeModel({ card }: LiveModel) {
  return {
    model_id: card.modelId,
    base_model: card.baseModel,
    lora_config: { rank: card.rank, seed: card.seed, train_unembed: true, train_mlp: true, train_attn: true },
  };
}

/** `get_info`: no future. */
export function getInfo(call: Call, ctx: TrainerContext): Reply {
  const { card } = openModelBody(call, ctx);
  return replyJson({
    model_id: card.modelId,
    model_data: { arch: 'embedded-transformer', model_name: card.baseModel, tokenizer_id: card.baseModel },
    // To clients the handle behaves as an adapter: saved, listed and loaded by name. What it holds is all weights.
    is_lora: true,
    lora_rank: card.rank,
  });
}

/** `unload_model`: what was not begun fails; checkpoints stay. */
export function unloadModel(call: Call, ctx: TrainerContext): Reply {
  const model = openModelBody(call, ctx);
  ctx.models.drop(model, `Model ${model.card.modelId} not loaded: it was unloaded`);
  const requestId = ctx.futures.add(Promise.resolve({ model_id: model.card.modelId, status: 'unloaded' }));
  return replyJson({ request_id: requestId, future_id: requestId, status: 'pending', model_id: model.card.modelId });
}

function openModelBody(call: Call, ctx: TrainerContext): LiveModel {
  const body = asObject(call.body, '');
  refuseUnknown(body, MODEL_KEYS);
  return ctx.models.get(readString(body, 'model_id'));
}
