/**
 * Models at a trainer, and what trainers are told apart by.
 *
 * 1. After a lost reply, or a promise the server lost, a model is made in a new session; what the old one holds is
 *    unloaded. Three losses in a row are an error.
 * 2. A server that takes protobuf only, and answers 201 and 202, is TuFT; SkyRL's back ends are told apart by what the
 *    first model answers to a pass, and until then nothing is refused that one of them has; an unknown server asks for
 *    a choice.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { LossSpec } from '../../src/core/datum.ts';
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
