/**
 * The loop that repeats:
 *  1. it repeats what may pass, with the pauses of the policy, and answers what came in the end
 *  2. what is not retryable, and what is no failure at an outside server, passes at once; the last failure when given up
 *  3. every repetition is told, with cause and pause, before its pause
 *  4. the pause that a server asked for is kept
 *  5. progress makes earlier failures not count; a spared failure costs nothing
 *  6. it ends when the time for all tries is over
 *  7. an abort ends a pause, and nothing is tried after it
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type RepeatOptions, type Repetition, repeatCall } from '../../src/edge/waiting.ts';
import { EngineError, SourceError, TrainerError } from '../../src/errors.ts';
import { createInstantClock } from '../support/trainer-instant-clock.ts';

function open(over: Partial<RepeatOptions> = {}) {
  const clock = createInstantClock();
  const told: Repetition[] = [];
  const options: RepeatOptions = {
    policy: { firstPauseMs: 100, maxPauseMs: 500, tries: 4 },
    clock,
    onRepeat: (repetition) => void told.push(repetition),
    ...over,
  };
  return { clock, told, options };
}

/** Fails with each error in turn, then answers which try it is. */
function failing(...errors: Error[]) {
  const left = [...errors];
  return async (tried: number) => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return tried;
  };
}

const broken = new EngineError('broken', { retryable: true, status: 500 });
const lost = new TrainerError('lost', { retryable: true });

test('1: repeated', async () => {
  const { clock, options } = open();
  assert.equal(await repeatCall(failing(broken, lost, broken), options), 4);
  assert.deepEqual(clock.pauses, [100, 100, 200]);
});

test('2: not repeated', async () => {
  const { clock, options } = open();
  for (const error of [new SourceError('gone', { status: 404 }), new TypeError('a bug')]) {
    await assert.rejects(repeatCall(failing(error), options), (thrown) => thrown === error);
  }
  assert.deepEqual(clock.pauses, []);
  const last = new EngineError('the last one', { retryable: true });
  await assert.rejects(repeatCall(failing(broken, lost, broken, last), options), (thrown) => thrown === last);
});

test('3: told', async () => {
  const { clock, told, options } = open();
  const pausesWhenTold: number[] = [];
  const onRepeat = (repetition: Repetition) => {
    told.push(repetition);
    pausesWhenTold.push(clock.pauses.length);
  };
  await repeatCall(failing(broken, lost), { ...options, onRepeat });
  assert.deepEqual(told, [
    { cause: 'server_error', error: broken, pauseMs: 100 },
    { cause: 'no_answer', error: lost, pauseMs: 100 },
  ]);
  assert.deepEqual(pausesWhenTold, [0, 1]);
});

test('4: asked', async () => {
  const { clock, options } = open();
  await repeatCall(failing(new EngineError('busy', { retryable: true, status: 429, retryAfterMs: 3_000 })), options);
  assert.deepEqual(clock.pauses, [3_000]);
});

test('5: progress', async () => {
  let arrived = 0;
  const { clock, options } = open({ progress: () => arrived });
  const errors = Array.from({ length: 20 }, () => broken);
  const fail = failing(...errors);
  const call = (tried: number) => {
    arrived += 1;
    return fail(tried);
  };
  assert.equal(await repeatCall(call, options), 21);
  assert.ok(clock.pauses.every((pauseMs) => pauseMs === 100));
  const openSpared = () => {
    let failures = 0;
    const costOf = () => {
      failures += 1;
      return failures <= 10 ? ('spared' as const) : ('counted' as const);
    };
    return open({ costOf }).options;
  };
  assert.equal(await repeatCall(failing(...errors.slice(0, 13)), openSpared()), 14);
  await assert.rejects(repeatCall(failing(...errors.slice(0, 14)), openSpared()));
});

test('6: time is over', async () => {
  let looks = 0;
  const { clock, options } = open({
    isOver: () => {
      looks += 1;
      return looks > 2;
    },
  });
  await assert.rejects(repeatCall(failing(broken, lost, broken, lost), options), /broken/);
  assert.equal(clock.pauses.length, 2);
});

test('7: aborted', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  let tries = 0;
  const { options } = open({ signal: stop.signal, onRepeat: () => stop.abort(reason) });
  const call = async () => {
    tries += 1;
    throw broken;
  };
  await assert.rejects(repeatCall(call, options), (thrown) => thrown === reason);
  await assert.rejects(repeatCall(call, options), (thrown) => thrown === reason);
  assert.equal(tries, 1);
});
