import type { AdamSettings } from '../../../src/core/datum.ts';
import { toJsonBody } from '../wire/http-wire.ts';
import { parseReply } from '../wire/parse-reply.ts';
import { optimResultSchema } from '../wire/wire-schemas.ts';
import type { NumberedOperation } from './model-queue.ts';
import { pickNumbers } from './pass-output.ts';

/** `optim_step` as a numbered operation; its value is the server's metrics. */
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
    parse: (result, what) =>
      result.codec === 'json' ? pickNumbers(parseReply(optimResultSchema, result.value, what).metrics) : {},
    recover: () => ({}),
  };
}
