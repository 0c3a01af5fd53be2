import type { AdamSettings } from '../../../src/core/datum.ts';
import { failAt } from '../../../src/edge/http-failure.ts';
import { repeatCall } from '../../../src/edge/waiting.ts';
import { OutsideError, TrainerError } from '../../../src/errors.ts';
import type { ModelSpec } from '../../../src/ports/trainer.ts';
import { Deadline, type FutureResult, retrieveFuture, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import {
  type CheckpointKind,
  type CheckpointRef,
  parseCheckpointPath,
  parseFields,
  readJson,
  toCheckpointPath,
  toCheckpointsRoute,
  toJsonBody,
  type WireBody,
} from '../wire/trainer-http.ts';
import {
  checkpointListSchema,
  createdModelSchema,
  optimResultSchema,
  savedSchema,
  submittedSchema,
} from '../wire/wire-schemas.ts';
import type { NumberedOperation } from './model-queue.ts';
import { pickNumbers } from './pass-codec.ts';

/** Every operation of a model but the passes: create and unload, load and save, step, delete what was saved. */

export interface ModelCall {
  readonly io: TrainerIo;
  readonly operationTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Seeds on the wire are 31 bits wide. */
const SEED_RANGE = 2 ** 31;

/**
 * Creates a model and answers its id. `create_model` has no sequence number: after a lost reply it is
 * not repeated, because the server would hold a second model.
 */
export async function createModel(
  call: ModelCall,
  sessionId: string,
  modelSeqId: number,
  spec: ModelSpec,
): Promise<string> {
  const { baseModel, rank, seed } = spec;
  const lora = { rank, seed: Math.abs(seed) % SEED_RANGE, train_unembed: true, train_mlp: true, train_attn: true };
  const body = { session_id: sessionId, model_seq_id: modelSeqId, base_model: baseModel, lora_config: lora };
  const { submitted, result } = await runUnnumbered(call, 'create_model', toJsonBody(body));
  const created = result.codec === 'json' ? parseFields(createdModelSchema, result.value, result.site) : {};
  const modelId = created.model_id ?? submitted.model_id;
  if (modelId == null) throw failAt(result.site, 'the answer holds no model_id');
  return modelId;
}

/** Unloads a model. One that cannot be unloaded is gone, or the next operation will tell what is wrong. */
export async function unloadModel(call: ModelCall, modelId: string): Promise<void> {
  try {
    await runUnnumbered(call, 'unload_model', toJsonBody({ model_id: modelId }));
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
  }
}

async function runUnnumbered({ io, operationTimeoutMs, signal }: ModelCall, operation: string, body: WireBody) {
  const deadline = new Deadline(io.clock, operationTimeoutMs);
  const what = operation;
  const submitted = await sendPatiently(io, operation, { what, body, deadline, canRepeat: false, signal }, (reply) =>
    parseFields(submittedSchema, readJson(reply), reply.site),
  ).catch(tellDoubt);
  const future = { requestId: submitted.request_id, operation, what, acceptsProtobuf: false, deadline, signal };
  const result: FutureResult = await retrieveFuture(io, future);
  return { submitted, result };
}

/** A request that is not repeated may have been carried out all the same. */
function tellDoubt(error: unknown): never {
  if (!(error instanceof OutsideError) || error.unsent || error.status !== null || !error.retryable) throw error;
  throw new TrainerError(`${error.message}; whether the server acted on it is not known`, {
    cause: error,
    retryable: true,
  });
}

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

/** A save; its value is the canonical path. */
export function toSaveOperation(
  io: TrainerIo,
  ref: CheckpointRef,
  signal: AbortSignal | undefined,
): NumberedOperation<string> {
  const { kind, name } = ref;
  return {
    operation: kind === 'weights' ? 'save_weights' : 'save_weights_for_sampler',
    encode: (modelId, seqId) => toJsonBody({ model_id: modelId, path: name, seq_id: seqId }),
    parse: (result) => readSavedPath(result, kind),
    recover: (deadline) => waitUntilListed(io, ref, deadline, signal),
  };
}

function readSavedPath({ site, ...result }: FutureResult, kind: CheckpointKind): string {
  const { path } = parseFields(savedSchema, result.codec === 'json' ? result.value : null, site);
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

/** Deletes a checkpoint; one that is gone already counts as deleted. */
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
    signal,
  } as const;
  try {
    await sendPatiently(io, `${toCheckpointsRoute(ref.runId)}/${ref.kind}/${ref.name}`, call, () => {});
  } catch (error) {
    if (!(error instanceof TrainerError) || error.status !== 404) throw error;
  }
}
