/**
 * A run at an MLflow tracking server (a double that adds every point it is sent, as MLflow's file store does):
 *  1. experiment and run are made once; points, settings, tag and the end of the run arrive
 *  2. opened again: the same run, marked as running; nothing that is there is sent again, with or without the step stored here
 *  3. an answer that is lost, a connection that is cut, a batch taken half, a busy server: every point once
 *  4. the answer to a failed send is settled when the next one goes out
 *  5. no second experiment or run where the answer to making one was lost, or another run made the experiment meanwhile
 *  6. a run that was deleted there is made anew, and `lastStepSent` says that it wants everything
 *  7. more than 1,000 points and 100 settings go out in batches
 *  8. NaN and infinities, and keys that MLflow would refuse
 *  9. token and basic login are sent
 * 10. faults in one clear line: bad address, bad id, deleted experiment, refusal, web page, foreign answer, nobody there
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type MlflowOptions, openMlflowTracker } from '../../adapters/tracker-mlflow/open-mlflow-tracker.ts';
import { TrackerError, UsageError } from '../../src/errors.ts';
import type { RepeatCall } from '../../src/ports/tracker.ts';
import { MlflowDouble } from '../support/mlflow-double.ts';
import { makePoints } from '../support/series-points.ts';

const signal = new AbortController().signal;

/** Repeats at once, up to three times. */
const repeat: RepeatCall = async (call, each) => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await call(each);
    } catch (error) {
      if (!(error instanceof TrackerError && error.retryable) || tried === 4) throw error;
    }
  }
};

const once: RepeatCall = (call, each) => call(each);

async function withDouble(use: (double: MlflowDouble, open: typeof openTracker) => Promise<void>): Promise<void> {
  const double = new MlflowDouble();
  const url = await double.open();
  try {
    await use(double, (options) => openTracker({ url, ...options }));
  } finally {
    await double.close();
  }
}

function openTracker(options: Partial<MlflowOptions> = {}) {
  const defaults: MlflowOptions = {
    url: 'http://127.0.0.1:1',
    login: { kind: 'none' },
    experiment: 'sums',
    runId: '2026-11-28-a1',
    runName: 'first',
    params: { seed: '7' },
    lastStepSent: null,
    repeat,
    clock: { now: () => 1_700_000_000_000 },
  };
  return openMlflowTracker({ ...defaults, ...options }, signal);
}

/** Every point of steps `from` to `to` is there exactly once. */
function assertOnce(double: MlflowDouble, from: number, to: number): void {
  const wanted = makePoints(from, to).map(({ key, globalStep, value }) => `${globalStep} ${key} ${value}`);
  const stored = double.runs.flatMap(({ metrics }) => metrics.map(({ key, step, value }) => `${step} ${key} ${value}`));
  assert.deepEqual(stored.toSorted(), wanted.toSorted());
}

test('1: a run from beginning to end', () =>
  withDouble(async (double, open) => {
    const tracker = await open();
    assert.deepEqual([tracker.name, tracker.lastStepSent], ['MLflow', null]);
    await tracker.send(makePoints(1, 2), signal);
    await tracker.send(makePoints(3, 3), signal);
    await tracker.send([], signal);
    await tracker.close('done');
    assertOnce(double, 1, 3);
    const [run] = double.runs;
    assert.deepEqual([double.experiments.size, double.runs.length], [1, 1]);
    assert.deepEqual([run?.run_name, run?.status, run?.end_time], ['first', 'FINISHED', 1_700_000_000_000]);
    assert.equal(run?.tags.find(({ key }) => key === 'parallel_r1.run_id')?.value, '2026-11-28-a1');
    assert.equal(run?.params.get('seed'), '7');
    assert.equal(run?.metrics[0]?.timestamp, 1_700_000_001_000);
    for (const [runId, outcome, status] of [
      ['b', 'failed', 'FAILED'],
      ['c', 'interrupted', 'KILLED'],
    ] as const) {
      await (await open({ runId })).close(outcome);
      assert.equal(double.runs.at(-1)?.status, status);
    }
  }));

