/**
 * How the call policy follows the server.
 *
 *  1. the limit doubles per round of successes while calls wait, up to its maximum; unused it does not grow
 *  2. a refusal cuts it once for all calls that began before; then it grows by a fixed amount per round
 *  3. an engine that broke, or gave no answer, cuts nothing; a limit that begins at its maximum stays there
 *  4. load: a queue or a busy cache stops growth, a preemption, a full cache and a long queue cut, one cut at a time
 *  5. load is asked for at most every five seconds, and a server that fails to tell changes nothing
 *  6. a storm of 429 with Retry-After: every call is answered in the end, the limit comes down to what the server takes
 *  7. the deadline ends a try that heeds its signal, and one that does not; it counts as a timeout and is repeated
 *  8. pauses are spread by the given generator alone: equal seeds, equal pauses; never longer than asked, never under half
 *  9. retries are counted by cause, and become step metrics
 * 10. deadlines of many at once: each has its own end, none keeps a timer or a listener when it is over
 * 11. work that is over is out of memory though other work, begun earlier, still runs
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createRng } from '../../src/core/rng.ts';
import { Deadlines } from '../../src/edge/waiting.ts';
import { EngineError } from '../../src/errors.ts';
import { AdaptiveLimit } from '../../src/pipeline/engine/adaptive-limit.ts';
import { type CallPolicyOptions, createCallPolicy, measureCalls } from '../../src/pipeline/engine/calls.ts';
import type { EngineLoad } from '../../src/ports/engine.ts';
import { askFor, createStandingClock } from '../support/engine-endpoints.ts';
import { createVllmDouble } from '../support/engine-vllm-double.ts';
import { json, startFaultServer } from '../support/fault-server.ts';
import { createInstantClock } from '../support/trainer-instant-clock.ts';

const NEVER = new AbortController().signal;
const POLICY = { maxInFlight: 64, tries: 4, firstPauseMs: 100, maxPauseMs: 1000 };
const IDLE: EngineLoad = { running: 10, waiting: 0, kvCacheUsed: 0.1, preemptions: 3 };

const failure = (options: ConstructorParameters<typeof EngineError>[1]) =>
  new EngineError('failed', { retryable: true, ...options });

function open(over: Partial<CallPolicyOptions> = {}) {
  const clock = createInstantClock();
  return { clock, calls: createCallPolicy({ ...POLICY, clock, ...over }) };
}

/** Rejects with each error in turn, then answers. */
function failing(...errors: EngineError[]): () => Promise<string> {
  return async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return 'answer';
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('1. growth', async () => {
  const { calls } = open({ startInFlight: 4 });
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
  };
  for (let i = 0; i < 20; i += 1) await calls.run(work, NEVER);
  assert.equal(calls.stats().limit, 4, 'one call at a time needs no more');
  await Promise.all(Array.from({ length: 400 }, () => calls.run(work, NEVER)));
  assert.equal(calls.stats().limit, 64);
  assert.ok(most > 32 && most <= 64, `${most} at once`);
  const { cuts, inFlight, waiting } = calls.stats();
  assert.deepEqual([cuts, inFlight, waiting], [0, 0, 0]);
});

test('2. cuts', () => {
  const limit = new AdaptiveLimit(64, 64);
  const begun = limit.cuts;
  for (let i = 0; i < 64; i += 1) limit.shrink(begun, 64);
  assert.deepEqual([limit.value, limit.cuts], [44, 1]);
  limit.shrink(limit.cuts, 10);
  assert.equal(limit.value, 7, 'of what was in flight');
  limit.grow(begun, 7);
  assert.equal(limit.value, 7, 'a success under an earlier limit says nothing');
  for (let round = 1; round <= 3; round += 1) {
    const successes = limit.value;
    for (let i = 0; i < successes; i += 1) limit.grow(limit.cuts, limit.value);
    assert.ok(Math.abs(limit.value - (7 + 2 * round)) <= 1, `round ${round}: ${limit.value}`);
  }
  for (let i = 0; i < 100; i += 1) limit.shrink(limit.cuts, 1);
  assert.equal(limit.value, 1);
});

test('3. no congestion', async () => {
  const { calls } = open();
  const errors = [failure({}), failure({ status: 500 }), failure({ status: 502, retryAfterMs: null })];
  await Promise.all(errors.map((error) => calls.run(failing(error), NEVER)));
  const { limit, cuts } = calls.stats();
  assert.deepEqual([limit, cuts], [64, 0]);
});

