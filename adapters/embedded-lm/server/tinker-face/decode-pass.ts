import type { JsonObject } from '../http/body.ts';
import {
  asBytes,
  asNumber,
  asText,
  malformed,
  type ProtobufField,
  readFields,
  unpackVarints,
} from './protobuf-reader.ts';

/** `DType` of the protocol; only these two occur in requests. */
const DTYPES: Readonly<Record<number, 'float32' | 'int64'>> = { 1: 'float32', 2: 'int64' };

/**
 * A protobuf `ForwardBackwardRequest` in the form of its JSON twin, so that both go through the same
 * checks. `isForwardOnly` tells which of the two JSON operations it is. Throws 422.
 */
export function decodePass(bytes: Uint8Array): { readonly body: JsonObject; readonly isForwardOnly: boolean } {
  const envelope: Record<string, unknown> = { model_id: '', seq_id: 0 };
  const data: unknown[] = [];
  const config: Record<string, number> = {};
  let lossFn = '';
  let isForwardOnly = false;
  for (const field of readFields(bytes)) {
    if (field.number === 1) envelope.model_id = asText(field);
    else if (field.number === 2) envelope.seq_id = asNumber(field);
    else if (field.number === 3) data.push(decodeDatum(asBytes(field)));
    else if (field.number === 4) lossFn = asText(field);
    else if (field.number === 5) Object.assign(config, Object.fromEntries([decodeEntry(field, asNumber, 0)]));
    else if (field.number === 6) isForwardOnly = asNumber(field) !== 0;
  }
  const input = { data, loss_fn: lossFn, loss_fn_config: config };
  return { body: { ...envelope, [isForwardOnly ? 'forward_input' : 'forward_backward_input']: input }, isForwardOnly };
}

/** A map entry {1 key, 2 value}; an absent half is its default. */
function decodeEntry<T>(field: ProtobufField, read: (value: ProtobufField) => T, absent: T): [string, T] {
  let key = '';
  let value = absent;
  for (const part of readFields(asBytes(field))) {
    if (part.number === 1) key = asText(part);
    else if (part.number === 2) value = read(part);
  }
  return [key, value];
}

function decodeDatum(bytes: Uint8Array): JsonObject {
  const chunks: JsonObject[] = [];
  const inputs: [string, JsonObject][] = [];
  for (const field of readFields(bytes)) {
    if (field.number === 1) chunks.push(decodeChunk(asBytes(field)));
    else if (field.number === 2) inputs.push(decodeEntry(field, (value) => decodeTensor(asBytes(value)), {}));
  }
  return { model_input: { chunks }, loss_fn_inputs: Object.fromEntries(inputs) };
}

function decodeChunk(bytes: Uint8Array): JsonObject {
  for (const field of readFields(bytes)) {
    if (field.number !== 1) return { type: field.number === 2 ? 'image' : 'dmel' };
    for (const part of readFields(asBytes(field))) {
      if (part.number === 1)
        return { type: 'encoded_text', tokens: toNumbers(asBytes(part), 4, (view, at) => view.getInt32(at, true)) };
    }
  }
  return { type: 'encoded_text', tokens: [] };
}

function decodeTensor(bytes: Uint8Array): JsonObject {
  let dense: Uint8Array = new Uint8Array();
  let type = 0;
  let shape: number[] | null = null;
  for (const field of readFields(bytes)) {
    if (field.number === 1) dense = asBytes(field);
    else if (field.number === 2) throw malformed('sparse tensors are not taken; send dense data');
    else if (field.number === 3) type = asNumber(field);
    else if (field.number === 4) shape = [...(shape ?? []), ...unpackVarints(field)];
  }
  const dtype = DTYPES[type];
  if (dtype === undefined) throw malformed(`tensor dtype ${type} is not taken; send float32 or int64`);
  const data =
    dtype === 'float32'
      ? toNumbers(dense, 4, (view, at) => view.getFloat32(at, true))
      : toNumbers(dense, 8, (view, at) => Number(view.getBigInt64(at, true)));
  return { data, dtype, shape };
}

function toNumbers(bytes: Uint8Array, size: number, read: (view: DataView, at: number) => number): number[] {
  if (bytes.byteLength % size !== 0) throw malformed(`${bytes.byteLength} bytes are no array of ${size}-byte values`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / size }, (_, i) => read(view, i * size));
}
