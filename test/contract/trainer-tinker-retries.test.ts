/**
 * How the trainer adapter sends again, and what it tells of it.
 *
 * 1. Retry-After is waited for where it is longer than the own pause: seconds, and an HTTP date; at most a minute.
 * 2. An empty answer, a cut one and an error in disguise are asked for again, at submission and at the result.
 * 3. Every repetition is counted under its cause.
 * 4. A conflict is never sent again; neither is what only another request can bring back.
 * 5. A download of weights that breaks off begins anew, and leaves nothing half done.
 * 6. The key, and the token it was exchanged for, never reach a message.
 * 7. What does not end an operation is told once, by the given callback.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import tar from 'tar-stream';
import type { TinkerTrainerOptions } from '../../adapters/tinker/trainer/create-tinker-trainer.ts';
import { TrainerError } from '../../src/errors.ts';
import { makeFolder } from '../support/embedded-requests.ts';
import { ADAM, connectTrainer } from '../support/trainer-connection.ts';
import { type Fault, type FaultServerOptions, startFaultServer } from '../support/trainer-fault-server.ts';

const SPEC = { baseModel: 'base', rank: 8, seed: 5 } as const;

async function open(t: TestContext, server: FaultServerOptions = {}, options: Partial<TinkerTrainerOptions> = {}) {
  const double = await startFaultServer(t, server);
  const connection = await connectTrainer(t, double.url, { profile: 'hosted', ...options });
  await connection.trainer.openModel(SPEC, null);
  return { double, ...connection };
}

const busy = (headers: Record<string, string>, status = 429): Fault => ({ status, json: { detail: 'busy' }, headers });
const said = (text: string): Fault => ({ status: 200, text, headers: { 'content-type': 'application/json' } });

test('1. pauses asked for', async (t) => {
  const { double, trainer, clock } = await open(t);
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  for (const path of ['optim_step', 'retrieve_future']) {
    const before = clock.pauses.length;
    double.fault(
      path,
      busy({ 'retry-after': '7' }),
      busy({ 'retry-after': date }, 503),
      busy({ 'retry-after-ms': '20' }),
    );
    await trainer.optimStep(ADAM);
    assert.deepEqual(clock.pauses.slice(before), [7_000, 60_000, 2_000], path);
  }
});

test('2. no answers', async (t) => {
  const { double, trainer } = await open(t);
  const faults = [
    said(''),
    said('{"request_id": "1'),
    said('{"error": {"code": 429, "message": "slow down"}}'),
    { status: 524, text: 'a timeout occurred' },
  ];
  for (const path of ['optim_step', 'retrieve_future']) {
    double.fault(path, ...faults);
    assert.equal((await trainer.optimStep(ADAM))['x/grad_norm'], 1.5);
  }
  assert.deepEqual(double.executed, ['optim_step', 'optim_step'], 'nothing is executed twice');
  assert.deepEqual(trainer.retries(), {
    ...{ rate_limited: 2, overloaded: 0, not_ready: 0, timeout: 2, no_answer: 4, server_error: 0, billing: 0 },
  });
});

test('3. counts', async (t) => {
  const { double, trainer } = await open(t);
  assert.ok(Object.values(trainer.retries()).every((count) => count === 0));
  double.fault('optim_step', busy({}), busy({}, 503), busy({}, 500), busy({}, 425), busy({}, 402), 'lose-request');
  double.fault('retrieve_future', 'hold', 'lose-reply', busy({}, 500));
  await trainer.optimStep(ADAM);
  assert.deepEqual(trainer.retries(), {
    ...{ rate_limited: 1, overloaded: 1, not_ready: 1, timeout: 0, no_answer: 2, server_error: 2, billing: 1 },
  });
});

test('4. what is not sent again', async (t) => {
  const { double, trainer } = await open(t);
  for (const status of [400, 404, 409, 410, 413, 501]) {
    await trainer.openModel(SPEC, null);
    const sent = double.to('optim_step').length;
    double.fault('optim_step', busy({}, status));
    await assert.rejects(trainer.optimStep(ADAM), { name: 'TrainerError', status });
    assert.equal(double.to('optim_step').length, sent + 1, String(status));
  }
});

test('5. a download that breaks off', async (t) => {
  const directory = path.join(await makeFolder(t), 'weights');
  const { double, trainer } = await open(t, {}, { handOver: { kind: 'archive', directory } });
  const pack = tar.pack();
  pack.entry({ name: 'config.json' }, '{}');
  pack.entry({ name: 'model.safetensors' }, Buffer.alloc(200_000, 1));
  pack.finalize();
  const archive = await buffer(pack as unknown as Readable);
  let downloads = 0;
  double.route('training_runs/model-1/checkpoints/sampler_weights/v1/archive', (_request, response) => {
    downloads += 1;
    response.writeHead(200, { 'content-length': archive.length });
    if (downloads > 2) return void response.end(archive);
    response.write(archive.subarray(0, 100_000), () => response.destroy());
  });
  const { location } = await trainer.saveForSampler('v1');
  assert.equal(downloads, 3);
  assert.deepEqual(
    [readdirSync(location), readdirSync(directory)],
    [['config.json', 'model.safetensors'], ['model-1_v1']],
  );
  assert.equal(trainer.retries().no_answer, 2);
});

test('6. secrets', async (t) => {
  const double = await startFaultServer(t, { config: { pjwt_auth_enabled: true } });
  double.route('auth/token', (_request, response) => response.end(JSON.stringify({ jwt: 'jwt-very-secret' })));
  const { trainer } = await connectTrainer(t, double.url, { apiKey: 'tml-very-secret' });
  await trainer.openModel(SPEC, null);
  double.fault('optim_step', busy({}, 400), { status: 400, text: 'tml-very-secret or jwt-very-secret is wrong' });
  await assert.rejects(trainer.optimStep(ADAM));
  await trainer.openModel(SPEC, null);
  await assert.rejects(trainer.optimStep(ADAM), (error) => {
    assert.ok(error instanceof TrainerError);
    assert.match(error.message, /: 400 \*\*\* or \*\*\* is wrong$/);
    return true;
  });
});

test('7. warnings', async (t) => {
  const { trainer, warnings } = await open(t, { kind: 'skyrl' }, { profile: 'skyrl-train' });
  await trainer.optimStep(ADAM);
  await trainer.optimStep(ADAM);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /trainer profile skyrl-train does not apply beta1, .*clipNorm/);
  const jax = await open(t, { kind: 'skyrl' }, { profile: 'skyrl-jax' });
  await jax.trainer.optimStep({ ...ADAM, clipNorm: 0, beta2: 0.95 });
  assert.deepEqual(jax.warnings, []);
  await jax.trainer.optimStep({ ...ADAM, clipNorm: 0, beta2: 0.999 });
  assert.equal(jax.warnings.length, 1);
  assert.match(jax.warnings[0]!, /if these are bfloat16, 0\.999 is 1 there .* set adam\.beta2 to 0\.99$/);
  const tuft = await open(t, { kind: 'tuft' }, { profile: 'auto' });
  await tuft.trainer.openModel(SPEC, null);
  assert.equal(tuft.warnings.length, 1);
  assert.match(tuft.warnings[0]!, /TuFT keeps .* only with persistence/);
});
