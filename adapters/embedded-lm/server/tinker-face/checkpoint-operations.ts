import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../../../src/core/json-object.ts';
import {
  type CheckpointKind,
  type CheckpointRef,
  checkName,
  makeUnnamed,
  parseTinkerPath,
  toTinkerPath,
} from '../checkpoints/checkpoint-ref.ts';
import type { Stamp } from '../checkpoints/checkpoint-store.ts';
import { readBoolean, readInt, readString, refuseUnknown } from '../http/body.ts';
import { FieldFault, HttpFailure } from '../http/route.ts';
import type { LiveModel } from './live-models.ts';
import { checkOptimizer } from './model-routes.ts';
import { operationKeys, type TrainerContext } from './trainer-context.ts';

const SAVE_KEYS = operationKeys('path', 'overwrite', 'ttl_seconds', 'user_metadata');

/** `save_weights`: a training state, moments included. */
export function parseSaveWeights(body: JsonObject, model: LiveModel, ctx: TrainerContext): () => Promise<unknown> {
  refuseUnknown(body, SAVE_KEYS);
  const ttl = readTtl(body);
  const name = reserveName(body, model, 'weights');
  const ref = { modelId: model.card.modelId, kind: 'weights', name } as const;
  return () =>
    keepNameOnSuccess(model, ref, ctx, async () => {
      await ctx.checkpoints.saveTraining(ref, await ctx.lm.exportState(model.lmModel), stamp(ctx, ttl));
      return { path: toTinkerPath(ref) };
    });
}

const SAVE_SAMPLER_KEYS = operationKeys(
  ...['path', 'overwrite', 'ttl_seconds', 'sampling_session_seq_id', 'kind', 'user_metadata'],
);

/** `save_weights_for_sampler`: under a name, what an engine can load; without one, a sampling session of its own. */
export function parseSaveForSampler(body: JsonObject, model: LiveModel, ctx: TrainerContext): () => Promise<unknown> {
  refuseUnknown(body, SAVE_SAMPLER_KEYS);
  if (readString(body, 'kind', 'snapshot') !== 'snapshot')
    throw new FieldFault('kind', 'only snapshot saves are served');
  const ttl = readTtl(body);
  if (body.path == null) return () => saveUnnamed(model, ctx);
  if (body.sampling_session_seq_id != null) throw new FieldFault('sampling_session_seq_id', 'does not go with path');
  const name = reserveName(body, model, 'sampler_weights');
  const ref = { modelId: model.card.modelId, kind: 'sampler_weights', name } as const;
  return () =>
    keepNameOnSuccess(model, ref, ctx, async () => {
      const { weights } = await ctx.lm.exportState(model.lmModel);
      await ctx.checkpoints.saveSampler(ref, weights, model.card, stamp(ctx, ttl));
      return { path: toTinkerPath(ref), sampling_session_id: null };
    });
}

/** The weights of a model now, sampled from by the id of a session. They are kept as long as that session is known. */
async function saveUnnamed(model: LiveModel, ctx: TrainerContext) {
  const ref = {
    modelId: model.card.modelId,
    kind: 'sampler_weights',
    name: makeUnnamed(randomBytes(8).toString('hex')),
  } as const;
  const { weights } = await ctx.lm.exportState(model.lmModel);
  await ctx.checkpoints.saveSampler(ref, weights, model.card, stamp(ctx, null));
  const forget = () => void ctx.checkpoints.remove(ref).catch(() => {});
  return { path: null, sampling_session_id: ctx.sessions.openSampler(toTinkerPath(ref), forget).id };
}

const TEN_YEARS_S = 10 * 366 * 24 * 3600;

function readTtl(body: JsonObject): number | null {
  return body.ttl_seconds == null ? null : readInt(body, 'ttl_seconds', { min: 1, max: TEN_YEARS_S });
}

function stamp(ctx: TrainerContext, ttlSeconds: number | null): Stamp {
  const now = ctx.sessions.now();
  const expiresAt = ttlSeconds === null ? null : new Date(now + ttlSeconds * 1000).toISOString();
  return { createdAt: new Date(now).toISOString(), expiresAt };
}

/** Takes the name in the moment of submission, so that a second save of it is refused while the first is under way. */
function reserveName(body: JsonObject, model: LiveModel, kind: CheckpointKind): string {
  const name = checkName(readString(body, 'path'), 'path');
  if (body.user_metadata != null) throw new FieldFault('user_metadata', 'of a checkpoint is not kept');
  const key = `${kind}/${name}`;
  if (model.names.has(key) && !readBoolean(body, 'overwrite', false)) {
    throw new HttpFailure(409, `Checkpoint '${name}' already exists for model '${model.card.modelId}'`);
  }
  model.names.add(key);
  return name;
}

async function keepNameOnSuccess<T>(
  model: LiveModel,
  ref: CheckpointRef,
  ctx: TrainerContext,
  save: () => Promise<T>,
): Promise<T> {
  try {
    return await save();
  } catch (error) {
    if (!(await ctx.checkpoints.exists(ref))) model.names.delete(`${ref.kind}/${ref.name}`);
    throw error;
  }
}

const LOAD_KEYS = operationKeys('path', 'optimizer', 'weights_access_token', 'optimizer_config');

/** `load_weights`, at any time; `optimizer: false` starts moments and step count at zero. */
export function parseLoadWeights(body: JsonObject, model: LiveModel, ctx: TrainerContext): () => Promise<unknown> {
  refuseUnknown(body, LOAD_KEYS);
  checkOptimizer(body);
  const ref = parseTinkerPath(readString(body, 'path'), 'path');
  if (ref.kind !== 'weights')
    throw new FieldFault('path', 'names sampler weights; only a training state can be loaded');
  const optimizer = readBoolean(body, 'optimizer', false);
  return async () => {
    await ctx.lm.importState(model.lmModel, await ctx.checkpoints.loadTraining(ref, optimizer), optimizer);
    return { path: toTinkerPath(ref), model_id: model.card.modelId };
  };
}