test('2: opened again', () =>
  withDouble(async (double, open) => {
    const first = await open();
    await first.send(makePoints(1, 3), signal);
    await first.close('interrupted');
    const second = await open({ lastStepSent: 2, params: { seed: '8', model: 'tiny' } });
    assert.equal(second.lastStepSent, 2);
    assert.equal(double.runs[0]?.status, 'RUNNING');
    await second.send(makePoints(3, 4), signal);
    assertOnce(double, 1, 4);
    assert.deepEqual(
      [...double.runs[0]!.params],
      [
        ['seed', '7'],
        ['model', 'tiny'],
      ],
    );
    const third = await open({ lastStepSent: null });
    await third.send(makePoints(1, 5), signal);
    assertOnce(double, 1, 5);
    await second.close('done');
    await third.close('done');
    assert.equal(double.runs.length, 1);
  }));

test('3: faults on the way', () =>
  withDouble(async (double, open) => {
    const tracker = await open();
    const path = 'runs/log-batch';
    double.faults.push({ path, kind: 'lost' });
    await tracker.send(makePoints(1, 2), signal);
    double.faults.push({ path, kind: 'cut' });
    await tracker.send(makePoints(3, 4), signal);
    double.faults.push({ path, kind: 'half' }, { path, kind: 'lost' });
    await tracker.send(makePoints(5, 8), signal);
    double.faults.push({ path, kind: 'status', status: 429 }, { path, kind: 'status', status: 503, body: '<html>' });
    await tracker.send(makePoints(9, 9), signal);
    double.faults.push({ path, kind: 'lost' }, { path: 'runs/get', kind: 'cut' });
    await tracker.send(makePoints(10, 10), signal);
    assertOnce(double, 1, 10);
    assert.equal(double.faults.length, 0);
    await tracker.close('done');
  }));

test('4: a send that failed', () =>
  withDouble(async (double, open) => {
    const tracker = await open({ repeat: once });
    double.faults.push({ path: 'runs/log-batch', kind: 'lost' });
    await assert.rejects(tracker.send(makePoints(1, 2), signal), (error: TrackerError) => error.retryable);
    await tracker.send(makePoints(1, 3), signal);
    assertOnce(double, 1, 3);
    await tracker.close('done');
  }));

test('5: lost answers while opening', () =>
  withDouble(async (double, open) => {
    double.faults.push({ path: 'experiments/create', kind: 'lost' }, { path: 'runs/create', kind: 'lost' });
    const tracker = await open();
    assert.deepEqual([double.experiments.size, double.runs.length, double.faults.length], [1, 1, 0]);
    await tracker.close('done');
  }));

test('5: an experiment that another run makes meanwhile', () =>
  withDouble(async (double, open) => {
    double.experiments.set('sums', { id: '41', deleted: false });
    const body = JSON.stringify({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'not yet' });
    double.faults.push({ path: 'experiments/get-by-name', kind: 'status', status: 404, body });
    const tracker = await open();
    assert.deepEqual([double.experiments.size, double.runs[0]?.experiment_id], [1, '41']);
    await tracker.close('done');
  }));

test('6: a run that was deleted there', () =>
  withDouble(async (double, open) => {
    const first = await open();
    await first.send(makePoints(1, 3), signal);
    await first.close('interrupted');
    double.runs[0]!.deleted = true;
    const second = await open({ lastStepSent: 3 });
    assert.equal(second.lastStepSent, null);
    await second.send(makePoints(1, 4), signal);
    assert.equal(double.runs[1]?.metrics.length, 8);
    await second.close('done');
  }));

