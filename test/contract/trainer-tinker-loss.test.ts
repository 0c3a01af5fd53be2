/**
 * What a Tinker-API trainer says when it, or its model, is in trouble:
 *  1. a model that went with the process that held it is told as one that was not found, whatever the server's words and
 *     status; the refusal of a datum that speaks of models is not
 *  2. a gradient norm that is no number (JSON has null for it, some write a word) is NaN; other metrics without a number are
 *     left out, and a trainer that tells no norm tells none
 *  3. the path of a save is known before it, for both kinds, and only while a model is open
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { TrainerError } from '../../src/errors.ts';
import { ADAM, connectTrainer, SPEC, sftDatum } from '../support/trainer-connection.ts';
import { startFaultServer } from '../support/trainer-fault-server.ts';

const CE = { kind: 'cross_entropy' } as const;

test('1: a lost model', async (t) => {
  const cases = [
    [400, 'Model model-1 not loaded', 404],
    [400, 'Model model-1 not loaded (likely stale request from previous server)', 404],
    [409, "model 'model-1' is not loaded", 404],
    [404, 'Unknown model', 404],
    [422, 'the model input is too long; nothing was not loaded', 422],
  ] as const;
  for (const [status, detail, wanted] of cases) {
    const double = await startFaultServer(t);
    const { trainer } = await connectTrainer(t, double.url, { operationTimeoutMs: 1_000 });
    await trainer.openModel(SPEC, null);
    for (const path of ['forward_backward', 'retrieve_future']) {
      double.fault(path, ...Array.from({ length: 40 }, () => ({ status, json: { detail } })));
    }
    await assert.rejects(trainer.forwardBackward([sftDatum([5, 6, 7, 8])], CE), (error) => {
      assert.ok(error instanceof TrainerError);
      assert.equal(error.retryable ? 404 : error.status, wanted, `${status} ${detail}: ${error.message}`);
      return true;
    });
  }
});

test('2: the gradient norm', async (t) => {
  const cases = [
    [{ 'x/grad_norm': null, note: null }, { 'x/grad_norm': Number.NaN }],
    [
      { grad_norm: 'Infinity', 'step:max': 2 },
      { grad_norm: Number.NaN, 'step:max': 2 },
    ],
    [{ 'x/grad_norm': 0.5 }, { 'x/grad_norm': 0.5 }],
    [{ loss: null }, {}],
  ] as const;
  for (const [told, wanted] of cases) {
    const result = (operation: string) => (operation === 'optim_step' ? { metrics: told } : undefined);
    const double = await startFaultServer(t, { result });
    const { trainer } = await connectTrainer(t, double.url);
    await trainer.openModel(SPEC, null);
    assert.deepEqual(await trainer.optimStep(ADAM), wanted);
  }
  // As Python's json writes it.
  const double = await startFaultServer(t);
  const { trainer } = await connectTrainer(t, double.url);
  await trainer.openModel(SPEC, null);
  double.fault('retrieve_future', { status: 200, text: '{"metrics": {"grad_norm": NaN, "step:max": 1}}' });
  assert.deepEqual(await trainer.optimStep(ADAM), { grad_norm: Number.NaN, 'step:max': 1 });
});

test('3: paths', async (t) => {
  const double = await startFaultServer(t);
  const { trainer } = await connectTrainer(t, double.url);
  assert.throws(() => trainer.pathOf('state', 's1_1'), TrainerError);
  await trainer.openModel(SPEC, null);
  const state = trainer.pathOf('state', 's1_1');
  const sampler = trainer.pathOf('sampler', 'v1_1_1');
  assert.deepEqual(
    [(await trainer.saveState('s1_1')).path, (await trainer.saveForSampler('v1_1_1')).path],
    [state, sampler],
  );
});
