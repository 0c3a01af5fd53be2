/**
 * Models at a trainer, and what trainers are told apart by.
 *
 * 1. After a lost reply, or a promise the server lost, a model is made in a new session; what the old one holds is
 *    unloaded. Three losses in a row are an error.
 * 2. Closing a model, or the connection, unloads it; what earlier processes of the run left is unloaded before the first
 *    model is made. A model that could not be unloaded stays on record.
 * 3. A server without a free place is asked again for as long as it may take, which is said once with whose the places
 *    are; then it is an error with the same and what to do. Models that a request delivered twice left in our own session
 *    are unloaded first, and nobody has to wait for their places.
 * 4. Where unloading forgets checkpoints, a model stays while the run has one of it, and goes when the last is deleted.
 * 5. A server that takes protobuf only, and answers 201 and 202, is TuFT; SkyRL's back ends are told apart by what the
 *    first model answers to a pass, and until then nothing is refused that one of them has; an unknown server asks for
 *    a choice.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { LossSpec } from '../../src/core/datum.ts';
import { TrainerError } from '../../src/errors.ts';
import {
  ADAM,
  connectTrainer,
  openOnDouble as open,
  rlDatum,
  sftDatum,
  trainerError,
} from '../support/trainer-connection.ts';
import { gone, repeat, startFaultServer } from '../support/trainer-fault-server.ts';

const SPEC = { baseModel: 'base', rank: 8, seed: 5 } as const;
const FULL = [1, 20, 21, 22];

test('a lost create_model is made anew', async (t) => {
  const { double, trainer } = await open(t);
  double.fault('create_model', 'lose-reply');
  await trainer.openModel(SPEC, null);
  const sessions = double.to('create_model').map(({ body }) => body.session_id);
  assert.deepEqual(sessions, ['s1', 's1', 's2'], 'never twice in the session that may hold the lost one');
  assert.ok(double.to('unload_model').some(({ body }) => body.model_id === 'model-2'));
  await trainer.optimStep(ADAM);
  assert.equal(double.to('optim_step')[0]!.body.model_id, 'model-3');

  await trainer.closeModel();
  double.fault('retrieve_future', gone(410, 'promise lost'));
  await trainer.openModel(SPEC, null);
  assert.equal(double.to('create_model').at(-1)!.body.session_id, 's3');

  double.fault('create_model', ...repeat(3, 'lose-reply'));
  await assert.rejects(
    trainer.openModel(SPEC, null),
    trainerError(/create_model: the connection was cut .*; whether the server acted on it is not known/),
  );
});

test('models are given back', async (t) => {
  const openModels = new Set(['old-1', 'old-2']);
  const { double, trainer } = await open(t, {}, { openModels });
  const unloaded = () => double.to('unload_model').map(({ body }) => body.model_id);
  assert.deepEqual(unloaded(), ['old-1', 'old-2']);
  const order = double.seen.map(({ path }) => path);
  assert.ok(order.lastIndexOf('unload_model') < order.indexOf('create_model'), 'their places are free by then');
  assert.deepEqual([...openModels], ['model-1']);
  assert.equal(double.to('create_model')[0]!.body.user_metadata.run, 'test-run');
  await trainer.openModel(SPEC, null);
  await trainer.closeModel();
  assert.deepEqual(unloaded().slice(2), ['model-1', 'model-2']);
  await assert.rejects(trainer.optimStep(ADAM), TrainerError);
  await trainer.openModel(SPEC, null);
  await trainer[Symbol.asyncDispose]();
  assert.deepEqual(unloaded().slice(4), ['model-3']);
  assert.deepEqual([...openModels], []);

  const lost = await open(t, {}, { openModels });
  lost.double.fault('unload_model', 'lose-request');
  await lost.trainer[Symbol.asyncDispose]();
  assert.deepEqual([...openModels], ['model-1'], 'for the next process');
});

test('no place for a model', async (t) => {
  for (const refusal of [
    gone(400, 'Maximum number of LoRA adapters (4) reached'),
    gone(429, '4 models exist, which is the limit'),
  ]) {
    const double = await startFaultServer(t);
    double.route('sessions', (_request, response) => response.end(JSON.stringify({ sessions: ['a'] })));
    double.route('sessions/a', (_request, response) => response.end(JSON.stringify({ training_run_ids: ['m', 'n'] })));
    const describe = (id: string, user_metadata: object | null) =>
      double.route(`training_runs/${id}`, (_request, response) => response.end(JSON.stringify({ user_metadata })));
    describe('m', { run: 'sums-3' });
    describe('n', null);
    const options = { slotPatienceMs: 60_000, profile: 'hosted' } as const;
    const { trainer, warnings, clock } = await connectTrainer(t, double.url, options);
    double.fault('create_model', ...repeat(2, refusal));
    await trainer.openModel(SPEC, null);
    assert.deepEqual(warnings, [
      `trainer ${double.url} has no slot for another model; they are held by run sums-3, model n; waiting for up to 60 s`,
    ]);
    assert.ok(clock.pauses.length >= 2);
    double.fault('create_model', ...repeat(60, refusal));
    const asked = double.to('create_model').length;
    await assert.rejects(trainer.openModel(SPEC, null), (error: unknown) => {
      trainerError(/no slot got free in 60 s; they are held by run sums-3, model n: .*trainer\.slotPatienceSeconds/)(
        error,
      );
      // Final, whatever repeats failures: the patience is used up, and the causes say nothing else.
      for (let cause = error; cause instanceof TrainerError; cause = cause.cause as Error) {
        assert.equal(cause.retryable, false);
      }
      return true;
    });
    assert.ok(double.to('create_model').length - asked >= 12, 'asked every five seconds');
  }
});

test('a model that was made twice', async (t) => {
  const { double, trainer, warnings, clock } = await open(t, {}, { profile: 'hosted', slotPatienceMs: 60_000 });
  // As a network delivers it that repeats requests: we are told of one of the two.
  const { body, headers } = double.to('create_model')[0]!;
  const again = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': headers['content-type']! } };
  await fetch(`${double.url}/api/v1/create_model`, again);
  double.fault('create_model', gone(400, 'Maximum number of LoRA adapters (2) reached'));
  await trainer.openModel(SPEC, null);
  assert.deepEqual(
    double.to('unload_model').map(({ body }) => body.model_id),
    ['model-1', 'model-2'],
    'the one that was closed, and the one that nobody knew of',
  );
  await trainer.optimStep(ADAM);
  assert.equal(double.to('optim_step')[0]!.body.model_id, 'model-3');
  assert.deepEqual([warnings, clock.pauses.length], [[], 0], 'nobody waited');
});

test('a server that forgets checkpoints with their models', async (t) => {
  const savedPaths: string[] = [];
  const { double, trainer } = await open(t, { kind: 'tuft' }, { profile: 'tuft', savedPaths });
  const unloaded = () => double.to('unload_model').map(({ body }) => body.model_id);
  const { path } = await trainer.saveState('s1');
  savedPaths.push(path);
  await trainer.openModel(SPEC, { path, optimizer: false });
  assert.deepEqual(unloaded(), [], 'the state that was just loaded is still there for a resume');
  savedPaths.push((await trainer.saveState('s2')).path);
  savedPaths.shift();
  await trainer.deleteSaved(path);
  assert.deepEqual(unloaded(), ['model-1']);
  await trainer[Symbol.asyncDispose]();
  assert.deepEqual(unloaded(), ['model-1'], 'the last state outlives the connection');
});

test('telling servers apart', async (t) => {
  const tuft = await open(t, { kind: 'tuft' }, { profile: 'auto' });
  const result = await tuft.trainer.forwardBackward([rlDatum(FULL, [0, 1, 1])], {
    kind: 'ppo',
    clipLow: 0.8,
    clipHigh: 1.2,
  });
  assert.deepEqual(result.logprobs, [[-1, -2, -3]]);
  const sent = tuft.double.to('forward_backward')[0]!;
  assert.equal(sent.headers['content-type'], 'application/x-protobuf');
  assert.deepEqual(sent.body.forward_backward_input.loss_fn_config, {
    clip_low_threshold: 0.8,
    clip_high_threshold: 1.2,
  });
  assert.deepEqual(Object.keys(sent.body.forward_backward_input.data[0].loss_fn_inputs), [
    'target_tokens',
    'logprobs',
    'advantages',
  ]);
  assert.equal(tuft.double.to('retrieve_future').at(-1)!.headers.accept, 'application/x-protobuf');

  const wrongCodec = await open(t, { kind: 'tuft' }, { profile: 'embedded' });
  await assert.rejects(wrongCodec.trainer.forward([sftDatum(FULL)]), trainerError(/forward #1 .*415/));

  const needs = (loss: LossSpec['kind'], rank = 8) => ({ model: { ...SPEC, rank }, losses: [{ stageId: 'rl', loss }] });
  const row = { data: [-1, -1], dtype: 'float32', shape: [2] };
  const backEnds = [
    { answers: { logprobs: row, elementwise_loss: row }, computes: 'cispo', lacks: 'gspo' },
    { answers: { logprobs: row }, computes: 'gspo', lacks: 'cispo' },
  ] as const;
  for (const { answers, computes, lacks } of backEnds) {
    const skyrl = await startFaultServer(t, { kind: 'skyrl', result: () => ({ loss_fn_outputs: [answers] }) });
    const { trainer } = await connectTrainer(t, skyrl.url, { profile: 'auto' });
    for (const loss of [computes, lacks]) assert.equal(trainer.findLack(needs(loss)), null, 'not known yet');
    assert.equal(trainer.findLack(needs('dro'))?.key, 'stages.rl.loss', 'none of the two computes it');
    await trainer.openModel(SPEC, null);
    assert.equal(trainer.findLack(needs(computes)), null);
    assert.match(trainer.findLack(needs(lacks))!.message, new RegExp(`is ${lacks}, which .* does not compute`));
    assert.equal(trainer.findLack(needs(computes, 0))?.key ?? null, computes === 'gspo' ? null : 'trainer.lora.rank');
    const passes = skyrl.to('forward_backward').length;
    await trainer.openModel(SPEC, null);
    assert.equal(skyrl.to('forward_backward').length, passes, 'it is asked once');
  }
  const unknown = await startFaultServer(t);
  await assert.rejects(
    connectTrainer(t, unknown.url, { profile: 'auto' }),
    trainerError(/cannot tell what kind of trainer .* is; set trainer\.profile/),
  );
  await assert.rejects(connectTrainer(t, 'ftp://x'), trainerError(/correct trainer\.url/));
});
