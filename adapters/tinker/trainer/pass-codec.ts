import { zstdCompressSync } from 'node:zlib';
import { toObject } from '../../../src/core/json-object.ts';
import { failAt, type Site } from '../../../src/edge/http-failure.ts';
import {
  type Malformed,
  type ProtobufField,
  ProtobufWriter,
  readFields,
  unpackNumbers,
} from '../../../src/edge/protobuf.ts';
import type { FutureResult } from '../wire/patience.ts';
import { toJsonBody, type WireBody } from '../wire/trainer-http.ts';
import type { WireDatum, WirePass, WireTensor } from './pass-datum.ts';

/** Passes and their results on the wire, as JSON and as the protobuf messages of package `tinker_public`. */

/** `DType` of the protocol: what is sent, and what results may come in beside. */
const DTYPES = { float32: 1, int64: 2 } as const;
const BFLOAT16 = 4;

/** The path a pass is posted to: forward-only passes have one of their own in JSON, a flag in protobuf. */
export function toPassPath(pass: Pick<WirePass, 'isForwardOnly'>, codec: 'json' | 'protobuf'): string {
  return pass.isForwardOnly && codec === 'json' ? 'forward' : 'forward_backward';
}

/** A pass as JSON. */
export function encodePassJson(pass: WirePass, modelId: string, seqId: number): WireBody {
  const input = {
    data: pass.data.map(toJsonDatum),
    loss_fn: pass.lossFn,
    ...(Object.keys(pass.lossConfig).length > 0 ? { loss_fn_config: pass.lossConfig } : {}),
  };
  const key = pass.isForwardOnly ? 'forward_input' : 'forward_backward_input';
  return toJsonBody({ model_id: modelId, seq_id: seqId, [key]: input });
}

function toJsonDatum({ tokens, tensors }: WireDatum) {
  const inputs = tensors.map(({ name, dtype, data }) => [name, { data, dtype, shape: [data.length] }]);
  return {
    model_input: { chunks: [{ type: 'encoded_text', tokens }] },
    loss_fn_inputs: Object.fromEntries(inputs),
  };
}

/** A pass as a protobuf `ForwardBackwardRequest`. */
export function encodePassProtobuf(pass: WirePass, modelId: string, seqId: number, compress: boolean): WireBody {
  const request = new ProtobufWriter().text(1, modelId).number(2, seqId);
  for (const datum of pass.data) request.message(3, (message) => writeDatum(message, datum));
  request.text(4, pass.lossFn);
  for (const [key, value] of Object.entries(pass.lossConfig)) {
    request.entry(5, key, (entry) => value !== 0 && entry.double(2, value));
  }
  if (pass.isForwardOnly) request.number(6, 1);
  const bytes = request.finish();
  const contentType = 'application/x-protobuf';
  return compress ? { contentType, bytes: zstdCompressSync(bytes), encoding: 'zstd' } : { contentType, bytes };
}

function writeDatum(message: ProtobufWriter, { tokens, tensors }: WireDatum): void {
  message.message(1, (chunk) => chunk.message(1, (text) => text.bytes(1, toBytes(Int32Array.from(tokens)))));
  for (const tensor of tensors) {
    message.entry(2, tensor.name, (entry) => entry.message(2, (value) => writeTensor(value, tensor)));
  }
}

function writeTensor(message: ProtobufWriter, { dtype, data }: WireTensor): void {
  const values = dtype === 'int64' ? toInt64Words(data) : Float32Array.from(data);
  message.bytes(1, toBytes(values)).number(3, DTYPES[dtype]).numbers(4, [data.length]);
}

/** Non-negative safe integers as int64, low word first; a big integer for each would take ten times as long. */
function toInt64Words(values: readonly number[]): Uint32Array {
  const words = new Uint32Array(2 * values.length);
  for (let i = 0; i < values.length; i += 1) {
    words[2 * i] = values[i]! % 2 ** 32;
    words[2 * i + 1] = Math.floor(values[i]! / 2 ** 32);
  }
  return words;
}

