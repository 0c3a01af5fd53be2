import { createHash } from 'node:crypto';
import { asObject, readInt, readString } from '../http/body-fields.ts';
import { type Call, type Reply, replyJson } from '../http/route.ts';
import { parseLoadWeights, parseSaveForSampler, parseSaveWeights } from './checkpoint-operations.ts';
import type { OperationParser } from './operation.ts';
import type { TrainerContext } from './trainer-context.ts';
import { parseForward, parseOptimStep } from './training-operations.ts';

/** The operations that count in a model's sequence, by path; `forward_backward`, which has two codecs, is apart. */
export const NUMBERED_OPERATIONS: Readonly<Record<string, OperationParser>> = {
  forward: parseForward,
  optim_step: parseOptimStep,
  save_weights: parseSaveWeights,
  save_weights_for_sampler: parseSaveForSampler,
  load_weights: parseLoadWeights,
};

/** Handles one numbered operation: replay, check, queue; answers the future at once. */
export function submitOperation(name: string, parse: OperationParser, call: Call, ctx: TrainerContext): Reply {
  const body = asObject(call.body, '');
  const model = ctx.models.get(readString(body, 'model_id'));
  const seqId = readInt(body, 'seq_id', { min: 1, max: 2 ** 31 - 1 });
  const payloadHash = createHash('sha256').update(name).update('\0').update(call.rawBody).digest('hex');
  const requestId =
    model.queue.findReplay(seqId, payloadHash) ??
    model.queue.submit({ seqId, payloadHash, run: parse(body, model, ctx) });
  return replyJson({ request_id: requestId, future_id: requestId, status: 'pending', model_id: model.card.modelId });
}
