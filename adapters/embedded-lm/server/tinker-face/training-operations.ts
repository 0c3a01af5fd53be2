import type { ScoreResult } from '../../model/contract.ts';
import { asObject, type JsonObject, refuseUnknown } from '../http/body-fields.ts';
import { computeLossSum } from './compute-loss.ts';
import type { LiveModel } from './live-models.ts';
import { operationKeys } from './operation.ts';
import { parseAdam } from './parse-adam.ts';
import { parseDatums } from './parse-datums.ts';
import { parseLoss } from './parse-loss.ts';
import type { PassResult } from './results.ts';
import type { TrainerContext } from './trainer-context.ts';

const PASS_KEYS: ReadonlySet<string> = new Set(['data', 'loss_fn', 'loss_fn_config']);

const FORWARD_BACKWARD_KEYS = operationKeys('forward_backward_input');

/** `forward_backward`: adds the gradient of the summed loss. */
export function parseForwardBackward(body: JsonObject, model: LiveModel, ctx: TrainerContext): () => Promise<unknown> {
  refuseUnknown(body, FORWARD_BACKWARD_KEYS);
  const { data, loss } = parsePass(body, 'forward_backward_input', ctx);
  return async () => {
    const result = await ctx.lm.forwardBackward(model.lmModel, data, loss);
    return toPassResult(result, result.lossSum);
  };
}

const FORWARD_KEYS = operationKeys('forward_input');

/** `forward`: log-probs and loss without a gradient. */
export function parseForward(body: JsonObject, model: LiveModel, ctx: TrainerContext): () => Promise<unknown> {
  refuseUnknown(body, FORWARD_KEYS);
  const { data, loss } = parsePass(body, 'forward_input', ctx);
  return async () => {
    const result = await ctx.lm.forward(model.lmModel, data);
    return toPassResult(result, computeLossSum(data, result.logprobs, loss));
  };
}

function parsePass(body: JsonObject, key: string, ctx: TrainerContext) {
  const input = asObject(body[key], key);
  refuseUnknown(input, PASS_KEYS, key);
  const loss = parseLoss(input, key);
  return { loss, data: parseDatums(input.data, loss, ctx.lm.shape, `${key}.data`) };
}

function toPassResult({ logprobs }: ScoreResult, lossSum: number): PassResult {
  return { kind: 'pass', lossFnOutputType: 'scalar', logprobs, metrics: { 'loss:sum': lossSum } };
}

const OPTIM_KEYS = operationKeys('adam_params');

/** `optim_step`: clips, applies AdamW, clears the gradient. */
export function parseOptimStep(body: JsonObject, model: LiveModel, ctx: TrainerContext): () => Promise<unknown> {
  refuseUnknown(body, OPTIM_KEYS);
  const adam = parseAdam(body);
  return async () => {
    const { gradNorm } = await ctx.lm.optimStep(model.lmModel, adam);
    return { metrics: { 'embedded/grad_norm': gradNorm, 'embedded/learning_rate': adam.learningRate } };
  };
}