/** The bytes of a typed array; little-endian on every platform this runs on. */
function toBytes({ buffer, byteOffset, byteLength }: Int32Array | Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What one pass returned, in the order of its datums. */
export interface PassOutput {
  /** Null where the server left the log-probs out. Empty when it left every datum out. */
  readonly logprobs: readonly (readonly number[] | null)[];
  readonly metrics: Readonly<Record<string, number>>;
  /** Names of the tensors that came back for a datum; servers differ in what they add to the log-probs. */
  readonly fields: readonly string[];
}

/**
 * Checks a result against the lengths of the datums sent: one entry per datum, N log-probs each. One that is no finite
 * number stays: whoever knows which positions are trained decides what it means. Throws `TrainerError`.
 */
export function checkPassOutput(output: PassOutput, lengths: readonly number[], site: Site): PassOutput {
  const { logprobs } = output;
  if (logprobs.length === 0) return { ...output, logprobs: lengths.map(() => null) };
  if (logprobs.length !== lengths.length) {
    throw failAt(site, `${lengths.length} datums were sent, ${logprobs.length} results came back`);
  }
  logprobs.forEach((row, index) => {
    if (row === null) return;
    if (row.length !== lengths[index]) {
      throw failAt(site, `result ${index} has ${row.length} log-probs, its datum ${lengths[index]} positions`);
    }
  });
  return output;
}

/**
 * The metrics that are numbers; servers put nulls and texts among them. One that must be a number, by default a gradient
 * norm, is NaN where it is none: JSON has no such number, and servers write null or a text in its place.
 */
export function pickNumbers(metrics: unknown, mustBeNumbers = /grad_norm/): Record<string, number> {
  if (typeof metrics !== 'object' || metrics === null) return {};
  const entries = Object.entries(metrics as Record<string, unknown>);
  return Object.fromEntries(
    entries.flatMap(([key, value]): [string, number][] => {
      if (typeof value === 'number' && Number.isFinite(value)) return [[key, value]];
      return mustBeNumbers.test(key) ? [[key, Number.NaN]] : [];
    }),
  );
}

/** Reads the result of a pass in either codec. Throws `TrainerError` for what is not the protocol's. */
export function decodePassOutput(result: FutureResult): PassOutput {
  return result.codec === 'json'
    ? readJsonOutput(result.value, result.site)
    : decodePassProtobuf(result.bytes, result.site);
}

function readJsonOutput(value: unknown, site: Site): PassOutput {
  const { loss_fn_outputs: outputs, metrics } = toObject(value) ?? {};
  if (outputs != null && !Array.isArray(outputs)) {
    throw failAt(site, "the answer is not the protocol's: loss_fn_outputs is no array");
  }
  const rows = (outputs ?? []) as readonly ({ logprobs?: { data?: unknown } | null } | null)[];
  return {
    logprobs: rows.map((row) => readRow(row?.logprobs?.data)),
    metrics: pickNumbers(metrics, /grad_norm|^(?:train\/)?loss(?:$|:)/),
    fields: Object.keys(rows[0] ?? {}),
  };
}

function readRow(data: unknown): readonly number[] | null {
  // JSON has no NaN: servers write null or a text in its place.
  return Array.isArray(data) ? data.map((value) => (typeof value === 'number' ? value : Number.NaN)) : null;
}

/** A `BatchedTensor`: the values of all datums in one piece and where each datum's begin. */
interface BatchedTensor {
  readonly data: Uint8Array;
  readonly offsets: readonly number[];
  readonly dtype: number;
}

const EMPTY_TENSOR: BatchedTensor = { data: new Uint8Array(), offsets: [], dtype: 0 };

/** More datums than this no pass has. */
const MAX_DATUMS = 1_000_000;

/** Reads a protobuf `ForwardBackwardOutput`. */
export function decodePassProtobuf(bytes: Uint8Array, site: Site): PassOutput {
  const malformed: Malformed = (detail) => failAt(site, `the protobuf answer is malformed: ${detail}`);
  const logprobs: (readonly number[] | null)[] = [];
  const metrics: [string, number][] = [];
  const names = new Set<string>();
  for (const field of readFields(bytes, malformed)) {
    if (field.number === 2) logprobs.push(...readArrayRecord(field, names, malformed));
    else if (field.number === 3) metrics.push(field.toEntry((value) => value.toNumber(), 0));
  }
  return { logprobs, metrics: pickNumbers(Object.fromEntries(metrics)), fields: [...names] };
}

/** The log-probs of an `ArrayRecord`; adds the names of its tensors to `names`. */
function readArrayRecord(
  record: ProtobufField,
  names: Set<string>,
  malformed: Malformed,
): (readonly number[] | null)[] {
  const fields = new Map<string, BatchedTensor>();
  let count = 0;
  for (const field of record.fields()) {
    if (field.number === 2) fields.set(...field.toEntry((value) => readBatchedTensor(value, malformed), EMPTY_TENSOR));
    else if (field.number === 3) count = field.toNumber();
  }
  for (const name of fields.keys()) names.add(name);
  const [first] = fields.values();
  const datums = count > 0 ? count : Math.max(0, (first?.offsets.length ?? 1) - 1);
  const tensor = fields.get('logprobs');
  if (tensor === undefined) return new Array<null>(Math.min(datums, MAX_DATUMS)).fill(null);
  if (tensor.offsets.length !== datums + 1) throw malformed(`${datums} datums have ${tensor.offsets.length} offsets`);
  return Array.from({ length: datums }, (_, i) =>
    sliceRow(tensor, tensor.offsets[i]!, tensor.offsets[i + 1]!, malformed),
  );
}

function readBatchedTensor(tensor: ProtobufField, malformed: Malformed): BatchedTensor {
  let { data, offsets, dtype } = EMPTY_TENSOR;
  for (const field of tensor.fields()) {
    if (field.number === 1) data = field.toBytes();
    // Beyond 2^53 nothing is an offset into memory.
    else if (field.number === 2)
      offsets = unpackNumbers(field.toBytes(), 8, (view, at) => Number(view.getBigInt64(at, true)), malformed);
    else if (field.number === 3) dtype = field.toNumber();
  }
  return { data, offsets, dtype };
}

/** Offsets count stored bytes, so the slice comes before any widening. */
function sliceRow({ data, dtype }: BatchedTensor, from: number, to: number, malformed: Malformed): number[] {
  if (from < 0 || from > to || to > data.byteLength)
    throw malformed(`no bytes ${from} to ${to} in a tensor of ${data.byteLength}`);
  const bytes = data.subarray(from, to);
  if (dtype === DTYPES.float32) return unpackNumbers(bytes, 4, (view, at) => view.getFloat32(at, true), malformed);
  if (dtype === BFLOAT16)
    return unpackNumbers(bytes, 2, (view, at) => widenBfloat16(view.getUint16(at, true)), malformed);
  throw malformed(`log-probs of dtype ${dtype}; float32 or bfloat16 was expected`);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(bits: number): number {
  scratch.setUint32(0, bits * 2 ** 16);
  return scratch.getFloat32(0);
}
