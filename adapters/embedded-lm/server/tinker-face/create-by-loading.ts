import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../../src/core/json-object.ts';
import { parseTinkerPath } from '../checkpoints/checkpoint-ref.ts';
import { readString, refuseUnknown } from '../http/body.ts';
import { type Call, FieldFault, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import { parseLoadWeights } from './checkpoint-operations.ts';
import { toAlias } from './live-models.ts';
import { readSeqId } from './model-routes.ts';
import { operationKeys, type TrainerContext } from './trainer-context.ts';

const KEYS = operationKeys(
  ...['session_id', 'model_seq_id', 'base_model', 'user_metadata'],
  ...['path', 'optimizer', 'weights_access_token', 'optimizer_config'],
);

/**
 * `load_weights` with a session in the place of a model: a new model with the weights, or the whole state, of a checkpoint.
 * The client knows it by session and count. The same request again gives the same future; throws 409 where another one
 * made that model.
 */
export async function createByLoading(body: JsonObject, call: Call, ctx: TrainerContext): Promise<Reply> {
  refuseUnknown(body, KEYS);
  const sessionId = readString(body, 'session_id');
  ctx.sessions.require(sessionId);
  const seqId = readSeqId(body);
  if (seqId === null) throw new FieldFault('model_seq_id', 'field is required beside session_id');
  const { modelId } = parseTinkerPath(readString(body, 'path'), 'path');
  if (body.base_model != null && readString(body, 'base_model') !== BASE_MODEL)
    throw new FieldFault('base_model', `must be ${BASE_MODEL}`);
  const card = await ctx.checkpoints.readCard(modelId);
  if (card === null) throw new HttpFailure(404, `Checkpoint ${readString(body, 'path').slice(0, 300)} not found`);
  const payloadHash = createHash('sha256').update(call.rawBody).digest('hex');
  const alias = toAlias(sessionId, seqId);
  const known = ctx.models.find(alias);
  if (known !== null) {
    if (known.loadedBy?.payloadHash !== payloadHash) throw new HttpFailure(409, `Model ${alias} exists already`);
    return toReply(known.loadedBy.requestId, alias);
  }
  const { baseModel, rank, seed } = card;
  const model = ctx.models.create({
    ...{ sessionId, seqId, baseModel, rank, seed },
    userMetadata: body.user_metadata ?? null,
  });
  const { path, optimizer, optimizer_config } = body;
  const load = parseLoadWeights({ path, optimizer, optimizer_config }, model, ctx);
  const made = ctx.models
    .record(model)
    .then(load)
    .catch((error: unknown) => {
      ctx.models.drop(model, `Model ${alias} not loaded: its weights could not be`);
      throw error;
    });
  const requestId = ctx.futures.add(made);
  model.loadedBy = { requestId, payloadHash };
  return toReply(requestId, alias);
}

function toReply(requestId: string, modelId: string): Reply {
  return replyJson({ request_id: requestId, future_id: requestId, status: 'pending', model_id: modelId });
}
