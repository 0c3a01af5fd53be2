/**
 * The protobuf codec of `forward_backward`.
 *
 * 1. The golden request of the protocol description decodes to its JSON twin.
 * 2. A protobuf pass gives what its JSON twin gives, compressed or not; forward_only leaves the gradient alone.
 * 3. Malformed, truncated and oversized bodies are refused and leave the server well.
 * 4. Results of passes and samples are written as the golden bytes of the protocol description.
 * 5. A client that accepts protobuf gets what another gets as JSON.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { HttpFailure } from '../../adapters/embedded-lm/server/http/route.ts';
import { decodePass } from '../../adapters/embedded-lm/server/tinker-face/decode-pass.ts';
import { encodeResult } from '../../adapters/embedded-lm/server/tinker-face/encode-result.ts';
import { makeDatum, openModel, retrieve, send, startOnUnigram } from '../support/embedded-requests.ts';

const GOLDEN = Buffer.from(
  '0a026d3110031a380a0c0a0a0a080a0000000b00000012280a0d7461726765745f746f6b656e7312170a100b000000000000000c00000000' +
    '0000001802220102220370706f2a1d0a12636c69705f6c6f775f7468726573686f6c64119a9999999999e93f3001',
  'hex',
);

const field = (number: number, content: Buffer | string) => {
  const bytes = Buffer.from(content as string);
  assert.ok(bytes.length < 16_384);
  return Buffer.concat([Buffer.from([number * 8 + 2, (bytes.length & 127) | 128, bytes.length >> 7]), bytes]);
};
const varint = (number: number, value: number) => Buffer.from([number * 8, value]);
const tensor = (name: string, dense: Buffer, dtype: number) =>
  field(2, Buffer.concat([field(1, name), field(2, Buffer.concat([field(1, dense), varint(3, dtype)]))]));

function encode(modelId: string, seqId: number, full: readonly number[], forwardOnly: boolean): Buffer {
  const tokens = Buffer.from(Int32Array.from(full.slice(0, -1)).buffer);
  const targets = Buffer.from(BigInt64Array.from(full.slice(1), BigInt).buffer);
  const weights = Buffer.from(Float32Array.from(full.slice(1), () => 1).buffer);
  const datum = Buffer.concat([
    field(1, field(1, field(1, tokens))),
    tensor('target_tokens', targets, 2),
    tensor('weights', weights, 1),
  ]);
  const head = Buffer.concat([field(1, modelId), varint(2, seqId), field(3, datum), field(4, 'cross_entropy')]);
  return forwardOnly ? Buffer.concat([head, varint(6, 1)]) : head;
}

test('the golden request decodes', () => {
  const { body, isForwardOnly } = decodePass(GOLDEN);
  const datum = {
    model_input: { chunks: [{ type: 'encoded_text', tokens: [10, 11] }] },
    loss_fn_inputs: { target_tokens: { data: [11, 12], dtype: 'int64', shape: [2] } },
  };
  const input = { data: [datum], loss_fn: 'ppo', loss_fn_config: { clip_low_threshold: 0.8 } };
  assert.deepEqual(body, { model_id: 'm1', seq_id: 3, forward_input: input });
  assert.equal(isForwardOnly, true);
});

test('both codecs give the same', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  const full = [1, 20, 21, 22];
  const post = async (body: Buffer, more: Record<string, string> = {}) => {
    const headers = { 'content-type': 'application/x-protobuf', ...more };
    const submitted = await send(`${url}/api/v1/forward_backward`, undefined, {
      method: 'POST',
      body: new Uint8Array(body),
      headers,
    });
    assert.equal(submitted.status, 200, submitted.text);
    return (await retrieve(url, submitted.body.request_id)).body;
  };
  const input = { data: [makeDatum(full)], loss_fn: 'cross_entropy' };
  const json = await model.run('forward_backward', { seq_id: 1, forward_backward_input: input });
  assert.deepEqual(await post(encode(model.modelId, 2, full, false)), json);
  assert.deepEqual(
    await post(zstdCompressSync(encode(model.modelId, 3, full, true)), { 'content-encoding': 'zstd' }),
    json,
  );
  const step = await model.run('optim_step', { seq_id: 4, adam_params: {} });
  assert.ok(Math.abs(step.metrics['embedded/grad_norm'] - 2 * Math.sqrt(3)) < 1e-5);
});

test('broken bodies are refused', async (t) => {
  const whole = encode('m', 1, [1, 20, 21], false);
  const broken = fc.oneof(
    fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => Buffer.from(whole).fill(byte, at, at + 1)),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(broken, (bytes) => {
      try {
        decodePass(bytes);
      } catch (error) {
        assert.ok(error instanceof HttpFailure && error.status === 422, String(error));
      }
    }),
  );
  const { url } = await startOnUnigram(t);
  const post = (body: Buffer, headers: Record<string, string>) =>
    send(`${url}/api/v1/forward_backward`, undefined, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'application/x-protobuf', ...headers },
    });
  assert.equal((await post(Buffer.from('ffff', 'hex'), {})).status, 422);
  assert.equal((await post(Buffer.from('not zstd'), { 'content-encoding': 'zstd' })).status, 400);
  assert.equal(
    (await post(zstdCompressSync(Buffer.alloc(65 * 1024 * 1024)), { 'content-encoding': 'zstd' })).status,
    413,
  );
  assert.equal((await post(whole, { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await send(`${url}/health`)).status, 200);
});

test('results are the golden bytes', () => {
  const output =
    '0a067363616c617212420a067363616c617212360a086c6f6770726f6273122a0a0c000000bf000080bf000000c0121800000000000000000800000000000000' +
    '0c00000000000000180118021a130a086c6f73733a73756d110000000000000c40';
  const logprobs = [Float32Array.of(-0.5, -1), Float32Array.of(-2)];
  const pass = { kind: 'pass', lossFnOutputType: 'scalar', logprobs, metrics: { 'loss:sum': 3.5 } };
  assert.equal(encodeResult(pass)?.toString('hex'), output);
  const sample = '0a160801120805000000060000001a08000080be000000bf0a0c1204070000001a04000080bf';
  const choices = [
    { finish: 'length', ids: [5, 6], logprobs: [-0.25, -0.5] },
    { finish: 'stop', ids: [7], logprobs: [-1] },
  ];
  assert.equal(encodeResult({ kind: 'sample', choices })?.toString('hex'), sample);
  assert.equal(encodeResult({ metrics: {} }), null);
});

test('protobuf for who accepts it', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  const input = { data: [makeDatum([1, 20, 30, 0])], loss_fn: 'cross_entropy' };
  const submitted = await model.post('forward', { seq_id: 1, forward_input: input });
  const plain = await retrieve(url, submitted.body.request_id);
  const response = await fetch(`${url}/api/v1/retrieve_future`, {
    method: 'POST',
    body: JSON.stringify({ request_id: submitted.body.request_id }),
    headers: { 'content-type': 'application/json', accept: 'application/x-protobuf' },
  });
  assert.equal(response.headers.get('content-type'), 'application/x-protobuf');
  const bytes = Buffer.from(await response.arrayBuffer());
  const { data } = plain.body.loss_fn_outputs[0].logprobs;
  assert.ok(bytes.includes(Buffer.from(Float32Array.from(data).buffer)));
});