test('4. load', () => {
  const limit = new AdaptiveLimit(100, 200);
  const after = (load: EngineLoad | null, inFlight = limit.value) => {
    limit.heed(load, inFlight);
    return limit.value;
  };
  const grows = () => {
    const before = limit.value;
    for (let i = 0; i < 50; i += 1) limit.grow(limit.cuts, limit.value);
    return limit.value > before;
  };
  assert.equal(after(IDLE), 100);
  assert.equal(after({ ...IDLE, waiting: 1 }), 100);
  assert.equal(grows(), false);
  assert.equal(after({ ...IDLE, kvCacheUsed: 0.85 }), 100);
  assert.equal(grows(), false);
  assert.equal(after(IDLE), 100);
  assert.equal(grows(), true);
  const grown = limit.value;
  assert.equal(after({ ...IDLE, preemptions: 5 }), Math.floor(grown * 0.8));
  const cut = limit.value;
  assert.equal(after({ ...IDLE, preemptions: 9 }, grown), cut, 'the last cut has not taken effect');
  assert.equal(after({ ...IDLE, preemptions: 9 }), cut);
  assert.equal(after({ ...IDLE, preemptions: 0 }), cut, 'a server that began anew');
  assert.equal(after({ ...IDLE, kvCacheUsed: 0.95, preemptions: 0 }), Math.floor(cut * 0.8));
  const full = limit.value;
  assert.equal(after({ ...IDLE, waiting: 6, preemptions: null }), Math.floor(full * 0.9));
  assert.equal(after(null), Math.floor(full * 0.9));
  assert.equal(grows(), true);
});

test('5. polls', async () => {
  let asked = 0;
  let answer = async (): Promise<EngineLoad | null> => ({ ...IDLE, waiting: 1 });
  const clock = createStandingClock();
  const readLoad = () => {
    asked += 1;
    return answer();
  };
  const { calls } = open({ clock, readLoad, startInFlight: 10 });
  const runMany = () => Promise.all(Array.from({ length: 50 }, () => calls.run(turn, NEVER)));
  await runMany();
  assert.equal(asked, 1);
  assert.ok(calls.stats().limit < 20, 'a queue at the server stops growth');
  clock.advance(4_999);
  await runMany();
  assert.equal(asked, 1);
  clock.advance(1);
  answer = async () => {
    throw failure({ status: 500 });
  };
  await runMany();
  await runMany();
  assert.equal(asked, 2);
  assert.ok(calls.stats().limit > 20, 'an answer that did not come holds nothing back');
});

test('6. a storm of 429', async (t) => {
  const double = createVllmDouble();
  let open429 = 0;
  let most = 0;
  let answered = 0;
  const server = await startFaultServer(t, (response, request) => {
    if (open429 >= 6) return json({ error: { message: 'busy' } }, 429, { 'retry-after': '3' })(response, request);
    open429 += 1;
    most = Math.max(most, open429);
    setImmediate(() =>
      setImmediate(() => {
        open429 -= 1;
        answered += 1;
        double(response, request);
      }),
    );
  });
  const engine = createOpenAiEngine({ kind: 'vllm', url: server.url, timeoutMs: 20_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const { calls, clock } = open({ rng: createRng(1) });
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, seed) => calls.run((signal) => engine.complete(askFor(seed), signal), NEVER)),
  );
  assert.equal(answers.length, 300);
  assert.equal(answered, 300);
  assert.ok(most <= 6);
  const { retries, cuts, limit } = calls.stats();
  assert.equal(retries.rate_limited, server.seen.length - 300);
  assert.ok(retries.rate_limited > 0 && cuts > 0 && limit < 40, `${cuts} cuts, limit ${limit}`);
  assert.ok(
    clock.pauses.every((pauseMs) => pauseMs >= 3000),
    'the pause asked for is kept',
  );
});

test('7. deadline', async () => {
  const clock = createStandingClock();
  const pausing = {
    ...clock,
    sleep: (ms: number, signal?: AbortSignal) => (ms === 100 ? turn() : clock.sleep(ms, signal)),
  };
  const { calls } = open({ clock: pausing as typeof clock, deadlineMs: 5000 });
  const reasons: unknown[] = [];
  let tried = 0;
  const heeding = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      tried += 1;
      if (tried > 1) return resolve('answer');
      signal.addEventListener('abort', () => {
        reasons.push(signal.reason);
        reject(signal.reason);
      });
    });
  const first = calls.run(heeding, NEVER);
  await turn();
  clock.advance(5000);
  assert.equal(await first, 'answer');
  assert.ok(reasons[0] instanceof EngineError && reasons[0].timedOut);
  assert.match(reasons[0].message, /no whole answer within 5 s/);
  let deafCalls = 0;
  const deaf = () => {
    deafCalls += 1;
    return deafCalls > 1 ? Promise.resolve('late') : new Promise<string>(() => undefined);
  };
  const second = calls.run(deaf, NEVER);
  await turn();
  clock.advance(5000);
  assert.equal(await second, 'late');
  assert.equal(calls.stats().retries.timeout, 2);
  const stop = new AbortController();
  const third = calls.run(() => new Promise<string>(() => undefined), stop.signal);
  await turn();
  stop.abort(new Error('enough'));
  await assert.rejects(third, /enough/);
});

