/**
 * What a soak of memory says (`npm run soak -- memory --hours 2` is the long form, bench/soak-memory.ts):
 *  1. a measure that grows so fast that a week doubles it is told, whatever a few wild samples do
 *  2. a measure that wanders about its level, or falls, holds; too few samples to tell are told as such
 *  3. of a time in which the processes worked half, a week at full speed adds twice as much
 *  4. cold start and training at a living embedded server: each measure of both processes is read, what lies on disk
 *     does not grow with the steps, the answers table has at most the rows of a step at work, and no process is left behind
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { judgeSeries, renderTrends, type Series } from '../../bench/memory-trend.ts';
import { soakMemory } from '../../bench/soak-memory.ts';

const QUARTER_HOURS = 0.25;

/** A measure of 100 MB over ten hours, one point for each quarter of an hour. */
function makeSeries(perHour: number, wander: (index: number) => number = () => 0): Series {
  const points = Array.from({ length: 40 }, (_, i) => {
    const hours = i * QUARTER_HOURS;
    return { hours, value: 100e6 + perHour * hours + wander(i) };
  });
  return { name: 'heap', unit: 'bytes', points };
}

const judge = (series: Series, share = 1) => judgeSeries(series, { warmUp: 0.25, share });

test('1: a leak', () => {
  const wild = (i: number) => (i % 9 === 4 ? 60e6 : 0);
  const trend = judge(makeSeries(1e6, wild));
  assert.equal(trend.verdict, 'grows');
  assert.ok(Math.abs(trend.slope!.median - 1e6) < 1e5, String(trend.slope!.median));
  assert.match(renderTrends([trend]), /heap .* grows$/m);
});

test('2: no leak', () => {
  assert.equal(judge(makeSeries(0, (i) => (i % 3) * 1e5)).verdict, 'holds');
  assert.equal(judge(makeSeries(-2e6)).verdict, 'holds');
  assert.equal(judge(makeSeries(0, (i) => ((i * 7) % 11) * 4e6)).verdict, 'undecided');
  assert.equal(judge({ ...makeSeries(1e6), points: makeSeries(1e6).points.slice(0, 2) }).verdict, 'undecided');
});

test('3: a share of the time', () => {
  assert.equal(judge(makeSeries(0.4e6)).verdict, 'holds');
  assert.equal(judge(makeSeries(0.4e6), 0.5).verdict, 'grows');
});

test('4: the short form', { skip: process.platform === 'linux' ? false : 'reads /proc' }, async () => {
  const result = await soakMemory({ hours: 0, minSteps: 12, everySeconds: 0.2, share: 1, sftSteps: 5, out: null });
  assert.ok(result.steps >= 12);
  assert.equal(result.attempts, 200);
  const read = (name: string) => result.trends.find((trend) => trend.name === name)!;
  for (const who of ['controller', 'server']) {
    for (const what of ['resident memory', 'heap', 'buffers', 'file descriptors', 'threads', 'active resources']) {
      assert.ok(read(`${who}: ${what}`).max > 0, `${who}: ${what}`);
    }
  }
  // The last of the supervised stage, the newest of this one, and one that is being written.
  assert.ok(read('saved states on disk').max <= 3);
  assert.ok(read('versions on disk').max <= 3);
  // 4 problems x 8 rollouts a step, each of a few calls.
  assert.ok(read('rows of the answers table').max <= 4 * 8 * 8);
});
