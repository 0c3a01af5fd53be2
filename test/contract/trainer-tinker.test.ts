/**
 * The trainer port over the embedded server (on the unigram stand-in).
 *
 *  1. Opening, passes, steps and saves work; the loss is a plain sum; log-probs have length N.
 *  2. Operations called without awaiting are submitted in call order with numbers from 1, each recorded in the log.
 *  3. A saved state opens again on a server started anew on the same folder, with the same weights.
 *  4. Sampler weights are handed over as a path, or as a directory unpacked from the archive; deleting removes both and
 *     succeeds twice.
 *  5. Protobuf passes, as other servers need them, decode on this server and give what JSON gives.
 *  6. Structured attention that is advertised but shows no effect is not reported as a capability.
 *  7. Opening a second model unloads the first; without a model every operation says so.
 *  8. The API key is sent; a wrong one is told in one line.
 *  9. The profile is found by itself.
 * 10. Aborting rejects with the signal's reason, and the log leaves the operation open.
 * 11. A server that is gone is told within a few tries.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { serveEmbeddedLm } from '../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { TrainerError } from '../../src/errors.ts';
import { makeFolder, startOnUnigram } from '../support/embedded-requests.ts';
import { ADAM, connectTrainer, rlDatum, SPEC, sftDatum } from '../support/trainer-connection.ts';
import { openUnigramLm } from '../support/unigram-lm.ts';

const FULL = [1, 20, 21, 22];

test('passes, steps and saves', async (t) => {
  const { url } = await startOnUnigram(t);
  const { trainer } = await connectTrainer(t, url);
  await trainer.openModel(SPEC, null);
  const before = await trainer.forward([sftDatum(FULL), rlDatum(FULL, [1, 0, 0])]);
  assert.deepEqual(
    before.logprobs.map((row) => row?.length),
    [3, 3],
  );
  const one = await trainer.forwardBackward([sftDatum(FULL)], { kind: 'cross_entropy' });
  const two = await trainer.forwardBackward([sftDatum(FULL), sftDatum(FULL)], { kind: 'cross_entropy' });
  const sum = -one.logprobs[0]!.reduce((total, logprob) => total + logprob, 0);
  assert.ok(Math.abs(one.metrics['loss:sum']! - sum) < 1e-4);
  assert.ok(Math.abs(two.metrics['loss:sum']! - 2 * sum) < 1e-4);
  const step = await trainer.optimStep(ADAM);
  assert.ok(Math.abs(step['embedded/grad_norm']! - 3 * Math.sqrt(3)) < 1e-4);
  const after = await trainer.forward([sftDatum(FULL)]);
  assert.ok(after.logprobs[0]![0]! > before.logprobs[0]![0]!);
  for (const kind of ['ppo', 'cispo'] as const) {
    const loss = { kind, clipLow: 0.8, clipHigh: 1.2 };
    const result = await trainer.forwardBackward([rlDatum(FULL, [0, 1, -1])], loss);
    assert.equal(result.logprobs[0]!.length, 3);
  }
  assert.match((await trainer.saveState('s1')).path, /^tinker:\/\/[^/]+\/weights\/s1$/);
});

test('call order is submit order, and the log tells it', async (t) => {
  const { url } = await startOnUnigram(t);
  const { trainer, log, story } = await connectTrainer(t, url);
  await trainer.openModel(SPEC, null);
  const [, first, , second, state] = await Promise.all([
    trainer.forwardBackward([sftDatum(FULL)], { kind: 'cross_entropy' }),
    trainer.optimStep(ADAM),
    trainer.forwardBackward([sftDatum([1, 30, 31, 32])], { kind: 'cross_entropy' }),
    trainer.optimStep({ ...ADAM, learningRate: 0.2 }),
    trainer.saveState('s1'),
  ]);
  assert.deepEqual([first['embedded/learning_rate'], second['embedded/learning_rate']], [0.1, 0.2]);
  assert.match(state.path, /s1$/);
  const own = log.slice(log.findIndex(({ operation }) => operation === 'forward_backward'));
  const submitted = own.filter(({ event }) => event === 'submitting');
  const from = submitted[0]!.seqId;
  assert.deepEqual(
    submitted.map(({ operation, seqId }) => [operation, seqId - from]),
    [
      ['forward_backward', 0],
      ['optim_step', 1],
      ['forward_backward', 2],
      ['optim_step', 3],
      ['save_weights', 4],
    ],
  );
  assert.deepEqual(
    log.filter(({ event }) => event === 'submitting').map(({ seqId }) => seqId),
    Array.from({ length: from + 4 }, (_, i) => i + 1),
  );
  assert.match(submitted[0]!.payloadHash, /^[0-9a-f]{64}$/);
  for (const seqId of [from, from + 4]) {
    assert.deepEqual(
      story().filter((line) => line.endsWith(` ${seqId}`)),
      [`submitting ${seqId}`, `acknowledged ${seqId}`, `done ${seqId}`],
    );
  }
});

test('a saved state outlives the server', async (t) => {
  const stateDir = await makeFolder(t);
  const first = await serveEmbeddedLm(openUnigramLm(), { seed: 1, stateDir });
  const { trainer } = await connectTrainer(t, first.url);
  await trainer.openModel(SPEC, null);
  await trainer.forwardBackward([sftDatum(FULL)], { kind: 'cross_entropy' });
  await trainer.optimStep(ADAM);
  const { path: saved } = await trainer.saveState('s1');
  const before = await trainer.forward([sftDatum(FULL)]);
  await trainer[Symbol.asyncDispose]();
  await first.close();
  const { url } = await startOnUnigram(t, { stateDir });
  const again = await connectTrainer(t, url);
  await again.trainer.openModel({ ...SPEC, seed: 99 }, { path: saved, optimizer: true });
  assert.deepEqual(again.log[0]!.operation, 'load_weights');
  assert.deepEqual((await again.trainer.forward([sftDatum(FULL)])).logprobs, before.logprobs);
  const missing = { path: saved.replace('s1', 's9'), optimizer: false };
  await assert.rejects(again.trainer.openModel(SPEC, missing), /load_weights #1 .* not found/);
});

test('weights are handed over and deleted', async (t) => {
  const { url } = await startOnUnigram(t);
  const byPath = await connectTrainer(t, url);
  await byPath.trainer.openModel(SPEC, null);
  const plain = await byPath.trainer.saveForSampler('v1');
  assert.equal(plain.location, plain.path);
  await byPath.trainer.deleteSaved(plain.path);
  await byPath.trainer.deleteSaved(plain.path);

  const directory = path.join(await makeFolder(t), 'adapters');
  const byArchive = await connectTrainer(t, url, { handOver: { kind: 'archive', directory } });
  await byArchive.trainer.openModel(SPEC, null);
  const { path: saved, location } = await byArchive.trainer.saveForSampler('v1');
  assert.equal(path.dirname(location), directory);
  const config = JSON.parse(readFileSync(path.join(location, 'adapter_config.json'), 'utf8'));
  assert.deepEqual([config.peft_type, config.lora_alpha, Array.isArray(config.target_modules)], ['LORA', 8, true]);
  assert.ok(existsSync(path.join(location, 'weights.bin')));
  await byArchive.trainer.deleteSaved(saved);
  assert.equal(existsSync(location), false);
});

test('protobuf passes decode on the embedded server', async (t) => {
  const { url } = await startOnUnigram(t);
  const json = await connectTrainer(t, url);
  const protobuf = await connectTrainer(t, url, { profile: 'hosted' });
  const loss = { kind: 'ppo', clipLow: 0.8, clipHigh: 1.2 } as const;
  const results = [];
  for (const { trainer } of [json, protobuf]) {
    await trainer.openModel(SPEC, null);
    const data = [rlDatum(FULL, [0, 0.5, -1]), rlDatum([2, 30, 31], [1, 1])];
    const forward = await trainer.forward([sftDatum(FULL, 0.25)]);
    const pass = await trainer.forwardBackward(data, loss);
    const step = await trainer.optimStep(ADAM);
    results.push({ forward, pass, norm: step['embedded/grad_norm'] });
  }
  assert.deepEqual(results[1], results[0]);
  assert.ok(results[0]!.norm! > 0);
  assert.deepEqual([...new Set(protobuf.log.map(({ operation }) => operation))], ['forward_backward', 'optim_step']);
});

test('a probe without effect is no capability', async (t) => {
  const { url } = await startOnUnigram(t);
  const { trainer, log } = await connectTrainer(t, url);
  await trainer.openModel(SPEC, null);
  assert.equal(trainer.capabilities.structuredAttention, false);
  assert.deepEqual(
    log.filter(({ event }) => event === 'finished').map(({ operation, detail }) => [operation, detail]),
    [
      ['forward', 'done'],
      ['forward', 'done'],
    ],
  );
  const datum = { ...sftDatum(FULL), positionIds: [0, 1, 2], attnPath: [0, 0, 0] };
  await assert.rejects(trainer.forward([datum]), /datum 0 has position and path ids/);
});

test('one model at a time', async (t) => {
  const { url, lm } = await startOnUnigram(t);
  const { trainer } = await connectTrainer(t, url);
  await assert.rejects(trainer.optimStep(ADAM), /no model is open .* openModel/);
  for (let round = 0; round < 6; round += 1) await trainer.openModel(SPEC, null);
  assert.equal((await trainer.forward([sftDatum(FULL)])).logprobs.length, 1);
  assert.equal(lm.stats().running, 0);
});

test('the API key', async (t) => {
  const { url } = await startOnUnigram(t, { apiKey: 'secret' });
  const { trainer } = await connectTrainer(t, url, { apiKey: 'secret' });
  await trainer.openModel(SPEC, null);
  for (const options of [{}, { apiKey: 'wrong' }]) {
    await assert.rejects(connectTrainer(t, url, options), (error) => {
      assert.ok(error instanceof TrainerError);
      assert.match(error.message, /: 40[13] .*check the API key/);
      assert.ok(!error.message.includes('\n') && !error.message.includes('secret'));
      return true;
    });
  }
});

test('the profile is found', async (t) => {
  const { url } = await startOnUnigram(t);
  const { trainer, log } = await connectTrainer(t, `${url}/api/v1/`, { profile: 'auto' });
  assert.equal(trainer.url, url);
  await trainer.openModel(SPEC, null);
  assert.equal(log[0]!.operation, 'forward', 'JSON passes tell the embedded profile');
});

test('aborting', async (t) => {
  const { url, lm } = await startOnUnigram(t);
  const { trainer, story } = await connectTrainer(t, url);
  await trainer.openModel(SPEC, null);
  lm.hold(true);
  const abort = new AbortController();
  const reason = new Error('stop');
  const pass = trainer.forwardBackward([sftDatum(FULL)], { kind: 'cross_entropy' }, abort.signal);
  const step = trainer.optimStep(ADAM, abort.signal);
  const outcomes = Promise.allSettled([pass, step]);
  while (!story().includes('acknowledged 4')) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(reason);
  for (const outcome of await outcomes) {
    assert.equal(outcome.status === 'rejected' && outcome.reason, reason);
  }
  assert.ok(!story().some((line) => line === 'failed 3' || line === 'done 3'));
  lm.hold(false);
  await assert.rejects(trainer.optimStep(ADAM), /was not carried out; before it: stop/);
  await trainer.openModel(SPEC, null);
  assert.equal((await trainer.forward([sftDatum(FULL)])).logprobs.length, 1);
});

test('a server that is gone', async (t) => {
  const stateDir = await makeFolder(t);
  const server = await serveEmbeddedLm(openUnigramLm(), { seed: 1, stateDir });
  const { trainer, clock } = await connectTrainer(t, server.url);
  await trainer.openModel(SPEC, null);
  await server.close();
  await assert.rejects(trainer.optimStep(ADAM), (error) => {
    assert.ok(error instanceof TrainerError && error.retryable);
    assert.match(error.message, /optim_step #3 .*: connection refused/);
    return true;
  });
  assert.ok(clock.pauses.length <= 3, String(clock.pauses));
  await assert.rejects(connectTrainer(t, server.url), /healthz: connection refused: is the server running there/);
});
