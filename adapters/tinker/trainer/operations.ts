import type { AdamSettings } from '../../../src/core/datum.ts';
import { failAt } from '../../../src/edge/http-failure.ts';
import { repeatCall } from '../../../src/edge/waiting.ts';
import { TrainerError } from '../../../src/errors.ts';
import { type Deadline, type FutureResult, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import {
  type CheckpointKind,
  type CheckpointRef,
  parseCheckpointPath,
  parseFields,
  readJson,
  toCheckpointPath,
  toCheckpointsRoute,
  toJsonBody,
} from '../wire/trainer-http.ts';
import { checkpointListSchema, optimResultSchema, savedSchema } from '../wire/wire-schemas.ts';
import type { NumberedOperation } from './model-queue.ts';
import { pickNumbers } from './pass-codec.ts';
import type { Profile } from './profile.ts';

/** The numbered operations of a model beside its passes (load, save, step), and deleting what was saved. */

/** `load_weights`, which some servers take as a model's first operation only. */
export function toLoadOperation(path: string, optimizer: boolean): NumberedOperation<void> {
  return {
    operation: 'load_weights',
    encode: (modelId, seqId) => toJsonBody({ model_id: modelId, seq_id: seqId, path, optimizer }),
    parse: () => {},
    recover: () => {},
  };
}

/** `optim_step`; its value is the server's metrics. */
export function toOptimOperation(adam: AdamSettings): NumberedOperation<Readonly<Record<string, number>>> {
  const params = {
    learning_rate: adam.learningRate,
    beta1: adam.beta1,
    beta2: adam.beta2,
    eps: adam.eps,
    weight_decay: adam.weightDecay,
    grad_clip_norm: adam.clipNorm,
  };
  return {
    operation: 'optim_step',
    encode: (modelId, seqId) => toJsonBody({ adam_params: params, model_id: modelId, seq_id: seqId }),
    parse: ({ site, ...result }) =>
      result.codec === 'json' ? pickNumbers(parseFields(optimResultSchema, result.value, site).metrics) : {},
    recover: () => ({}),
  };
}

/** A save; its value is the canonical path, or the server's own where it has names of its own. */
export function toSaveOperation(
  io: TrainerIo,
  { checkpointPaths }: Profile,
  ref: CheckpointRef,
  signal: AbortSignal | undefined,
): NumberedOperation<string> {
  const { kind, name } = ref;
  return {
    operation: kind === 'weights' ? 'save_weights' : 'save_weights_for_sampler',
    encode: (modelId, seqId) => toJsonBody({ model_id: modelId, path: name, seq_id: seqId }),
    parse: (result) => readSavedPath(result, kind, checkpointPaths === 'own'),
    recover: (deadline) => waitUntilListed(io, ref, deadline, signal),
  };
}

/** Paths of a server's own go back to it as they came, and nowhere else. */
const OWN_PATH = /^tinker:\/\/[A-Za-z0-9._:-]{1,255}(?:\/[A-Za-z0-9._:-]{1,255}){1,8}$/;

function readSavedPath({ site, ...result }: FutureResult, kind: CheckpointKind, isOwn: boolean): string {
  const { path } = parseFields(savedSchema, result.codec === 'json' ? result.value : null, site);
  if (isOwn && OWN_PATH.test(path)) return path;
  const ref = parseCheckpointPath(path, kind);
  if (ref === null) throw failAt(site, `${JSON.stringify(path)} is no checkpoint path (tinker://<run>/<kind>/<name>)`);
  return toCheckpointPath(ref);
}

/** Between two looks at the list of checkpoints. */
const LISTING_PAUSE_MS = 1_000;

/** A save that was accepted and whose reply is lost is done once the server lists it. */
function waitUntilListed(
  io: TrainerIo,
  ref: CheckpointRef,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<string> {
  const call = { what: `listing the checkpoints of ${ref.runId}`, deadline, canRepeat: true, signal };
  const missing = new TrainerError(`trainer ${io.http.url} accepted the save of ${ref.name} but does not list it`, {
    retryable: true,
  });
  const look = async () => {
    const { checkpoints } = await sendPatiently(io, toCheckpointsRoute(ref.runId), call, (reply) =>
      parseFields(checkpointListSchema, readJson(reply), reply.site),
    );
    if (checkpoints.some((checkpoint) => isSame(checkpoint, ref))) return toCheckpointPath(ref);
    throw missing;
  };
  return repeatCall(look, {
    policy: { firstPauseMs: LISTING_PAUSE_MS, maxPauseMs: LISTING_PAUSE_MS, tries: Number.POSITIVE_INFINITY },
    clock: io.clock,
    signal,
    causeOf: (error) => (error === missing ? 'not_ready' : null),
    isOver: () => deadline.isOver,
    onRepeat: ({ cause }) => io.tally.add(cause),
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

/**
 * Deletes a checkpoint; one that is gone already counts as deleted. A server that fails at it is not asked again here: nothing
 * depends on it, and training must not wait for it.
 */
export async function deleteCheckpoint(
  io: TrainerIo,
  ref: CheckpointRef,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  const call = {
    method: 'DELETE',
    what: `deleting ${toCheckpointPath(ref)}`,
    deadline,
    canRepeat: true,
    isFinal: (error: unknown) => error instanceof TrainerError && (error.status ?? 0) >= 500,
    signal,
  } as const;
  try {
    await sendPatiently(io, `${toCheckpointsRoute(ref.runId)}/${ref.kind}/${ref.name}`, call, () => {});
  } catch (error) {
    if (!(error instanceof TrainerError) || error.status !== 404) throw error;
  }
}
