import type { Datum, LossSpec } from '../../../src/core/datum.ts';
import type { ForwardResult } from '../../../src/ports/trainer.ts';
import type { FutureResult } from '../wire/patience.ts';
import type { ModelQueue } from './model-queue.ts';
import {
  checkPassOutput,
  decodePassOutput,
  encodePassJson,
  encodePassProtobuf,
  type PassOutput,
  toPassPath,
} from './pass-codec.ts';
import {
  float32,
  toForwardDatum,
  toLossConfig,
  toSamplingDatum,
  toSequenceMeanDatum,
  toWireDatum,
  type WireDatum,
  type WirePass,
} from './pass-datum.ts';
import type { Profile } from './profile.ts';

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
    parse: (result: FutureResult) => checkPassOutput(decodePassOutput(result), lengths, result.site),
    recover: () => ({ logprobs: lengths.map(() => null), metrics: {} }),
  };
  return queue.submit(operation, signal);
}

function countTokens(data: readonly { readonly tokens: readonly number[] }[]): number[] {
  return data.map(({ tokens }) => tokens.length);
}

async function mergeAll(outputs: readonly Promise<PassOutput>[]): Promise<ForwardResult> {
  return mergeOutputs(await Promise.all(outputs));
}

/** What one request may hold. */
export interface ChunkLimits {
  readonly maxDatums: number;
  /** Estimated protobuf bytes before compression. */
  readonly maxBytes: number;
}

/** The protocol's limits where the server names none. */
export const DEFAULT_CHUNK_LIMITS: ChunkLimits = { maxDatums: 1024, maxBytes: 5_000_000 };

/** Splits into runs of items that fit one request, in order. A single item above the byte limit stands alone. */
function chunkData<T>(items: readonly T[], limits: ChunkLimits, sizeOf: (item: T) => number): T[][] {
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (chunk.length > 0 && (chunk.length === limits.maxDatums || bytes + size > limits.maxBytes)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(item);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/** 4 bytes per token and the dense bytes of every tensor. */
function estimateBytes({ tokens, tensors }: WireDatum): number {
  return tensors.reduce((sum, { dtype, data }) => sum + data.length * (dtype === 'int64' ? 8 : 4), tokens.length * 4);
}

interface Share {
  readonly value: number;
  /** Datums of the chunk the value is from. */
  readonly weight: number;
}

type Reduction = (shares: readonly Share[]) => number | null;

const sum: Reduction = (shares) => shares.reduce((total, { value }) => total + value, 0);
const max: Reduction = (shares) => Math.max(...shares.map(({ value }) => value));
const min: Reduction = (shares) => Math.min(...shares.map(({ value }) => value));
const same: Reduction = (shares) => (shares.every(({ value }) => value === shares[0]!.value) ? shares[0]!.value : null);

const mean: Reduction = (shares) => {
  const total = shares.reduce((weights, { weight }) => weights + weight, 0);
  return total === 0 ? null : shares.reduce((acc, { value, weight }) => acc + (value * weight) / total, 0);
};

/** How the values of several chunks become one, by the suffix of the key. A sole value per batch stays only when all agree. */
const REDUCTIONS: ReadonlyMap<string, Reduction> = new Map([
  [':sum', sum],
  [':mean', mean],
  [':max', max],
  [':min', min],
  [':slack', (shares) => max(shares)! - (mean(shares) ?? 0)],
  [':unique', same],
  [':hash_unordered', same],
]);

/**
 * Joins the results of a batch's chunks, in order. Metrics merge by the suffix after their last colon;
 * one that is not in every chunk, or has a suffix nobody defined, is dropped.
 */
function mergeOutputs(outputs: readonly PassOutput[]): PassOutput {
  if (outputs.length === 1) return outputs[0]!;
  const metrics: Record<string, number> = {};
  for (const key of Object.keys(outputs[0]?.metrics ?? {})) {
    const reduce = REDUCTIONS.get(/:[^:]*$/.exec(key)?.[0] ?? '');
    if (reduce === undefined || !outputs.every((output) => key in output.metrics)) continue;
    const merged = reduce(outputs.map((output) => ({ value: output.metrics[key]!, weight: output.logprobs.length })));
    if (merged !== null) metrics[key] = merged;
  }
  return { logprobs: outputs.flatMap((output) => output.logprobs), metrics };
}
