/**
 * The policy of repeating, without any waiting:
 *  1. every status has a meaning, decided by what is not worth repeating; a kind of server may mean something else by one
 *  2. the cause of a failure: too slow, no answer, or what its status means; a server that names a time is busy, not broken
 *  3. pauses double per cause up to their limit; fixed ones do not grow; the server's own wins when it is longer
 *  4. given up: after so many tries in all, for one cause, spared ones included, or when asked to wait too long
 *  5. a spared failure costs no try and grows no pause; progress begins anew
 *  6. pauses are spread by the given generator alone, by at most half, and never below what the server asked for
 *  7. repetitions are counted and told by cause
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  classifyRetry,
  describeRetries,
  isCongestion,
  isRefusal,
  RETRY_CAUSES,
  RetryCourse,
  type RetryPolicy,
  RetryTally,
  readStatus,
  type StatusMeaning,
} from '../../src/core/retry.ts';
import { createRng } from '../../src/core/rng.ts';

const MEANINGS: readonly [StatusMeaning, readonly number[]][] = [
  ['final', [300, 301, 304, 307, 401, 402, 403, 404, 405, 406, 410, 411, 412, 414, 415, 416, 417, 418, 421]],
  ['final', [424, 426, 428, 431, 501, 505]],
  ['refused', [400, 413, 422, 451]],
  ['rate_limited', [429]],
  ['overloaded', [503, 529]],
  ['not_ready', [409, 423, 425]],
  ['timeout', [408, 504, 522, 524]],
  ['no_answer', [499]],
  ['server_error', [500, 502, 506, 507, 508, 510, 511, 520, 521, 523, 525, 526, 527, 530, 599]],
];

for (const [meaning, statuses] of MEANINGS) {
  test(`1: ${meaning} ${statuses[0]}`, () => {
    for (const status of statuses) assert.equal(readStatus(status), meaning, String(status));
  });
}

test('1: overrides', () => {
  const overrides = { 402: 'billing', 409: 'final' } as const;
  assert.deepEqual(
    [402, 409, 429].map((status) => readStatus(status, overrides)),
    ['billing', 'final', 'rate_limited'],
  );
});

const signs = (status: number | null, retryAfterMs: number | null = null, timedOut = false) => ({
  status,
  retryAfterMs,
  timedOut,
});

test('2: causes', () => {
  assert.equal(classifyRetry(signs(null)), 'no_answer');
  assert.equal(classifyRetry(signs(null, null, true)), 'timeout');
  assert.equal(classifyRetry(signs(429)), 'rate_limited');
  assert.equal(classifyRetry(signs(500)), 'server_error');
  assert.equal(classifyRetry(signs(500, 3_000)), 'overloaded');
  assert.equal(classifyRetry(signs(404)), 'server_error', 'what was lost may be brought back');
  assert.equal(classifyRetry(signs(402), { 402: 'billing' }), 'billing');
  assert.deepEqual(RETRY_CAUSES.filter(isRefusal), ['rate_limited', 'overloaded', 'not_ready', 'billing']);
  assert.deepEqual(RETRY_CAUSES.filter(isCongestion), ['rate_limited', 'overloaded', 'timeout']);
});

const POLICY: RetryPolicy = { firstPauseMs: 100, maxPauseMs: 500, tries: 100 };
const open = (over: Partial<RetryPolicy> = {}) => new RetryCourse({ ...POLICY, ...over }, null);

test('3: pauses', () => {
  const course = open({ pauseForMs: { billing: 5_000 } });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => course.fail('server_error', null)),
    [100, 200, 400, 500, 500],
  );
  assert.deepEqual(
    [course.fail('rate_limited', null), course.fail('rate_limited', null)],
    [100, 200],
    'another cause has pauses of its own',
  );
  assert.deepEqual([course.fail('billing', null), course.fail('billing', null)], [5_000, 5_000]);
  assert.equal(course.fail('overloaded', 2_000), 2_000);
  assert.equal(course.fail('overloaded', 10), 200);
});

test('4: given up', () => {
  const all = open({ tries: 3 });
  assert.deepEqual(
    (['timeout', 'no_answer', 'server_error'] as const).map((cause) => all.fail(cause, null)),
    [100, 100, null],
  );
  const one = open({ triesFor: { no_answer: 2 } });
  assert.deepEqual(
    (['no_answer', 'timeout', 'timeout', 'timeout', 'no_answer'] as const).map((cause) => one.fail(cause, null)),
    [100, 100, 200, 400, null],
  );
  const spared = open({ tries: 2, triesWithSpared: 4 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => spared.fail('rate_limited', null, 'spared')),
    [100, 100, 100, null],
  );
  const asked = open({ longestAskedMs: 60_000 });
  assert.equal(asked.fail('rate_limited', 60_000), 60_000);
  assert.equal(asked.fail('rate_limited', 60_001), null);
});

test('5: spared, and begun anew', () => {
  const course = open({ tries: 3 });
  assert.deepEqual(
    (['spared', 'spared', 'counted', 'spared', 'counted', 'counted'] as const).map((cost) =>
      course.fail('rate_limited', null, cost),
    ),
    [100, 100, 100, 100, 200, null],
  );
  course.begin();
  assert.equal(course.fail('rate_limited', null), 100);
});

test('6: spread', () => {
  const property = fc.property(fc.nat(), fc.option(fc.nat(100_000)), fc.nat(20), (seed, asked, failures) => {
    const draw = () => {
      const course = new RetryCourse(POLICY, createRng(seed));
      let pause = 0;
      for (let i = 0; i <= failures; i += 1) pause = course.fail('overloaded', asked)!;
      return pause;
    };
    const pause = draw();
    const full = Math.min(500, 100 * 2 ** failures);
    assert.equal(draw(), pause);
    assert.ok(pause >= Math.max(full / 2, asked ?? 0) && pause <= Math.max(full, (asked ?? 0) + full / 2), `${pause}`);
  });
  fc.assert(property, { numRuns: 200 });
});

test('7: counts', () => {
  const tally = new RetryTally();
  assert.equal(describeRetries(tally.byCause()), '');
  for (const cause of ['timeout', 'rate_limited', 'timeout'] as const) tally.add(cause);
  assert.equal(tally.total, 3);
  assert.deepEqual(Object.keys(tally.byCause()), [...RETRY_CAUSES]);
  assert.equal(describeRetries(tally.byCause()), 'rate_limited 1, timeout 2');
});
