import type { JsonObject } from '../../../../src/core/json-object.ts';
import { type Malformed, type ProtobufField, readFields, unpackNumbers } from '../../../../src/edge/protobuf.ts';
import { HttpFailure } from '../http/route.ts';

/** `DType` of the protocol; only these two occur in requests. */
const DTYPES: Readonly<Record<number, 'float32' | 'int64'>> = { 1: 'float32', 2: 'int64' };

const malformed: Malformed = (detail) => new HttpFailure(422, `Invalid protobuf request: ${detail}`);

/**
 * A protobuf `ForwardBackwardRequest` in the form of its JSON twin, so that both go through the same
 * checks. `isForwardOnly` tells which of the two JSON operations it is. Throws 422.
 */
export function decodePass(bytes: Uint8Array): { readonly body: JsonObject; readonly isForwardOnly: boolean } {
  const envelope: Record<string, unknown> = { model_id: '', seq_id: 0 };
  const data: unknown[] = [];
  const config: [string, number][] = [];
  let lossFn = '';
  let isForwardOnly = false;
  for (const field of readFields(bytes, malformed)) {
    if (field.number === 1) envelope.model_id = field.toText();
    else if (field.number === 2) envelope.seq_id = field.toNumber();
    else if (field.number === 3) data.push(decodeDatum(field));
    else if (field.number === 4) lossFn = field.toText();
    else if (field.number === 5) config.push(field.toEntry((value) => value.toNumber(), 0));
    else if (field.number === 6) isForwardOnly = field.toNumber() !== 0;
  }
  const input = { data, loss_fn: lossFn, loss_fn_config: Object.fromEntries(config) };
  return { body: { ...envelope, [isForwardOnly ? 'forward_input' : 'forward_backward_input']: input }, isForwardOnly };
}

function decodeDatum(datum: ProtobufField): JsonObject {
  const chunks: JsonObject[] = [];
  const inputs: [string, JsonObject][] = [];
  for (const field of datum.fields()) {
    if (field.number === 1) chunks.push(decodeChunk(field));
    else if (field.number === 2) inputs.push(field.toEntry(decodeTensor, {}));
  }
  return { model_input: { chunks }, loss_fn_inputs: Object.fromEntries(inputs) };
}

function decodeChunk(chunk: ProtobufField): JsonObject {
  for (const field of chunk.fields()) {
    if (field.number !== 1) return { type: field.number === 2 ? 'image' : 'dmel' };
    for (const part of field.fields()) {
      if (part.number !== 1) continue;
      const tokens = unpackNumbers(part.toBytes(), 4, (view, at) => view.getInt32(at, true), malformed);
      return { type: 'encoded_text', tokens };
    }
  }
  return { type: 'encoded_text', tokens: [] };
}

function decodeTensor(tensor: ProtobufField): JsonObject {
  let dense: Uint8Array = new Uint8Array();
  let type = 0;
  let shape: number[] | null = null;
  for (const field of tensor.fields()) {
    if (field.number === 1) dense = field.toBytes();
    else if (field.number === 2) throw malformed('sparse tensors are not taken; send dense data');
    else if (field.number === 3) type = field.toNumber();
    else if (field.number === 4) shape = [...(shape ?? []), ...field.toNumbers()];
  }
  const dtype = DTYPES[type];
  if (dtype === undefined) throw malformed(`tensor dtype ${type} is not taken; send float32 or int64`);
  const data =
    dtype === 'float32'
      ? unpackNumbers(dense, 4, (view, at) => view.getFloat32(at, true), malformed)
      : unpackNumbers(dense, 8, (view, at) => Number(view.getBigInt64(at, true)), malformed);
  return { data, dtype, shape };
}
