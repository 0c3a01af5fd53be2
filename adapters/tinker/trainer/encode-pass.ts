import { zstdCompressSync } from 'node:zlib';
import { toJsonBody, type WireBody } from '../wire/http-wire.ts';
import { ProtobufWriter, toFloat32Bytes, toInt32Bytes, toInt64Bytes } from './protobuf-writer.ts';
import type { WireDatum, WirePass, WireTensor } from './wire-pass.ts';

/** `DType` of the protocol. */
const DTYPES = { float32: 1, int64: 2 } as const;

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

/** A pass as a protobuf `ForwardBackwardRequest` (package `tinker_public`). */
export function encodePassProtobuf(pass: WirePass, modelId: string, seqId: number, compress: boolean): WireBody {
  const request = new ProtobufWriter();
  request.text(1, modelId);
  request.varint(2, seqId);
  for (const datum of pass.data) request.message(3, toDatumMessage(datum));
  request.text(4, pass.lossFn);
  for (const [key, value] of Object.entries(pass.lossConfig)) {
    const entry = toEntry(key);
    if (value !== 0) entry.double(2, value);
    request.message(5, entry);
  }
  if (pass.isForwardOnly) request.varint(6, 1);
  const bytes = request.finish();
  const contentType = 'application/x-protobuf';
  return compress ? { contentType, bytes: zstdCompressSync(bytes), encoding: 'zstd' } : { contentType, bytes };
}

function toDatumMessage({ tokens, tensors }: WireDatum): ProtobufWriter {
  const text = new ProtobufWriter();
  text.bytes(1, toInt32Bytes(tokens));
  const chunk = new ProtobufWriter();
  chunk.message(1, text);
  const datum = new ProtobufWriter();
  datum.message(1, chunk);
  for (const tensor of tensors) {
    const entry = toEntry(tensor.name);
    entry.message(2, toTensorMessage(tensor));
    datum.message(2, entry);
  }
  return datum;
}

function toTensorMessage({ dtype, data }: WireTensor): ProtobufWriter {
  const tensor = new ProtobufWriter();
  tensor.bytes(1, dtype === 'int64' ? toInt64Bytes(data) : toFloat32Bytes(data));
  tensor.varint(3, DTYPES[dtype]);
  tensor.packed(4, [data.length]);
  return tensor;
}

/** A map entry with its key; the value is field 2. */
function toEntry(key: string): ProtobufWriter {
  const entry = new ProtobufWriter();
  entry.text(1, key);
  return entry;
}