test('8. jitter', async () => {
  const pausesOf = async (seed: number) => {
    const { calls, clock } = open({ rng: createRng(seed), tries: 6 });
    await calls.run(failing(...Array.from({ length: 5 }, () => failure({ status: 500 }))), NEVER);
    await calls.run(failing(failure({ status: 429, retryAfterMs: 5000 })), NEVER);
    return [...clock.pauses];
  };
  const pauses = await pausesOf(7);
  assert.deepEqual(await pausesOf(7), pauses);
  assert.notDeepEqual(await pausesOf(8), pauses);
  const whole = [100, 200, 400, 800, 1000];
  for (const [i, full] of whole.entries()) assert.ok(pauses[i]! > full / 2 && pauses[i]! <= full, `${pauses[i]}`);
  assert.ok(pauses[5]! >= 5000 && pauses[5]! <= 5050);
});

test('9. counts', async () => {
  const { calls } = open();
  const before = calls.stats();
  const errors = [
    failure({ status: 429 }),
    failure({ status: 503 }),
    failure({ timedOut: true }),
    failure({ status: 504 }),
    failure({}),
    failure({ status: 500 }),
    failure({ status: 404 }),
  ];
  await Promise.all(errors.map((error) => calls.run(failing(error), NEVER)));
  const { retries } = calls.stats();
  assert.deepEqual(retries, {
    ...{ rate_limited: 1, overloaded: 1, not_ready: 0, timeout: 2, no_answer: 1, server_error: 2, billing: 0 },
  });
  assert.equal(calls.retries, 7);
  const metrics = measureCalls(before, calls.stats());
  assert.equal(metrics['engine/retries'], 7);
  assert.equal(metrics['engine/retries_timeout'], 2);
  assert.equal(metrics['engine/limit'], calls.stats().limit);
  assert.equal(metrics['engine/limit_cuts'], 1);
  assert.deepEqual(Object.keys(measureCalls(calls.stats(), calls.stats())), [
    'engine/retries',
    'engine/limit',
    'engine/limit_cuts',
  ]);
});

test('10. many deadlines', async () => {
  const standing = createStandingClock();
  let sleeping = 0;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    sleeping += 1;
    await standing.sleep(ms, signal).finally(() => {
      sleeping -= 1;
    });
  };
  const deadlines = new Deadlines({ clock: { ...standing, sleep }, ms: 1000, who: 'it' });
  const stop = new AbortController();
  const ended: string[] = [];
  const begin = (name: string, work: (signal: AbortSignal) => Promise<unknown>) =>
    deadlines.run(stop.signal, work).then(
      () => ended.push(`${name} done`),
      (error: unknown) => ended.push(`${name} ${error instanceof EngineError ? 'late' : (error as Error).message}`),
    );
  const never = () => new Promise(() => undefined);
  const calls = [begin('a', never), begin('b', turn)];
  await calls[1];
  standing.advance(400);
  calls.push(begin('c', never), begin('d', never));
  assert.equal(sleeping, 1, 'one timer for all');
  for (const moved of [599, 1, 399]) {
    standing.advance(moved);
    await turn();
  }
  assert.deepEqual(ended, ['b done', 'a late']);
  standing.advance(1);
  await Promise.all(calls);
  assert.deepEqual(ended, ['b done', 'a late', 'c late', 'd late']);
  const last = begin('e', never);
  stop.abort(new Error('stop'));
  await last;
  await turn();
  assert.equal(ended.at(-1), 'e stop');
  assert.equal(sleeping, 0);
  await assert.rejects(deadlines.run(stop.signal, turn), /stop/);
});

test('11. memory of what is over', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  const deadlines = new Deadlines({ clock: createStandingClock(), ms: 60_000, who: 'the engine' });
  let endFirst = () => {};
  const first = deadlines.run(NEVER, () => new Promise<void>((resolve) => (endFirst = resolve)));
  const seen: WeakRef<AbortSignal>[] = [];
  for (let i = 0; i < 500; i += 1) {
    await deadlines.run(NEVER, async (signal) => {
      seen.push(new WeakRef(signal));
    });
  }
  // What a weak reference was made of stays until the turn is over.
  await new Promise<void>((resolve) => setImmediate(resolve));
  collect();
  const kept = seen.filter((ref) => ref.deref() !== undefined).length;
  assert.ok(kept < 50, `${kept} of 500 are still in memory`);
  endFirst();
  await first;
});
