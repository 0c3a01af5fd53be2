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
  toUnmovedDatum,
  toWireDatum,
  type WireDatum,
  type WirePass,
} from './pass-datum.ts';
import type { ChunkLimits, Profile } from './profile.ts';

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
  const chunks = chunkData(data.map(toForwardDatum), target.limits, sizeIn(target));
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
  const { profile, limits } = target;
  if (profile.reduction === 'sequence-mean' && loss.kind === 'cross_entropy') {
    return runOnPresent(target, data, signal, (datum, present, index) => ({
      datum: toSequenceMeanDatum(toSamplingDatum(datum, present, index), data.length),
      loss: { kind: 'importance_sampling' },
    }));
  }
  if (loss.kind === 'dro') {
    return runOnPresent(target, data, signal, (datum, present, index) => ({
      datum: toLossDatum(profile, toUnmovedDatum(datum, present, index), loss, data),
      loss,
    }));
  }
  const wire = data.map((datum) => toLossDatum(profile, datum, loss, data));
  const pass = { ...toLossHead(loss), isForwardOnly: false };
  const chunks = chunkData(wire, limits, sizeIn(target));
  return mergeAll(
    chunks.map((chunk) => submitPass(target, countTokens(chunk), () => ({ ...pass, data: chunk }), signal)),
  );
}

function sizeIn({ profile }: PassTarget): (datum: WireDatum) => number {
  return (datum) => estimateBytes(datum, profile.codec);
}

const toLossHead = (loss: LossSpec) => ({ lossFn: loss.kind, lossConfig: toLossConfig(loss) });

/** `all`: the datums of the whole step, which decide what a mean is over and whether all of them have a tensor. */
function toLossDatum(profile: Profile, datum: Datum, loss: LossSpec, all: readonly Datum[]): WireDatum {
  if (loss.kind === 'cross_entropy') return toWireDatum(datum, [float32('weights', datum.weights!)]);
  if (profile.reduction === 'sequence-mean') return toSequenceMeanDatum(datum, all.length);
  const advantages = datum.advantages!;
  const mask = () => advantages.map((advantage) => (advantage === 0 ? 0 : 1));
  const hasRollout = profile.takesRolloutLogprobs && all.every(({ rolloutLogprobs }) => rolloutLogprobs !== undefined);
  return toWireDatum(datum, [
    float32('logprobs', datum.logprobs!),
    float32('advantages', advantages),
    ...(profile.sendsMask ? [float32('weights', mask())] : []),
    ...(hasRollout ? [float32('rollout_logprobs', datum.rolloutLogprobs!)] : []),
  ]);
}

/** What a datum becomes once the trainer's present log-probs of its targets are known; null where it returns none. */
type OnPresent = (
  datum: Datum,
  present: readonly number[] | null,
  index: number,
) => { readonly datum: WireDatum; readonly loss: LossSpec };

/** One forward pass for the present log-probs, then the pass that needs them, chunk by chunk. */
function runOnPresent(
  target: PassTarget,
  data: readonly Datum[],
  signal: AbortSignal | undefined,
  build: OnPresent,
): Promise<ForwardResult> {
  // Three float tensors in the second form: what fits there fits the forward pass too.
  const size = sizeIn(target);
  const { float32: floatBytes } = NUMBER_BYTES[target.profile.codec];
  const chunks = chunkData(
    data,
    target.limits,
    (datum) => size(toForwardDatum(datum)) + 2 * floatBytes * datum.tokens.length,
  );
  const forwards = chunks.map((chunk) => submitForward(target, chunk.map(toForwardDatum), signal));
  const passes = chunks.map((chunk, at) => {
    const buildPass = async (): Promise<WirePass> => {
      const { logprobs } = await forwards[at]!;
      const built = chunk.map((datum, i) => build(datum, logprobs[i] ?? null, i));
      const wire = built.map(({ datum }) => datum);
      return { ...toLossHead(built[0]!.loss), data: wire, isForwardOnly: false };
    };
    return submitPass(target, countTokens(chunk), buildPass, signal);
  });
  return Promise.all([mergeAll(passes), ...forwards]).then(([merged]) => merged);
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
    isPass: true,
    acceptsProtobuf: !isJson,
    encode: async (modelId: string, seqId: number) => {
      const pass = await build();
      return isJson ? encodePassJson(pass, modelId, seqId) : encodePassProtobuf(pass, modelId, seqId, compress);
    },
    parse: (result: FutureResult) => checkPassOutput(decodePassOutput(result), lengths, result.site),
    recover: () => ({ logprobs: lengths.map(() => null), metrics: {}, fields: [] }),
  };
  return queue.submit(operation, signal);
}

/** The names of the tensors that a server answers a forward pass with. */
export async function readPassFields(target: PassTarget, signal?: AbortSignal): Promise<readonly string[]> {
  const datum = toForwardDatum({ tokens: [1, 2], targets: [2, 3] });
  const { fields } = await submitForward(target, [datum], signal);
  return fields;
}

function countTokens(data: readonly { readonly tokens: readonly number[] }[]): number[] {
  return data.map(({ tokens }) => tokens.length);
}

async function mergeAll(outputs: readonly Promise<PassOutput>[]): Promise<ForwardResult> {
  const { logprobs, metrics } = mergeOutputs(await Promise.all(outputs));
  return { logprobs, metrics };
}

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

/** Bytes of one number in a body: as packed in protobuf; as text, with its comma, in JSON. */
const NUMBER_BYTES = {
  protobuf: { token: 4, int64: 8, float32: 4 },
  json: { token: 7, int64: 7, float32: 22 },
} as const;

/** Bytes of a datum in the body of a request. */
function estimateBytes({ tokens, tensors }: WireDatum, codec: Profile['codec']): number {
  const bytes = NUMBER_BYTES[codec];
  return tensors.reduce((sum, { dtype, data }) => sum + data.length * bytes[dtype], tokens.length * bytes.token);
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
  return { logprobs: outputs.flatMap((output) => output.logprobs), metrics, fields: outputs[0]!.fields };
}
