import { ProtobufWriter } from '../../../../src/edge/protobuf.ts';
import { isPassResult, isSampleResult, type PassResult, type SampleResult } from './futures.ts';

/** `DType` and `stop_reason` of the protocol. */
const FLOAT32 = 1;
const STOPPED_BY_LENGTH = 1;

/** A result as protobuf (`ForwardBackwardOutput`, `SampleResponse`); null for one that has JSON only. */
export function encodeResult(value: unknown): Buffer | null {
  if (isPassResult(value)) return encodePassResult(value);
  return isSampleResult(value) ? encodeSampleResult(value) : null;
}

function encodePassResult({ lossFnOutputType, logprobs, metrics }: PassResult): Buffer {
  const offsets = [0n];
  for (const row of logprobs) offsets.push(offsets.at(-1)! + BigInt(row.byteLength));
  const output = new ProtobufWriter().text(1, lossFnOutputType);
  output.message(2, (record) => {
    record.text(1, lossFnOutputType);
    record.entry(2, 'logprobs', (entry) =>
      entry.message(2, (tensor) =>
        tensor
          .bytes(1, Buffer.concat(logprobs.map(toBytes)))
          .bytes(2, toBytes(BigInt64Array.from(offsets)))
          .number(3, FLOAT32),
      ),
    );
    record.number(3, logprobs.length);
  });
  for (const [key, metric] of Object.entries(metrics)) output.entry(3, key, (entry) => entry.double(2, metric));
  return toBytes(output.finish());
}

function encodeSampleResult({ choices }: SampleResult): Buffer {
  const output = new ProtobufWriter();
  for (const { finish, ids, logprobs } of choices) {
    output.message(1, (sequence) => {
      // A field at its default, STOP, is left out.
      if (finish === 'length') sequence.number(1, STOPPED_BY_LENGTH);
      sequence.bytes(2, toBytes(Int32Array.from(ids))).bytes(3, toBytes(Float32Array.from(logprobs)));
    });
  }
  return toBytes(output.finish());
}

/** The bytes of a typed array; little-endian on every platform this runs on. */
function toBytes(values: Uint8Array | Float32Array | Int32Array | BigInt64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
