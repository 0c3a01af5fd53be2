/**
 * The call policy, the one place of retries:
 *  1. a retryable engine error is repeated and counted; the pauses double up to their limit
 *  2. the server's own pause wins when it is longer
 *  3. tries used up: RunError with the engine's message as cause
 *  4. an error that is not retryable, and one that is no engine error, pass at once
 *  5. never more calls in flight than allowed; a waiting call begins when a place is free
 *  6. an aborted signal ends pauses and stops calls that have not begun
 *  7. toCallFailure, describeRefusal: only a call that fails alone is a value, the rest is thrown on
 *  8. a call that is never answered while others are fails alone
 *  9. an engine that answers nobody is waited for as long as allowed, which is told once; then it counts as before
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError, RunError } from '../../src/errors.ts';
import {
  type CallPolicyOptions,
  createCallPolicy,
  describeRefusal,
  toCallFailure,
} from '../../src/pipeline/engine/calls.ts';

function createPolicy(over: Partial<CallPolicyOptions> = {}) {
  const pauses: number[] = [];
  const clock = {
    now: () => 0,
    monotonic: () => pauses.reduce((sum, ms) => sum + ms, 0),
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

test('7: what fails alone', () => {
  const cases: [EngineError, string][] = [
    [new EngineError('no', { status: 400 }), 'http_400'],
    [new EngineError('flagged', { status: 451 }), 'http_451'],
    [new EngineError('what is this', { failsAlone: true }), 'odd_answer'],
    [new EngineError('slow', { failsAlone: true, timedOut: true }), 'timeout'],
    [new EngineError('gave up', { failsAlone: true, cause: new EngineError('cut') }), 'no_answer'],
  ];
  for (const [error, code] of cases) assert.deepEqual(toCallFailure(error), { code, message: error.message });
  for (const error of [new EngineError('no key', { status: 401 }), new EngineError('no answer'), new RunError('x')]) {
    assert.throws(() => toCallFailure(error), error);
  }
  assert.throws(() => describeRefusal(new EngineError('odd', { failsAlone: true })), /odd/);
});

test('8: one call fails, others do not', async () => {
  const { policy } = createPolicy({ tries: 3 });
  const call = async () => {
    await policy.run(async () => 'answer', NEVER);
    throw new EngineError('500 oops', { retryable: true, status: 500 });
  };
  await assert.rejects(policy.run(call, NEVER), (error) => {
    assert.ok(error instanceof EngineError && error.failsAlone, String(error));
    assert.deepEqual(toCallFailure(error), { code: 'http_500', message: 'engine gave up after 3 tries: 500 oops' });
    return true;
  });
});

test('9: an engine that is away', async () => {
  const away = () => new EngineError('connection refused', { retryable: true });
  const told: string[] = [];
  const onAbsence = ({ message }: Error) => void told.push(message);
  const patient = { tries: 3, absencePatienceMs: 60_000, onAbsence };
  const { policy, pauses } = createPolicy(patient);
  assert.equal(await policy.run(failing(100, away), NEVER), 'answer');
  assert.ok(pauses.length === 100, 'far more tries than are counted');
  assert.deepEqual(told, ['connection refused']);
  await policy.run(failing(20, away), NEVER);
  assert.equal(told.length, 2, 'told anew after it was back');
  await assert.rejects(policy.run(failing(1000, away), NEVER), RunError);
  const broken = createPolicy(patient);
  await assert.rejects(
    broken.policy.run(
      failing(9, () => new EngineError('500 oops', { retryable: true, status: 500 })),
      NEVER,
    ),
    /gave up after 3 tries/,
  );
  const gateway = createPolicy(patient);
  const behind = () => new EngineError('502 bad gateway', { retryable: true, status: 502 });
  assert.equal(await gateway.policy.run(failing(50, behind), NEVER), 'answer');
});
