import { TrainerError } from '../../../src/errors.ts';
import type { FutureResult } from '../wire/retrieve-future.ts';
import { type PassOutput, pickNumbers } from './pass-output.ts';
import { asBytes, asNumber, malformed, readEntry, readFields } from './protobuf-reader.ts';

/** Reads the result of a pass in either codec. Throws `TrainerError` for what is not the protocol's. */
export function decodePassOutput(result: FutureResult, what: string): PassOutput {
  return result.codec === 'json' ? readJsonOutput(result.value, what) : decodePassProtobuf(result.bytes);
}

function readJsonOutput(value: unknown, what: string): PassOutput {
  const { loss_fn_outputs: outputs, metrics } = (value ?? {}) as { loss_fn_outputs?: unknown; metrics?: unknown };
  if (outputs != null && !Array.isArray(outputs)) {
    throw new TrainerError(`${what}: the trainer's answer is not the protocol's: loss_fn_outputs is no array`);
  }
  const rows = (outputs ?? []) as readonly ({ logprobs?: { data?: unknown } | null } | null)[];
  return { logprobs: rows.map((row) => readRow(row?.logprobs?.data)), metrics: pickNumbers(metrics) };
}

function readRow(data: unknown): readonly number[] | null {
  return Array.isArray(data) ? (data as number[]) : null;
}

/** A `BatchedTensor`: the values of all datums in one piece and where each datum's begin. */
interface BatchedTensor {
  readonly data: Uint8Array;
  readonly offsets: readonly number[];
  readonly dtype: number;
}

const EMPTY_TENSOR: BatchedTensor = { data: new Uint8Array(), offsets: [], dtype: 0 };

/** Reads a protobuf `ForwardBackwardOutput`. */
export function decodePassProtobuf(bytes: Uint8Array): PassOutput {
  const logprobs: (readonly number[] | null)[] = [];
  const metrics: [string, number][] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 2) logprobs.push(...readArrayRecord(asBytes(field)));
    else if (field.number === 3) metrics.push(readEntry(field, asNumber, 0));
  }
  return { logprobs, metrics: pickNumbers(Object.fromEntries(metrics)) };
}

function readArrayRecord(bytes: Uint8Array): (readonly number[] | null)[] {
  const fields = new Map<string, BatchedTensor>();
  let count = 0;
  for (const field of readFields(bytes)) {
    if (field.number === 2) fields.set(...readEntry(field, (value) => readBatchedTensor(asBytes(value)), EMPTY_TENSOR));
    else if (field.number === 3) count = asNumber(field);
  }
  const [first] = fields.values();
  const datums = count > 0 ? count : Math.max(0, (first?.offsets.length ?? 1) - 1);
  const tensor = fields.get('logprobs');
  if (tensor === undefined) return new Array<null>(Math.min(datums, 1_000_000)).fill(null);
  if (tensor.offsets.length !== datums + 1) {
    throw malformed(`${datums} datums have ${tensor.offsets.length} offsets`);
  }
  return Array.from({ length: datums }, (_, i) => sliceRow(tensor, tensor.offsets[i]!, tensor.offsets[i + 1]!));
}

function readBatchedTensor(bytes: Uint8Array): BatchedTensor {
  let { data, offsets, dtype } = EMPTY_TENSOR;
  for (const field of readFields(bytes)) {
    if (field.number === 1) data = asBytes(field);
    else if (field.number === 2) offsets = readOffsets(asBytes(field));
    else if (field.number === 3) dtype = asNumber(field);
  }
  return { data, offsets, dtype };
}

/** int64 little endian; beyond 2^53 nothing is an offset into memory. */
function readOffsets(bytes: Uint8Array): number[] {
  if (bytes.byteLength % 8 !== 0) throw malformed(`${bytes.byteLength} bytes are no int64 offsets`);
  const view = toView(bytes);
  return Array.from({ length: bytes.byteLength / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
}

/** Offsets count stored bytes, so the slice comes before any widening. */
function sliceRow({ data, dtype }: BatchedTensor, from: number, to: number): number[] {
  if (from < 0 || from > to || to > data.byteLength)
    throw malformed(`no bytes ${from} to ${to} in a tensor of ${data.byteLength}`);
  const view = toView(data.subarray(from, to));
  if (dtype === 1) return readValues(view, 4, (at) => view.getFloat32(at, true));
  if (dtype === 4) return readValues(view, 2, (at) => widenBfloat16(view.getUint16(at, true)));
  throw malformed(`log-probs of dtype ${dtype}; float32 or bfloat16 was expected`);
}

function readValues(view: DataView, size: number, read: (at: number) => number): number[] {
  if (view.byteLength % size !== 0) throw malformed(`${view.byteLength} bytes are no array of ${size}-byte values`);
  return Array.from({ length: view.byteLength / size }, (_, i) => read(i * size));
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(bits: number): number {
  scratch.setUint32(0, bits * 2 ** 16);
  return scratch.getFloat32(0);
}

function toView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
