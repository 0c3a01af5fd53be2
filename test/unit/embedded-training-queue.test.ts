/**
 * Numbers of a model's operations at the embedded trainer:
 *  1. a recent number with its payload gives the same request again, with another payload a 409
 *  2. of thousands of operations only as many are remembered as there are results kept: an older number is a 409, and is
 *     not waited for
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { FutureTable } from '../../adapters/embedded-lm/server/tinker-face/futures.ts';
import { TrainingQueue } from '../../adapters/embedded-lm/server/tinker-face/training-queue.ts';

const KEPT = 1024;

/** A queue after that many operations, and the request id of each number. */
async function runOperations(count: number) {
  const queue = new TrainingQueue(new FutureTable());
  const ids = new Map<number, string>();
  for (let seqId = 1; seqId <= count; seqId += 1) {
    await new Promise<void>((resolve) => {
      const run = async () => resolve();
      ids.set(seqId, queue.submit({ seqId, payloadHash: `h${seqId}`, run }));
    });
  }
  await new Promise<void>((resolve) => setImmediate(resolve));
  return { queue, ids };
}

const refused = (pattern: RegExp) => (error: unknown) => error instanceof Error && pattern.test(error.message);

test('1: replays', async () => {
  const { queue, ids } = await runOperations(3);
  assert.equal(queue.findReplay(2, 'h2'), ids.get(2));
  assert.throws(() => queue.findReplay(2, 'other'), refused(/was reused: 2/));
  assert.equal(queue.findReplay(4, 'h4'), null);
});

test('2: thousands', async () => {
  const count = 2 * KEPT;
  const { queue, ids } = await runOperations(count);
  assert.equal(queue.findReplay(count - KEPT + 1, `h${count - KEPT + 1}`), ids.get(count - KEPT + 1));
  assert.throws(() => queue.findReplay(1, 'h1'), refused(/1 is too old/));
});
