/**
 * The call policy, the one place of retries:
 *  1. a retryable engine error is repeated and counted; the pauses double up to their limit
 *  2. the server's own pause wins when it is longer
 *  3. tries used up: RunError with the engine's message as cause
 *  4. an error that is not retryable, and one that is no engine error, pass at once
 *  5. never more calls in flight than allowed; a waiting call begins when a place is free
 *  6. an aborted signal ends pauses and stops calls that have not begun
 *  7. describeRefusal: only a request at fault is a value, the rest is thrown on
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError, RunError } from '../../src/errors.ts';
import { createCallPolicy, describeRefusal } from '../../src/pipeline/engine/calls.ts';

function createPolicy(over: { maxInFlight?: number; tries?: number } = {}) {
  const pauses: number[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
    },
  };
  const policy = createCallPolicy({ maxInFlight: 2, tries: 6, firstPauseMs: 100, maxPauseMs: 500, clock, ...over });
  return { policy, pauses };
}

const NEVER = new AbortController().signal;

/** Fails `times` times, then answers. */
function failing(times: number, error: () => Error): () => Promise<string> {
  let left = times;
  return async () => {
    left -= 1;
    if (left >= 0) throw error();
    return 'answer';
  };
}

const busy = (retryAfterMs?: number) => () =>
  new EngineError('503 busy', { retryable: true, status: 503, retryAfterMs: retryAfterMs ?? null });

test('1: repeated', async () => {
  const { policy, pauses } = createPolicy();
  assert.equal(await policy.run(failing(5, busy()), NEVER), 'answer');
  assert.deepEqual(pauses, [100, 200, 400, 500, 500]);
  assert.equal(policy.retries, 5);
});

test('2: retry-after', async () => {
  const { policy, pauses } = createPolicy();
  await policy.run(failing(1, busy(2000)), NEVER);
  await policy.run(failing(1, busy(10)), NEVER);
  assert.deepEqual(pauses, [2000, 100]);
});

test('3: used up', async () => {
  const { policy } = createPolicy({ tries: 3 });
  await assert.rejects(policy.run(failing(9, busy()), NEVER), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /engine gave up after 3 tries: 503 busy/);
    assert.ok(error.cause instanceof EngineError);
    return true;
  });
  assert.equal(policy.retries, 2);
});

test('4: not repeated', async () => {
  const { policy, pauses } = createPolicy();
  await assert.rejects(
    policy.run(
      failing(1, () => new EngineError('400 bad', { status: 400 })),
      NEVER,
    ),
    EngineError,
  );
  await assert.rejects(
    policy.run(
      failing(1, () => new TypeError('a bug')),
      NEVER,
    ),
    TypeError,
  );
  assert.deepEqual(pauses, []);
});

test('5: in flight', async () => {
  const { policy } = createPolicy({ maxInFlight: 3 });
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => policy.run(work, NEVER)));
  assert.equal(most, 3);
});

test('6: aborted', async () => {
  const stop = new AbortController();
  const { policy, pauses } = createPolicy();
  let calls = 0;
  const call = async () => {
    calls += 1;
    stop.abort(new Error('stop'));
    throw busy()();
  };
  await assert.rejects(policy.run(call, stop.signal), /stop/);
  await assert.rejects(policy.run(call, stop.signal), /stop/);
  assert.equal(calls, 1);
  assert.deepEqual(pauses, []);
});

test('7: whose fault', () => {
  for (const status of [400, 413, 422]) assert.equal(describeRefusal(new EngineError('no', { status })), 'no');
  for (const error of [
    new EngineError('no key', { status: 401 }),
    new EngineError('lost', { status: 404 }),
    new EngineError('no answer'),
    new EngineError('busy', { status: 400, retryable: true }),
    new RunError('gave up'),
    new TypeError('a bug'),
  ]) {
    assert.throws(() => describeRefusal(error), error);
  }
});
