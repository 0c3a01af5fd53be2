/**
 * What the trainer adapter makes of a server that misbehaves.
 *
 *  1. `try_again`, 408, `complete_metadata`, 429, 402 and short bursts of 5xx are waited out with growing pauses;
 *     a long burst ends with the request id. The wall-clock limit ends an operation that is never done.
 *  2. A lost acknowledgement is submitted again under the same number and payload: nothing is executed twice. A lost
 *     result is polled again.
 *  3. A repeated save answered by "already exists" is done once the server lists it; one that was not repeated is an error.
 *  4. A sequence conflict after a repeated submission means "executed" on TuFT alone.
 *  5. A lost promise of a numbered operation is asked for with the same bytes, once, where the server knows the number
 *     again. A number that another request had is an error of its own kind.
 *  6. Failures are one line without control characters, of a traceback the last line, at most 300 characters of it.
 *  7. After a failure everything behind it is refused and not sent; what was before it is delivered; a new model works.
 *  8. Results of the wrong count or length are refused; a log-prob that is no number is NaN; stripped results are tolerated.
 *  9. Wrong datums are refused by index before anything is sent, and the optimizer step behind them is not sent.
 * 10. Large batches go in chunks with consecutive numbers; log-probs keep their order and metrics merge by suffix.
 * 11. Heartbeats do not keep the process alive; a session the server forgot is replaced when a model is opened.
 * 12. The key is exchanged for a token where the server asks, and renewed when it is refused.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { promisify } from 'node:util';
import { ReusedNumberError } from '../../adapters/tinker/trainer/model-queue.ts';
import { ParallelR1Error, TrainerError } from '../../src/errors.ts';
import type { Wire } from '../support/embedded-requests.ts';
import { ADAM, connectTrainer, openOnDouble as open, sftDatum, trainerError } from '../support/trainer-connection.ts';
import {
  type Fault,
  type FaultServerOptions,
  gone,
  repeat,
  startFaultServer,
} from '../support/trainer-fault-server.ts';

const SPEC = { baseModel: 'base', rank: 8, seed: 5 } as const;
const FULL = [1, 20, 21, 22];
const CE = { kind: 'cross_entropy' } as const;

test('what passes by itself is waited out', async (t) => {
  const { double, trainer, clock } = await open(t);
  const metadata = { status: 200, json: { status: 'complete_metadata', response_payload_size: 9 } };
  double.fault('retrieve_future', 'hold', gone(408, 'Timeout waiting for result'), 'hold', metadata);
  assert.equal((await trainer.forward([sftDatum(FULL)])).logprobs[0]!.length, 3);
  assert.equal(double.to('retrieve_future').at(-1)!.body.allow_metadata_only, false);
  assert.deepEqual(new Set(clock.pauses), new Set([100]));

  double.fault('retrieve_future', ...repeat(3, gone(503)), ...repeat(2, gone(429)), gone(402));
  const before = clock.pauses.length;
  await trainer.optimStep(ADAM);
  assert.deepEqual(clock.pauses.slice(before), [1000, 2000, 4000, 1000, 2000, 5000]);

  double.fault('optim_step', gone(429), gone(402), gone(503), gone(425));
  await trainer.optimStep(ADAM);
  assert.equal(double.executed.filter((operation) => operation === 'optim_step').length, 2);

  double.fault('retrieve_future', ...repeat(20, gone(500)));
  await assert.rejects(trainer.optimStep(ADAM), trainerError(/optim_step #4 .*: 500 busy \(request \d+\)/));
});

test('the wall-clock limit', async (t) => {
  const { double, trainer, clock } = await open(t, {}, { operationTimeoutMs: 5_000 });
  double.fault('retrieve_future', ...repeat(200, 'hold'));
  await assert.rejects(
    trainer.optimStep(ADAM),
    trainerError(/was not finished within 5 s; raise trainer\.operationTimeout/),
  );
  assert.ok(clock.pauses.reduce((sum, pause) => sum + pause, 0) >= 5_000);
  const busy = await open(t, {}, { operationTimeoutMs: 5_000 });
  busy.double.fault('optim_step', ...repeat(50, gone(429)));
  await assert.rejects(busy.trainer.optimStep(ADAM), (error) => error instanceof TrainerError && error.retryable);
});

for (const fault of ['lose-reply', 'lose-request', 'cut-body'] as const) {
  test(`a lost acknowledgement (${fault})`, async (t) => {
    const { double, trainer, log } = await open(t);
    double.fault('forward_backward', fault);
    double.fault('optim_step', fault, fault);
    const [pass, step] = await Promise.all([trainer.forwardBackward([sftDatum(FULL)], CE), trainer.optimStep(ADAM)]);
    assert.deepEqual([pass.logprobs[0]!.length, step['x/grad_norm']], [3, 1.5]);
    assert.deepEqual(double.executed, ['forward_backward', 'optim_step']);
    const sent = double.to('optim_step');
    assert.equal(sent.length, 3);
    assert.ok(sent.every(({ raw }) => raw.equals(sent[0]!.raw)));
    assert.deepEqual(
      log.map(({ event, seqId }) => `${event} ${seqId}`).filter((line) => line.endsWith('2')),
      ['submitting 2', 'acknowledged 2', 'finished 2'],
    );
    double.fault('retrieve_future', fault, fault);
    assert.equal((await trainer.forward([sftDatum(FULL)])).logprobs[0]!.length, 3);
  });
}

test('repeated saves', async (t) => {
  const { double, trainer } = await open(t, { kind: 'skyrl' }, { profile: 'skyrl-train' });
  double.fault('save_weights', 'lose-reply');
  double.fault('training_runs/model-1/checkpoints', { status: 200, json: { checkpoints: [] } });
  assert.equal((await trainer.saveState('s1')).path, 'tinker://model-1/weights/s1');
  assert.equal(double.to('training_runs/model-1/checkpoints').length, 2);
  const sampler = await trainer.saveForSampler('v1');
  assert.equal(sampler.path, 'tinker://model-1/sampler_weights/v1');
  await assert.rejects(trainer.saveState('s1'), trainerError(/409 Checkpoint 's1' already exists/));
  await trainer.openModel(SPEC, null);
  await assert.rejects(trainer.saveState('../s1'), trainerError(/must be 1 to 255 letters/));
  await assert.rejects(trainer.deleteSaved('tinker://model-1/../x'), trainerError(/is no checkpoint path/));
  await trainer.deleteSaved(sampler.path);
  await trainer.deleteSaved(sampler.path);
});

test('sequence conflicts', async (t) => {
  const tuft = await open(t, { kind: 'tuft' }, { profile: 'tuft' });
  tuft.double.fault('forward_backward', 'lose-reply');
  tuft.double.fault('optim_step', 'lose-reply');
  const [pass, step] = await Promise.all([
    tuft.trainer.forwardBackward([sftDatum(FULL)], CE),
    tuft.trainer.optimStep(ADAM),
  ]);
  assert.deepEqual([pass.logprobs, step], [[null], {}]);
  assert.deepEqual(tuft.double.executed, ['forward_backward', 'optim_step']);
  const later = { status: 409, json: { detail: 'Sequence conflict: expected 3, got 9.' } };
  tuft.double.fault('retrieve_future', later);
  await assert.rejects(tuft.trainer.optimStep(ADAM), trainerError(/409 Sequence conflict: expected 3, got 9/));

  const plain = await open(t);
  plain.double.fault('optim_step', 'lose-reply', {
    status: 409,
    json: { detail: 'Sequence conflict: expected 2, got 1.' },
  });
  await assert.rejects(plain.trainer.optimStep(ADAM), trainerError(/409/));
  await plain.trainer.openModel(SPEC, null);
  plain.double.fault('optim_step', { status: 409, json: { detail: 'Training request sequence number was reused: 1' } });
  await assert.rejects(plain.trainer.optimStep(ADAM), trainerError(/sequence number was reused/));
});

test('a promise that the server lost is asked for anew', async (t) => {
  for (const status of [404, 410]) {
    const { double, trainer, story } = await open(t);
    double.fault('retrieve_future', gone(status, 'promise lost'));
    const step = await trainer.optimStep(ADAM);
    assert.deepEqual(step, {}, 'done once; what it answered is not known');
    const [first, second] = double.to('optim_step');
    assert.deepEqual(second!.raw, first!.raw, 'byte for byte');
    assert.equal(double.executed.length, 1);
    assert.deepEqual(story().slice(-1), ['done 1']);
  }
  const { double, trainer } = await open(t, { kind: 'tuft' }, { profile: 'verl' });
  double.fault('retrieve_future', gone(410, 'promise lost'));
  await assert.rejects(trainer.optimStep(ADAM), trainerError(/410 promise lost/));
  assert.equal(double.to('optim_step').length, 1, 'where a repeated number is executed twice, it is not repeated');
});

test('a number that another request had is told as such', async (t) => {
  const { double, trainer } = await open(t);
  double.fault('optim_step', gone(409, 'Training request sequence number was reused: 1'));
  await assert.rejects(trainer.optimStep(ADAM), (error) => {
    assert.ok(error instanceof ReusedNumberError);
    return trainerError(/number 1 was another request's: does a second process train this model\?/)(error);
  });
});

test('failures are told in one line', async (t) => {
  const traceback = `Future failed: \u001b[31mTraceback (most recent call last)\u001b[0m\n  File "x.py"\n\u001b]0;title\u0007\u001b[1mValueError\u001b[0m: bad\tlength\u202e 7\n\n`;
  const cases: [Fault, RegExp][] = [
    [gone(422, traceback), /: 422 Future failed: … ValueError: bad length 7$/],
    [gone(400, 'x'.repeat(5000)), /: 400 x+ … x+$/],
    [{ status: 200, json: { error: 'out of\nmemory', category: 'server' } }, /failed: out of memory$/],
    [gone(408, 'sequence ID 3 timed out'), /408 sequence ID 3/],
    [
      { status: 422, json: { detail: [{ loc: ['body', 'seq_id'], msg: 'Field required' }] } },
      /body\.seq_id: Field required/,
    ],
    [{ status: 403, text: '<html>\n no </html>' }, /403 <html> no <\/html>; check the API key/],
    [{ status: 200, text: '{"metrics": nan}' }, /expected JSON, got \{"metrics": nan\}/],
    [{ status: 200, json: { metrics: 'none' } }, /is not the protocol's: metrics/],
  ];
  const { double, trainer } = await open(t);
  for (const [fault, message] of cases) {
    await trainer.openModel(SPEC, null);
    double.fault('retrieve_future', fault);
    await assert.rejects(trainer.optimStep(ADAM), trainerError(message));
  }
  double.fault('create_model', { status: 404, json: { detail: 'Unknown model: base' } });
  await assert.rejects(trainer.openModel(SPEC, null), trainerError(/create_model: 404 Unknown model: base/));
});

test('a failure stops what is behind it', async (t) => {
  const { double, trainer, story } = await open(t, {
    result: (operation, body) =>
      operation === 'optim_step' && body.seq_id === 2 ? { error: 'boom', category: 'user' } : undefined,
  });
  const outcomes = await Promise.allSettled([
    trainer.forwardBackward([sftDatum(FULL)], CE),
    trainer.optimStep(ADAM),
    trainer.forwardBackward([sftDatum(FULL)], CE),
    trainer.optimStep(ADAM),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'rejected'],
  );
  const messages = outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason.message) : ''));
  assert.match(messages[1]!, /optim_step #2 of model model-1: failed: boom/);
  assert.match(messages[3]!, /was not carried out; before it: .*#2.* boom/);
  assert.ok(story().includes('failed 2') && !story().includes('done 3'));
  const sent = double.seen.length;
  await assert.rejects(trainer.forward([sftDatum(FULL)]), trainerError(/was not carried out/));
  assert.equal(double.seen.length, sent);
  await trainer.openModel(SPEC, null);
  assert.equal((await trainer.forward([sftDatum(FULL)])).logprobs.length, 1);
  double.fault('forward_backward', gone(422, 'no'));
  const refused = [trainer.forwardBackward([sftDatum(FULL)], CE), trainer.optimStep(ADAM)];
  const [first, second] = await Promise.allSettled(refused);
  assert.deepEqual([first!.status, second!.status], ['rejected', 'rejected']);
  assert.equal(double.to('optim_step').filter(({ body }) => body.model_id === 'model-2').length, 0);
});

test('an error of the log is passed on and stops the queue', async (t) => {
  class Full extends ParallelR1Error {}
  const double = await startFaultServer(t);
  const requestLog = {
    acknowledged: () => {},
    finished: () => {},
    submitting: () => assert.fail(new Full('disk full')),
    modelOpened: () => {},
    modelClosed: () => {},
    listOpenModels: () => [],
    listSavedPaths: () => [],
  };
  const { trainer } = await connectTrainer(t, double.url, { requestLog });
  await trainer.openModel(SPEC, null);
  await assert.rejects(trainer.optimStep(ADAM), Full);
  assert.deepEqual(double.executed, []);
});

test('wrong results', async (t) => {
  const row = (...values: (number | null)[]) => ({ score: () => [values] });
  const cases: [FaultServerOptions, RegExp][] = [
    [row(-1, -2), /result 0 has 2 log-probs, its datum 3 positions/],
    [{ score: () => [[-1, -2, -3], [-1]] }, /1 datums were sent, 2 results/],
    [{ result: () => ({ loss_fn_outputs: 'no' }) }, /loss_fn_outputs is no array/],
  ];
  for (const [server, message] of cases) {
    const { trainer } = await open(t, server);
    await assert.rejects(trainer.forwardBackward([sftDatum(FULL)], CE), trainerError(message));
  }
  const { trainer: diverged } = await open(t, row(-1, null, -3));
  const { logprobs } = await diverged.forwardBackward([sftDatum(FULL)], CE);
  assert.deepEqual(logprobs, [[-1, Number.NaN, -3]], 'whoever knows what is trained on decides');
  for (const outputs of [[], [{}], [null], null]) {
    const { trainer } = await open(t, { result: () => ({ loss_fn_outputs: outputs, metrics: null }) });
    assert.deepEqual(await trainer.forward([sftDatum(FULL)]), { logprobs: [null], metrics: {} });
  }
  const bfloat = Buffer.from('12280a0178122312086c6f6770726f6273', 'hex');
  const { trainer } = await open(t, { kind: 'tuft', result: () => ({ protobuf: bfloat }) }, { profile: 'tuft' });
  await assert.rejects(trainer.forward([sftDatum(FULL)]), trainerError(/protobuf answer is malformed/));
});

test('wrong datums are not sent', async (t) => {
  const { double, trainer } = await open(t);
  const good = sftDatum(FULL);
  const cases: [Wire, typeof CE | { kind: 'importance_sampling' }, RegExp][] = [
    [{ ...good, weights: [1, 1] }, CE, /datum 1 has 3 tokens and 2 weights/],
    [{ ...good, targets: [1, 2] }, CE, /datum 1 has 3 tokens and 2 targets/],
    [{ ...good, weights: [0, 0, 0] }, CE, /datum 1 has weights 0 everywhere/],
    [{ ...good, weights: [1, Number.NaN, 1] }, CE, /datum 1 has weights NaN at position 1/],
    [{ ...good, weights: [1, 1e39, 1] }, CE, /datum 1 has weights 1e\+39/],
    [{ ...good, tokens: [1, -2, 3] }, CE, /datum 1 has an id that is no non-negative integer/],
    [{ ...good, weights: undefined }, CE, /datum 1 has no weights/],
    [good, { kind: 'importance_sampling' }, /datum 0 has no logprobs/],
    [{ ...good, positionIds: [0, 1, 2], attnPath: [0, 0, 0] }, CE, /datum 1 must have both/],
  ];
  for (const [datum, loss, message] of cases) {
    await trainer.openModel(SPEC, null);
    const pass = trainer.forwardBackward([good, datum], loss);
    const step = trainer.optimStep(ADAM);
    const [first, second] = await Promise.allSettled([pass, step]);
    assert.ok(first.status === 'rejected' && second.status === 'rejected');
    assert.ok(trainerError(message)(first.reason) && trainerError(/was not carried out/)(second.reason));
  }
  await assert.rejects(trainer.forward([]), trainerError(/at least one datum/));
  assert.deepEqual(double.executed, []);
});

test('large batches go in chunks', async (t) => {
  const { double, trainer } = await open(t, { config: { fwdbwd_max_chunk_len: 4, pjwt_auth_enabled: false } });
  const data = Array.from({ length: 10 }, (_, i) => sftDatum(Array.from({ length: i + 2 }, () => 1)));
  const [result, step] = await Promise.all([trainer.forwardBackward(data, CE), trainer.optimStep(ADAM)]);
  assert.deepEqual(
    result.logprobs.map((row) => row!.length),
    data.map(({ tokens }) => tokens.length),
  );
  assert.deepEqual(
    double.to('forward_backward').map(({ body }) => [body.seq_id, body.forward_backward_input.data.length]),
    [
      [1, 4],
      [2, 4],
      [3, 2],
    ],
  );
  assert.equal(double.to('optim_step')[0]!.body.seq_id, 4);
  assert.deepEqual(result.metrics, { 'loss:sum': 10, 'x:mean': 3.6, 'y:max': 4 });
  assert.deepEqual(step, { 'x/grad_norm': 1.5, 'step:max': 1 });
  const long = Array.from({ length: 3 }, () => sftDatum(Array.from({ length: 65_001 }, () => 1)));
  await trainer.forward(long);
  assert.equal(double.to('forward').length, 2, 'at most 2.4 MB each, 5 MB in one request');
});

test('sessions', async (t) => {
  const { double, trainer } = await open(t);
  double.fault('session_heartbeat', { status: 404, json: { detail: 'Session not found' } });
  await trainer.openModel(SPEC, null);
  assert.equal(double.to('create_session').length, 2);

  const source = `
    const { createTinkerTrainer } = await import(${JSON.stringify(new URL('../../adapters/tinker/trainer/create-tinker-trainer.ts', import.meta.url).href)});
    const none = () => {};
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
    await createTinkerTrainer({ url: process.argv[1], profile: 'embedded', operationTimeoutMs: 1000, slotPatienceMs: 0, owner: 'run', handOver: 'path', warn: none,
      requestLog: { submitting: none, acknowledged: none, finished: none }, clock });
    console.log('connected');`;
  const args = ['--input-type=module', '--eval', source, double.url];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 9_000 });
  assert.equal(stdout.trim(), 'connected');
});

test('the key is exchanged for a token', async (t) => {
  const double = await startFaultServer(t, { config: { pjwt_auth_enabled: true } });
  let issued = 0;
  double.route('auth/token', (request, response) => {
    issued += 1;
    assert.equal(request.headers['x-api-key'], 'tml-key');
    response.end(JSON.stringify({ jwt: `jwt-${issued}` }));
  });
  const { trainer } = await connectTrainer(t, double.url, { apiKey: 'tml-key' });
  assert.equal(double.to('create_session')[0]!.headers['x-api-key'], 'jwt-1');
  await trainer.openModel(SPEC, null);
  double.fault('optim_step', gone(401, 'expired'));
  await trainer.optimStep(ADAM);
  assert.equal(double.to('optim_step').at(-1)!.headers['x-api-key'], 'jwt-2');
});
