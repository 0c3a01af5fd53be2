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
  const tensor = Buffer.concat([
    bytesField(1, Buffer.concat(logprobs.map(toBytes))),
    bytesField(2, toBytes(BigInt64Array.from(offsets))),
    numberField(3, FLOAT32),
  ]);
  const record = Buffer.concat([
    bytesField(1, Buffer.from(lossFnOutputType)),
    bytesField(2, mapEntry('logprobs', bytesField(2, tensor))),
    numberField(3, logprobs.length),
  ]);
  return Buffer.concat([
    bytesField(1, Buffer.from(lossFnOutputType)),
    bytesField(2, record),
    ...Object.entries(metrics).map(([key, metric]) => bytesField(3, mapEntry(key, doubleField(2, metric)))),
  ]);
}

function encodeSampleResult({ choices }: SampleResult): Buffer {
  const sequences = choices.map(({ finish, ids, logprobs }) =>
    bytesField(
      1,
      Buffer.concat([
        // A field at its default, STOP, is left out.
        ...(finish === 'length' ? [numberField(1, STOPPED_BY_LENGTH)] : []),
        bytesField(2, toBytes(Int32Array.from(ids))),
        bytesField(3, toBytes(Float32Array.from(logprobs))),
      ]),
    ),
  );
  return Buffer.concat(sequences);
}

function mapEntry(key: string, value: Buffer): Buffer {
  return Buffer.concat([bytesField(1, Buffer.from(key)), value]);
}

/** The bytes of a typed array; little-endian on every platform this runs on. */
function toBytes(values: Float32Array | Int32Array | BigInt64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function bytesField(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(field * 8 + 1), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
