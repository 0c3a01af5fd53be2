import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import tar from 'tar-stream';
import {
  type CheckpointRef,
  isKind,
  isSafeName,
  parseTinkerPath,
  toTinkerPath,
} from '../checkpoints/checkpoint-ref.ts';
import type { CheckpointInfo, ModelCard } from '../checkpoints/checkpoint-store.ts';
import { listNames } from '../checkpoints/write-directory.ts';
import { asObject, readString } from '../http/body.ts';
import { type Call, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import type { TrainerContext } from './trainer-context.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** GET `training_runs`: models of this and of earlier processes, by id. */
export async function listTrainingRuns(call: Call, ctx: TrainerContext): Promise<Reply> {
  const offset = readCount(call, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const limit = readCount(call, 'limit', DEFAULT_LIMIT, MAX_LIMIT);
  const ids = await ctx.checkpoints.listModelIds();
  const runs = await Promise.all(ids.slice(offset, offset + limit).map((id) => describeRun(id, ctx)));
  const cursor = { offset, limit, total_count: ids.length };
  return replyJson({ training_runs: runs.filter((run) => run !== null), cursor });
}

/** GET `training_runs/{id}` */
export async function getTrainingRun(call: Call, ctx: TrainerContext): Promise<Reply> {
  const run = await describeRun(call.params[0]!, ctx);
  if (run === null) throw new HttpFailure(404, 'Training run not found');
  return replyJson(run);
}

/** GET `training_runs/{id}/checkpoints` */
export async function listCheckpoints(call: Call, ctx: TrainerContext): Promise<Reply> {
  const card = await requireCard(call.params[0]!, ctx);
  const infos = await ctx.checkpoints.list(card.modelId);
  return replyJson({ checkpoints: infos.map(toWireCheckpoint) });
}

/** DELETE `training_runs/{id}/checkpoints/{kind}/{name}`: 204. */
export async function deleteCheckpoint(call: Call, ctx: TrainerContext): Promise<Reply> {
  const ref = readRef(call);
  await ctx.checkpoints.remove(ref);
  ctx.models.find(ref.modelId)?.names.delete(`${ref.kind}/${ref.name}`);
  return { status: 204 };
}

/** GET `…/archive`: 302 to the download route of this server. */
export async function redirectToArchive(call: Call, ctx: TrainerContext): Promise<Reply> {
  const ref = readRef(call);
  if (!(await ctx.checkpoints.exists(ref))) throw new HttpFailure(404, `Checkpoint ${toTinkerPath(ref)} not found`);
  const location = `/api/v1/training_runs/${ref.modelId}/checkpoints/${ref.kind}/${ref.name}/download`;
  return { status: 302, headers: { location, expires: new Date(ctx.sessions.now() + 900_000).toUTCString() } };
}

/** GET `…/download`: the checkpoint's files as a gzip tar. */
export async function downloadArchive(call: Call, ctx: TrainerContext): Promise<Reply> {
  const ref = readRef(call);
  const folder = ctx.checkpoints.directoryOf(ref);
  const names = await listNames(folder);
  if (names.length === 0) throw new HttpFailure(404, `Checkpoint ${toTinkerPath(ref)} not found`);
  const files = await Promise.all(
    names.map(async (name) => ({ name, content: await readFile(path.join(folder, name)) })),
  );
  const text = await promisify(gzip)(await packTar(files));
  return { status: 200, text, headers: { 'content-type': 'application/gzip' } };
}

/** `weights_info` */
export async function getWeightsInfo(call: Call, ctx: TrainerContext): Promise<Reply> {
  const ref = parseTinkerPath(readString(asObject(call.body, ''), 'tinker_path'), 'tinker_path');
  const card = await requireCard(ref.modelId, ctx);
  if (!(await ctx.checkpoints.exists(ref))) throw new HttpFailure(404, `Checkpoint ${toTinkerPath(ref)} not found`);
  const trained = { train_unembed: true, train_mlp: true, train_attn: true };
  return replyJson({ base_model: card.baseModel, is_lora: true, lora_rank: card.rank, ...trained });
}

async function describeRun(modelId: string, ctx: TrainerContext) {
  const card = await ctx.checkpoints.readCard(modelId);
  if (card === null) return null;
  const infos = await ctx.checkpoints.list(modelId);
  const last = (kind: CheckpointRef['kind']) => {
    const info = infos.findLast(({ ref }) => ref.kind === kind);
    return info === undefined ? null : toWireCheckpoint(info);
  };
  return {
    training_run_id: card.modelId,
    base_model: card.baseModel,
    model_owner: 'local',
    is_lora: true,
    corrupted: false,
    lora_rank: card.rank,
    last_request_time: infos.at(-1)?.createdAt ?? card.createdAt,
    last_checkpoint: last('weights'),
    last_sampler_checkpoint: last('sampler_weights'),
    user_metadata: card.userMetadata,
  };
}

function toWireCheckpoint({ ref, createdAt, expiresAt, sizeBytes }: CheckpointInfo) {
  return {
    checkpoint_id: `${ref.kind}/${ref.name}`,
    checkpoint_type: ref.kind === 'weights' ? 'training' : 'sampler',
    time: createdAt,
    tinker_path: toTinkerPath(ref),
    size_bytes: sizeBytes,
    public: false,
    expires_at: expiresAt,
  };
}

async function requireCard(modelId: string, ctx: TrainerContext): Promise<ModelCard> {
  const card = await ctx.checkpoints.readCard(modelId);
  if (card === null) throw new HttpFailure(404, 'Training run not found');
  return card;
}

function readRef(call: Call): CheckpointRef {
  const [modelId = '', kind = '', name = ''] = call.params;
  if (!isSafeName(modelId) || !isKind(kind) || !isSafeName(name)) throw new HttpFailure(404, 'Checkpoint not found');
  return { modelId, kind, name };
}

function readCount(call: Call, key: string, fallback: number, max: number): number {
  const value = Number(call.query.get(key) ?? fallback);
  if (!Number.isInteger(value) || value < 0)
    throw new HttpFailure(422, `${key}: must be a non-negative integer`, { field: key });
  return Math.min(value, max);
}

/** A tar of regular files in one folder level. */
async function packTar(files: readonly { readonly name: string; readonly content: Buffer }[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { name, content } of files) pack.entry({ name, size: content.length }, content);
  pack.finalize();
  return buffer(pack);
}
