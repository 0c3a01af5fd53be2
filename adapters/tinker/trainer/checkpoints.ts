import { TrainerError } from '../../../src/errors.ts';
import {
  type CheckpointKind,
  type CheckpointRef,
  parseCheckpointPath,
  toCheckpointPath,
  toCheckpointsRoute,
} from '../wire/checkpoint-path.ts';
import type { Deadline } from '../wire/deadline.ts';
import { readJson, toJsonBody } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import type { FutureResult } from '../wire/retrieve-future.ts';
import { requestPatiently, sendPatiently, type TrainerIo, toReplyError } from '../wire/send-patiently.ts';
import { checkpointListSchema, savedSchema } from '../wire/wire-schemas.ts';
import type { NumberedOperation } from './model-queue.ts';

const LISTING_PAUSE_MS = 1_000;

/** A save as a numbered operation; its value is the canonical path. */
export function toSaveOperation(
  io: TrainerIo,
  ref: CheckpointRef,
  signal: AbortSignal | undefined,
): NumberedOperation<string> {
  const { kind, name } = ref;
  return {
    operation: kind === 'weights' ? 'save_weights' : 'save_weights_for_sampler',
    encode: (modelId, seqId) => toJsonBody({ model_id: modelId, path: name, seq_id: seqId }),
    parse: (result, what) => readSavedPath(result, kind, what),
    recover: (deadline) => waitUntilListed(io, ref, deadline, signal),
  };
}

function readSavedPath(result: FutureResult, kind: CheckpointKind, what: string): string {
  const value = result.codec === 'json' ? result.value : null;
  return toCheckpointPath(parseCheckpointPath(parseReply(savedSchema, value, what).path, kind));
}

/** A save that was accepted and whose reply is lost is done once the server lists it. */
async function waitUntilListed(
  io: TrainerIo,
  ref: CheckpointRef,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<string> {
  const what = `listing the checkpoints of ${ref.runId}`;
  while (!deadline.isOver) {
    const call = { what, deadline, canRepeat: true, signal };
    const reply = await requestPatiently(io, toCheckpointsRoute(ref.runId), call);
    const { checkpoints } = parseReply(checkpointListSchema, readJson(reply, what), what);
    if (checkpoints.some((checkpoint) => isSame(checkpoint, ref))) return toCheckpointPath(ref);
    await io.clock.sleep(LISTING_PAUSE_MS, signal);
  }
  throw new TrainerError(`trainer ${io.http.url} took ${ref.name} for saving and does not list it`, {
    retryable: true,
  });
}

interface ListedCheckpoint {
  readonly checkpoint_id?: string | null | undefined;
  readonly checkpoint_type?: string | null | undefined;
  readonly tinker_path?: string | null | undefined;
}

function isSame(listed: ListedCheckpoint, ref: CheckpointRef): boolean {
  if (listed.tinker_path === toCheckpointPath(ref) || listed.checkpoint_id === `${ref.kind}/${ref.name}`) return true;
  const type = ref.kind === 'weights' ? 'training' : 'sampler';
  return listed.checkpoint_id === ref.name && listed.checkpoint_type === type;
}

/** Deletes a checkpoint; one that is gone already counts as deleted. */
export async function deleteCheckpoint(
  io: TrainerIo,
  ref: CheckpointRef,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = `deleting ${toCheckpointPath(ref)}`;
  const call = { method: 'DELETE', what, deadline, canRepeat: true, signal } as const;
  const { reply } = await sendPatiently(io, `${toCheckpointsRoute(ref.runId)}/${ref.kind}/${ref.name}`, call);
  if (reply.status !== 404 && (reply.status < 200 || reply.status > 299)) throw toReplyError(io, what, reply);
}
