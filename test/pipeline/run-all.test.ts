/**
 * Running many at once:
 *  1. all items are worked on, at once
 *  2. the first failure is what is thrown, after every other item has ended
 *  3. the others see it through their signal; what they throw then is not reported
 *  4. the caller's signal reaches every item
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { runAll } from '../../src/pipeline/run-all.ts';

const NEVER = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('1: all', async () => {
  const seen: string[] = [];
  await runAll(
    ['a', 'b', 'c'],
    async (item) => {
      seen.push(`begin ${item}`);
      await turn();
      seen.push(`end ${item}`);
    },
    NEVER,
  );
  assert.deepEqual(seen.slice(0, 3), ['begin a', 'begin b', 'begin c']);
  assert.equal(seen.length, 6);
  await runAll([], async () => assert.fail('no item'), NEVER);
});

test('2+3: a failure', async () => {
  const ended: number[] = [];
  const work = async (item: number, signal: AbortSignal) => {
    await turn();
    if (item === 1) throw new Error('first');
    for (let i = 0; i < 5; i += 1) await turn();
    ended.push(item);
    signal.throwIfAborted();
    assert.fail('the signal has fired');
  };
  await assert.rejects(runAll([0, 1, 2], work, NEVER), /^Error: first$/);
  assert.deepEqual(ended, [0, 2]);
});

test('4: aborted from outside', async () => {
  const stop = new AbortController();
  const work = async (_item: number, signal: AbortSignal) => {
    while (!signal.aborted) await turn();
    throw signal.reason;
  };
  setImmediate(() => stop.abort(new Error('stop')));
  await assert.rejects(runAll([0, 1, 2], work, stop.signal), /stop/);
});
