import type { Datum, LossSpec } from '../../../src/core/datum.ts';
import type { ForwardResult } from '../../../src/ports/trainer.ts';
import type { FutureResult } from '../wire/retrieve-future.ts';
import { type ChunkLimits, chunkData, estimateBytes } from './chunk-data.ts';
import { decodePassOutput } from './decode-pass-output.ts';
import { encodePassJson, encodePassProtobuf, toPassPath } from './encode-pass.ts';
import { mergeOutputs } from './merge-outputs.ts';
import type { ModelQueue } from './model-queue.ts';
import { checkPassOutput, LOST_OUTPUT, type PassOutput } from './pass-output.ts';
import type { Profile } from './profile.ts';
import { toSamplingDatum, toSequenceMeanDatum } from './sequence-mean.ts';
import { float32, toForwardDatum, toLossConfig, toWireDatum, type WireDatum, type WirePass } from './wire-pass.ts';

/** Where passes go and in which form. */
export interface PassTarget {
  readonly queue: ModelQueue;
  readonly profile: Profile;
  readonly limits: ChunkLimits;
  /** Whether the server asked for compressed protobuf. */
  readonly compress: boolean;
}

/** Log-probs without a gradient. The datums must have been checked. */
export function runForward(target: PassTarget, data: readonly Datum[], signal?: AbortSignal): Promise<ForwardResult> {
  const chunks = chunkData(data.map(toForwardDatum), target.limits, estimateBytes);
  return mergeAll(chunks.map((chunk) => submitForward(target, chunk, signal)));
}

/**
 * Adds the gradient of the summed loss, whatever the trainer's own reduction. All chunks are queued
 * before this returns its promise. The datums must have been checked.
 */
export function runForwardBackward(
  target: PassTarget,
  data: readonly Datum[],
  loss: LossSpec,
  signal?: AbortSignal,
): Promise<ForwardResult> {
  if (target.profile.reduction === 'sequence-mean' && loss.kind === 'cross_entropy') {
    return runCrossEntropyAsSampling(target, data, signal);
  }
  const wire = data.map((datum) => toLossDatum(target.profile, datum, loss, data.length));
  const pass = { lossFn: loss.kind, lossConfig: toLossConfig(loss), isForwardOnly: false };
  const chunks = chunkData(wire, target.limits, estimateBytes);
  return mergeAll(
    chunks.map((chunk) => submitPass(target, countTokens(chunk), () => ({ ...pass, data: chunk }), signal)),
  );
}

function toLossDatum(profile: Profile, datum: Datum, loss: LossSpec, n: number): WireDatum {
  if (loss.kind === 'cross_entropy') return toWireDatum(datum, [float32('weights', datum.weights!)]);
  if (profile.reduction === 'sequence-mean') return toSequenceMeanDatum(datum, n);
  const advantages = datum.advantages!;
  const mask = profile.sendsMask
    ? [
        float32(
          'weights',
          advantages.map((advantage) => (advantage === 0 ? 0 : 1)),
        ),
      ]
    : [];
  return toWireDatum(datum, [float32('logprobs', datum.logprobs!), float32('advantages', advantages), ...mask]);
}

/** One forward pass for the present log-probs, then the importance-sampling form of cross entropy, chunk by chunk. */
function runCrossEntropyAsSampling(
  target: PassTarget,
  data: readonly Datum[],
  signal?: AbortSignal,
): Promise<ForwardResult> {
  // Three float tensors in the second form: what fits there fits the forward pass too.
  const chunks = chunkData(
    data,
    target.limits,
    (datum) => estimateBytes(toForwardDatum(datum)) + datum.tokens.length * 8,
  );
  const forwards = chunks.map((chunk) => submitForward(target, chunk.map(toForwardDatum), signal));
  const passes = chunks.map((chunk, at) =>
    submitPass(target, countTokens(chunk), async () => toSamplingPass(chunk, await forwards[at]!, data.length), signal),
  );
  return Promise.all([mergeAll(passes), ...forwards]).then(([merged]) => merged);
}

function toSamplingPass(chunk: readonly Datum[], present: ForwardResult, n: number): WirePass {
  const data = chunk.map((datum, i) => toSequenceMeanDatum(toSamplingDatum(datum, present.logprobs[i] ?? null, i), n));
  return { data, lossFn: 'importance_sampling', lossConfig: {}, isForwardOnly: false };
}

function submitForward(target: PassTarget, data: readonly WireDatum[], signal?: AbortSignal): Promise<PassOutput> {
  const pass: WirePass = { data, lossFn: 'cross_entropy', lossConfig: {}, isForwardOnly: true };
  return submitPass(target, countTokens(data), () => pass, signal, true);
}

/** `lengths`: tokens of each datum of the pass, known before the pass itself can be built. */
function submitPass(
  { queue, profile, compress }: PassTarget,
  lengths: readonly number[],
  build: () => WirePass | Promise<WirePass>,
  signal?: AbortSignal,
  isForwardOnly = false,
): Promise<PassOutput> {
  const isJson = profile.codec === 'json';
  const operation = {
    operation: toPassPath({ isForwardOnly }, profile.codec),
    acceptsProtobuf: !isJson,
    encode: async (modelId: string, seqId: number) => {
      const pass = await build();
      return isJson ? encodePassJson(pass, modelId, seqId) : encodePassProtobuf(pass, modelId, seqId, compress);
    },
    parse: (result: FutureResult, what: string) => checkPassOutput(decodePassOutput(result, what), lengths, what),
    recover: () => checkPassOutput(LOST_OUTPUT, lengths, 'a pass'),
  };
  return queue.submit(operation, signal);
}

function countTokens(data: readonly { readonly tokens: readonly number[] }[]): number[] {
  return data.map(({ tokens }) => tokens.length);
}

async function mergeAll(outputs: readonly Promise<PassOutput>[]): Promise<ForwardResult> {
  return mergeOutputs(await Promise.all(outputs));
}
