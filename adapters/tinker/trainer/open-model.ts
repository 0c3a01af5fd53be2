import { TrainerError } from '../../../src/errors.ts';
import type { ModelSpec } from '../../../src/ports/trainer.ts';
import { Deadline } from '../wire/deadline.ts';
import { readJson, toJsonBody, type WireBody } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import { type FutureResult, retrieveFuture } from '../wire/retrieve-future.ts';
import { requestPatiently, type TrainerIo } from '../wire/send-patiently.ts';
import { createdModelSchema, submittedSchema } from '../wire/wire-schemas.ts';
import type { NumberedOperation } from './model-queue.ts';

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
  const created = result.codec === 'json' ? parseReply(createdModelSchema, result.value, 'create_model') : {};
  const modelId = created.model_id ?? submitted.model_id;
  if (modelId == null) throw new TrainerError(`trainer ${call.io.http.url}: create_model answered no model_id`);
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
  const reply = await requestPatiently(io, operation, { what, body, deadline, canRepeat: false, signal });
  const submitted = parseReply(submittedSchema, readJson(reply, what), what);
  const future = { requestId: submitted.request_id, operation, what, acceptsProtobuf: false, deadline, signal };
  const result: FutureResult = await retrieveFuture(io, future);
  return { submitted, result };
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
