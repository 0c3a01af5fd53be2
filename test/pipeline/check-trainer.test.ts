/**
 * What a trainer cannot do is told before anything is paid for:
 *  1. a lack that is known at once ends the run with the setting's name, before the teacher is asked
 *  2. before a cold start a model is opened and closed once; a trainer that refuses it ends the run there
 *  3. a lack that shows with the first model does so too
 *  4. a run that goes on after its cold start opens no model beyond those of its stages
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { TrainerError, UsageError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Trainer, TrainerNeeds } from '../../src/ports/trainer.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';

const LACK = { key: 'stages.rl.loss', message: 'is ppo, which this trainer does not compute' };

/** A toy run whose trainer answers as told; everything it is asked is noted. */
function openRun(t: Parameters<typeof openTempRun>[0], change: Partial<Trainer>) {
  const run = openTempRun(t, { plan: toyPlan() });
  const asked: string[] = [];
  const trainer: Trainer = {
    ...run.ctx.trainer,
    openModel: (...call) => {
      asked.push('open');
      return run.ctx.trainer.openModel(...call);
    },
    closeModel: (signal) => {
      asked.push('close');
      return run.ctx.trainer.closeModel(signal);
    },
    ...change,
  };
  return { run, asked, start: () => runCurriculum({ ...run.ctx, trainer }) };
}

test('1: known at once', async (t) => {
  const needs: TrainerNeeds[] = [];
  const { run, asked, start } = openRun(t, {
    findLack: (given) => {
      needs.push(given);
      return LACK;
    },
  });
  await assert.rejects(start(), (error) => {
    assert.ok(error instanceof UsageError);
    assert.equal(error.message, `${LACK.key} ${LACK.message}`);
    return true;
  });
  assert.deepEqual(needs[0]!.losses, [
    { stageId: 'sft', loss: 'cross_entropy' },
    { stageId: 'rl', loss: 'ppo' },
  ]);
  assert.deepEqual(asked, []);
  assert.deepEqual([...run.store.listAttempts(TOY_RUN, 0)], []);
});

test('2: a model is tried first', async (t) => {
  const refuse = () => Promise.reject(new TrainerError('rank 4096 is more than this server takes'));
  const { run, start } = openRun(t, { openModel: refuse });
  await assert.rejects(start(), /rank 4096/);
  assert.deepEqual([...run.store.listAttempts(TOY_RUN, 0)], []);
});

test('3: known with the first model', async (t) => {
  let opened = 0;
  const { run, asked, start } = openRun(t, { findLack: () => (opened > 0 ? LACK : null) });
  const { trainer } = run.ctx;
  const openModel = trainer.openModel.bind(trainer);
  trainer.openModel = async (...call) => {
    opened += 1;
    await openModel(...call);
  };
  await assert.rejects(start(), UsageError);
  assert.deepEqual(asked, ['open']);
  assert.deepEqual([...run.store.listAttempts(TOY_RUN, 0)], []);
});

test('4: no model too many', async (t) => {
  const { asked, start } = openRun(t, {});
  await start();
  assert.deepEqual(asked, ['open', 'close', 'open', 'open', 'open']);
  await start();
  assert.equal(asked.length, 5, 'a finished run asks for nothing');
});
