/**
 * The protobuf codec and the local forms of the trainer adapter.
 *
 * 1. The golden request of the protocol description is written byte for byte; the golden result is read.
 * 2. Any pass survives being written and read by a decoder that shares no code with the writer.
 * 3. Compressed passes are zstd and say so.
 * 4. bfloat16 is widened after slicing; several records join; fields nobody asked for are skipped; log-probs may be missing.
 * 5. Broken results are one TrainerError, never another error.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { decodePass } from '../../adapters/embedded-lm/server/tinker-face/decode-pass.ts';
import * as codec from '../../adapters/tinker/trainer/pass-codec.ts';
import { float32, type WirePass, type WireTensor } from '../../adapters/tinker/trainer/pass-datum.ts';
import { ProtobufWriter } from '../../src/edge/protobuf.ts';
import { TrainerError } from '../../src/errors.ts';

const { encodePassJson, encodePassProtobuf } = codec;

const SITE = { at: 'a pass', rules: { Failure: TrainerError, secrets: [], now: () => 0 }, silenceMs: 1 };
const decodePassProtobuf = (bytes: Uint8Array) => codec.decodePassProtobuf(bytes, SITE);

const int64 = (name: string, data: readonly number[]): WireTensor => ({ name, dtype: 'int64', data });
const toFloat32Bytes = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
const toInt64Bytes = (values: readonly number[]) => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);

const GOLDEN_REQUEST =
  '0a026d3110031a380a0c0a0a0a080a0000000b00000012280a0d7461726765745f746f6b656e7312170a100b000000000000000c00000000' +
  '0000001802220102220370706f2a1d0a12636c69705f6c6f775f7468726573686f6c64119a9999999999e93f3001';

const GOLDEN_OUTPUT =
  '0a067363616c6172123d0a017812360a086c6f6770726f6273122a0a0c000000bf000080bf000000c012180000000000000000080000000000' +
  '00000c00000000000000180118021a130a086c6f73733a73756d110000000000000c40';

test('golden bytes', () => {
  const pass: WirePass = {
    data: [{ tokens: [10, 11], tensors: [int64('target_tokens', [11, 12])] }],
    lossFn: 'ppo',
    lossConfig: { clip_low_threshold: 0.8 },
    isForwardOnly: true,
  };
  const { bytes, contentType } = encodePassProtobuf(pass, 'm1', 3, false);
  assert.equal(Buffer.from(bytes as Uint8Array).toString('hex'), GOLDEN_REQUEST);
  assert.equal(contentType, 'application/x-protobuf');
  const output = decodePassProtobuf(Buffer.from(GOLDEN_OUTPUT, 'hex'));
  assert.deepEqual(output.logprobs, [[-0.5, -1], [-2]]);
  assert.deepEqual(output.metrics, { 'loss:sum': 3.5 });
});

test('any pass survives', () => {
  const ids = (length: number) => fc.array(fc.nat(2 ** 31 - 1), { minLength: length, maxLength: length });
  const datum = fc.integer({ min: 1, max: 200 }).chain((length) =>
    fc.record({
      tokens: ids(length),
      targets: ids(length),
      wide: fc.array(fc.nat(Number.MAX_SAFE_INTEGER), { minLength: length, maxLength: length }),
      advantages: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
        minLength: length,
        maxLength: length,
      }),
    }),
  );
  const property = fc.property(fc.array(datum, { maxLength: 4 }), fc.string(), fc.nat(1e6), (data, modelId, seqId) => {
    const pass: WirePass = {
      data: data.map(({ tokens, targets, wide, advantages }) => ({
        tokens,
        tensors: [int64('target_tokens', targets), int64('x_attn_path', wide), float32('advantages', advantages)],
      })),
      lossFn: 'cispo',
      lossConfig: { clip_low_threshold: 0, clip_high_threshold: 4 },
      isForwardOnly: false,
    };
    const { bytes } = encodePassProtobuf(pass, modelId, seqId + 1, false);
    const json = JSON.parse(encodePassJson(pass, modelId, seqId + 1).bytes as string);
    const decoded = JSON.parse(JSON.stringify(decodePass(bytes as Uint8Array).body));
    assert.deepEqual(decoded, json);
  });
  fc.assert(property, { numRuns: 100 });
});

test('compressed passes', () => {
  const pass: WirePass = { data: [], lossFn: 'cross_entropy', lossConfig: {}, isForwardOnly: false };
  const plain = encodePassProtobuf(pass, 'm', 1, false);
  const small = encodePassProtobuf(pass, 'm', 1, true);
  assert.equal(small.encoding, 'zstd');
  assert.deepEqual(new Uint8Array(zstdDecompressSync(small.bytes as Uint8Array)), plain.bytes);
});

/** Writes one record with log-probs and, before it in the map, a field that is not read. */
function writeRecord(data: Uint8Array, offsets: readonly number[], dtype: number, count: number, key = 'logprobs') {
  const tensor = (bytes: Uint8Array, at: readonly number[], type: number) => (message: ProtobufWriter) =>
    message.message(2, (value) => value.bytes(1, bytes).bytes(2, toInt64Bytes(at)).number(3, type).numbers(4, []));
  const losses = toFloat32Bytes(offsets.slice(1));
  const lossOffsets = offsets.map((_, i) => i * 4);
  return (record: ProtobufWriter) => {
    record.entry(2, 'elementwise_loss', tensor(losses, lossOffsets, 1));
    record.entry(2, key, tensor(data, offsets, dtype));
    if (count > 0) record.number(3, count);
    record.double(99, 1);
  };
}

test('records of a result', () => {
  const bfloat = Buffer.from([0x80, 0xbf, 0x00, 0xc0, 0x40, 0xc0]);
  const output = new ProtobufWriter();
  output.message(2, writeRecord(bfloat, [0, 2, 6], 4, 2));
  output.message(2, writeRecord(toFloat32Bytes([-0.25]), [0, 4], 1, 0));
  output.message(2, writeRecord(toFloat32Bytes([]), [0], 1, 3, 'other'));
  assert.deepEqual(decodePassProtobuf(output.finish()).logprobs, [[-1], [-2, -3], [-0.25], null, null, null]);
  for (const record of [
    writeRecord(bfloat, [0, 2, 60], 4, 2),
    writeRecord(bfloat, [0, 2], 4, 2),
    writeRecord(bfloat, [4, 2], 4, 1),
    writeRecord(bfloat, [0, 3], 4, 1),
    writeRecord(bfloat, [0, 4], 9, 1),
  ]) {
    const broken = new ProtobufWriter();
    broken.message(2, record);
    assert.throws(() => decodePassProtobuf(broken.finish()), TrainerError);
  }
});

test('broken results', () => {
  const whole = Buffer.from(GOLDEN_OUTPUT, 'hex');
  const broken = fc.oneof(
    fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => Buffer.from(whole).fill(byte, at, at + 1)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  );
  const property = fc.property(broken, (bytes) => {
    try {
      decodePassProtobuf(bytes);
    } catch (error) {
      assert.ok(error instanceof TrainerError, String(error));
    }
  });
  fc.assert(property, { numRuns: 500 });
});