test('7: batches', () =>
  withDouble(async (double, open) => {
    const params = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`setting${i}`, 'x'.repeat(600)]));
    const tracker = await open({ params });
    await tracker.send(makePoints(1, 1300), signal);
    assertOnce(double, 1, 1300);
    const sizes = double.requests
      .filter(({ path }) => path === 'runs/log-batch')
      .map(({ body }) => body.metrics?.length ?? body.params.length);
    assert.deepEqual(sizes, [100, 30, 1000, 1000, 600]);
    assert.equal(double.runs[0]?.params.get('setting129')?.length, 500);
    await tracker.close('done');
  }));

test('8: values and keys', () =>
  withDouble(async (double, open) => {
    const tracker = await open();
    const [point] = makePoints(1, 1);
    const keys = ['eval/größe (a)/x', '/a//../b/', 'x'.repeat(300), '///', 'ok-1.b c'];
    const points = [Number.NaN, Infinity, -Infinity, 1e300, -0.5].map((value, i) => ({
      ...point!,
      key: keys[i]!,
      value,
    }));
    await tracker.send(points, signal);
    assert.deepEqual(
      double.runs[0]?.metrics.map(({ key, value }) => [key, value]),
      [
        ['eval/gr__e _a_/x', 'NaN'],
        ['a/_/b', 'Infinity'],
        ['x'.repeat(250), '-Infinity'],
        ['_', 1e300],
        ['ok-1.b c', -0.5],
      ],
    );
    await tracker.close('done');
  }));

test('9: login', () =>
  withDouble(async (double, open) => {
    await (await open({ login: { kind: 'token', token: 'abc' } })).close('done');
    assert.ok(double.requests.every(({ authorization }) => authorization === 'Bearer abc'));
    double.requests.length = 0;
    await (await open({ login: { kind: 'basic', user: 'ann', password: 'p:w' } })).close('done');
    const basic = `Basic ${Buffer.from('ann:p:w').toString('base64')}`;
    assert.ok(double.requests.length > 0 && double.requests.every(({ authorization }) => authorization === basic));
  }));

test('10: faults in one line', () =>
  withDouble(async (double, open) => {
    const refuses = async (
      options: Partial<MlflowOptions>,
      kind: typeof TrackerError | typeof UsageError,
      words: RegExp,
    ) => {
      await assert.rejects(open(options), (error: Error) => {
        assert.ok(error instanceof kind, `${error}`);
        assert.match(error.message, words);
        assert.ok(!/\p{Cc}/u.test(error.message) && error.message.length < 600, error.message);
        return true;
      });
    };
    await refuses({ url: 'ftp://x' }, UsageError, /"ftp:\/\/x" is not an http or https URL, such as http/);
    await refuses({ url: 'http://ann:secret@x' }, UsageError, /^(?!.*secret).*holds a user name or password/);
    await refuses({ runId: "a' OR" }, UsageError, /holds more than letters/);
    await refuses(
      { url: 'http://127.0.0.1:1' },
      TrackerError,
      /MLflow experiments\/get-by-name at http:\/\/127\.0\.0\.1:1: connection refused/,
    );
    double.experiments.set('old', { id: '9', deleted: true });
    await refuses(
      { experiment: 'old' },
      TrackerError,
      /experiment "old" is deleted; restore it or choose another name/,
    );
    const answer = (status: number, body: string) =>
      double.faults.push({ path: 'experiments/get-by-name', kind: 'status', status, body });
    answer(403, 'Permission\n\u0007denied');
    await refuses({}, TrackerError, /403 Permission denied; check the token/);
    answer(404, '  <html>not here</html>');
    await refuses({}, TrackerError, /: 404 <html>not here/);
    answer(200, '{"hello": 1}');
    await refuses({}, TrackerError, /the answer is not that of an MLflow server; check the address/);
    answer(400, JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message: 'x'.repeat(5000) }));
    await refuses({}, TrackerError, /: 400 x{100,} … x{50,}$/);
    const gone = AbortSignal.abort(new Error('stopped'));
    await assert.rejects((await open()).send(makePoints(1, 1), gone), /stopped/);
  }));
