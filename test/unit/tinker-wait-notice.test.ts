/**
 * What a user is told while a trainer is waited for:
 *  1. nothing within five seconds; then one line with what is waited for and why, however many requests wait
 *  2. that it answers again, once, and only if it was said to be waited for; then the next wait is told anew
 *  3. a wait that ends without an answer says nothing more
 *  4. a trainer without a free slot is told of before the first pause, once, with how long it is waited for
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { WaitNotice } from '../../adapters/tinker/wire/wait-notice.ts';
import { connectTrainer, SPEC } from '../support/trainer-connection.ts';
import { gone, repeat, startFaultServer } from '../support/trainer-fault-server.ts';

const WHO = 'trainer http://127.0.0.1:9';

function watch(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[] = [];
  return { told, notice: new WaitNotice({ who: WHO, tell: (line) => void told.push(line) }) };
}

test('1 and 2: five seconds', (t) => {
  const { told, notice } = watch(t);
  const waits = ['optim_step #4', 'forward #5'].map((what) => notice.begin(what));
  t.mock.timers.tick(4_999);
  assert.deepEqual(told, []);
  waits[0]!.note(`${WHO}: optim_step #4: connection refused`);
  t.mock.timers.tick(1);
  assert.deepEqual(told, [`waiting for ${WHO}: optim_step #4: connection refused`]);
  t.mock.timers.tick(60_000);
  for (const wait of waits) wait.end(true);
  assert.deepEqual(told.slice(1), [`${WHO} answers again`]);
  const quick = notice.begin('save_weights #6');
  quick.end(true);
  t.mock.timers.tick(60_000);
  assert.equal(told.length, 2);
  notice.begin('save_weights #7');
  t.mock.timers.tick(5_000);
  assert.deepEqual(told.slice(2), [`waiting for ${WHO}: save_weights #7: no answer yet`]);
});

test('3: no answer', (t) => {
  const { told, notice } = watch(t);
  const wait = notice.begin('optim_step #4');
  t.mock.timers.tick(5_000);
  wait.end(false);
  t.mock.timers.tick(60_000);
  assert.equal(told.length, 1);
});

test('4: slots', async (t) => {
  const double = await startFaultServer(t);
  const told: string[] = [];
  const toldAt: number[] = [];
  const { trainer, clock } = await connectTrainer(t, double.url, {
    profile: 'hosted',
    slotPatienceMs: 30_000,
    warn: (line) => {
      told.push(line);
      toldAt.push(double.to('create_model').length);
    },
  });
  double.fault('create_model', ...repeat(3, gone(400, 'Maximum number of LoRA adapters (4) reached')));
  await trainer.openModel(SPEC, null);
  assert.deepEqual(told, [
    `trainer ${double.url} has no slot for another model; it does not tell who holds them; waiting for up to 30 s`,
  ]);
  assert.deepEqual(toldAt, [1], 'after the first refusal, before the second request');
  assert.equal(clock.pauses.length, 3);
});
