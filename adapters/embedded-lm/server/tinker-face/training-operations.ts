import type { AdamSettings, TokenLoss } from '../../../../src/core/datum.ts';
import type { JsonObject } from '../../../../src/core/json-object.ts';
import type { LossSequence, ScoreResult } from '../../model/contract.ts';
import { computeTargetLoss, type TargetLoss } from '../../model/learner/losses.ts';
import { asObject, readNumber, readString, refuseUnknown } from '../http/body.ts';
import { FieldFault } from '../http/route.ts';
import type { PassResult } from './futures.ts';
import type { LiveModel } from './live-models.ts';
import { parseDatums } from './parse-datums.ts';
import { operationKeys, type TrainerContext } from './trainer-context.ts';

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

/** The summed loss of given log-probs, for forward passes: the table of docs/data-flow.md, "Losses". */
function computeLossSum(
  sequences: readonly LossSequence[],
  logprobs: readonly Float32Array[],
  loss: TokenLoss,
): number {
  const target: TargetLoss = { term: 0, weight: 0 };
  let sum = 0;
  sequences.forEach((sequence, i) => {
    const given = loss.kind === 'cross_entropy' ? sequence.weights : sequence.advantages;
    logprobs[i]!.forEach((logprob, t) => {
      computeTargetLoss(loss, logprob, sequence.logprobs?.[t] ?? 0, given?.[t] ?? 0, target);
      sum += target.term;
    });
  });
  return sum;
}

const ADAM_KEYS: ReadonlySet<string> = new Set([
  'learning_rate',
  'beta1',
  'beta2',
  'eps',
  'weight_decay',
  'grad_clip_norm',
  'type',
]);

/** Reads `adam_params` with the protocol's defaults; every one is honoured. Throws FieldFault. */
function parseAdam(body: JsonObject): AdamSettings {
  const params = asObject(body.adam_params ?? {}, 'adam_params');
  refuseUnknown(params, ADAM_KEYS, 'adam_params');
  const read = (key: string, max: number, fallback: number) =>
    readNumber(params, key, { min: 0, max }, fallback, 'adam_params');
  return {
    learningRate: read('learning_rate', 1e3, 1e-4),
    beta1: read('beta1', 0.999999, 0.9),
    beta2: read('beta2', 0.999999, 0.95),
    eps: read('eps', 1, 1e-12),
    weightDecay: read('weight_decay', 1e3, 0),
    clipNorm: read('grad_clip_norm', 1e9, 0),
  };
}

/** Ratio bounds when a request gives none, as on the hosted service. */
const DEFAULT_CLIP = { ppo: { low: 0.8, high: 1.2 }, cispo: { low: 0, high: 4 } } as const;

const NO_KEYS: ReadonlySet<string> = new Set();
const CLIP_KEYS: ReadonlySet<string> = new Set(['clip_low_threshold', 'clip_high_threshold']);

/** Reads `loss_fn` and `loss_fn_config`. Throws FieldFault for an unknown loss or key. */
function parseLoss(input: JsonObject, where: string): TokenLoss {
  const kind = readString(input, 'loss_fn');
  const field = `${where}.loss_fn_config`;
  const config = asObject(input.loss_fn_config ?? {}, field);
  if (kind === 'cross_entropy' || kind === 'importance_sampling') {
    refuseUnknown(config, NO_KEYS, field);
    return { kind };
  }
  if (kind !== 'ppo' && kind !== 'cispo') {
    throw new FieldFault(`${where}.loss_fn`, 'must be cross_entropy, importance_sampling, ppo or cispo');
  }
  refuseUnknown(config, CLIP_KEYS, field);
  const range = { min: 0, max: 1e9 };
  const clipLow = readNumber(config, 'clip_low_threshold', range, DEFAULT_CLIP[kind].low, field);
  const clipHigh = readNumber(config, 'clip_high_threshold', range, DEFAULT_CLIP[kind].high, field);
  if (clipLow > clipHigh) throw new FieldFault(`${field}.clip_low_threshold`, 'is above clip_high_threshold');
  return { kind, clipLow, clipHigh };
}
