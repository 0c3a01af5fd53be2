/**
 * The figures of a run at its trackers:
 *  1. a run sends every stored point once, in order, dated, on one axis through all stages; its settings and its end too
 *  2. interrupted and resumed, it goes on with the same run there: nothing twice, nothing missing
 *  3. a tracker that does not answer is warned about in one line and stops nothing; the figures are sent afterwards
 *  4. a resumed run may get a tracker it did not have, which is sent what was before
 *  5. half a login is refused before anything is written
 *  6. event files hold what the store holds, and a second sending adds nothing
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { resumeRun, startRun } from '../../src/app/start-run.ts';
import { trackRun } from '../../src/app/track-run.ts';
import { parseStoredConfig } from '../../src/config/stored.ts';
import { InterruptedError, UsageError } from '../../src/errors.ts';
import { MlflowDouble } from '../support/mlflow-double.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { toyConfig, toyParts } from '../support/toy-parts.ts';

const folder = makeTempFolder('track-run');
const dbOf = (name: string) => join(folder, `${name}.db`);

async function withMlflow(use: (double: MlflowDouble, url: string) => Promise<void>): Promise<void> {
  const double = new MlflowDouble();
  try {
    await use(double, await double.open());
  } finally {
    await double.close();
  }
}

function listStored(db: string, runId: string): string[] {
  using store = openRunStore(db, { readonly: true });
  return store
    .listMetrics(runId)
    .map(({ key, value }) => `${key.replaceAll(/[^\w.\- /]/g, '_')} ${Number.isNaN(value) ? 'NaN' : value}`)
    .toSorted();
}

const listSent = (double: MlflowDouble) =>
  double.runs.flatMap(({ metrics }) => metrics.map(({ key, value }) => `${key} ${value}`)).toSorted();

test('1: a whole run', () =>
  withMlflow(async (double, url) => {
    const db = dbOf('whole');
    const config = toyConfig(folder, { 'trackers.mlflow': { url, experiment: 'toys' } });
    const { runId } = await startRun({ config, db, parts: toyParts() });
    assert.deepEqual(listSent(double), listStored(db, runId));
    const [run] = double.runs;
    assert.deepEqual([double.runs.length, run?.status], [1, 'FINISHED']);
    assert.equal(run?.params.get('stages.0.id'), 'teach');
    const points = run!.metrics;
    const steps = points.map(({ step }) => step);
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(points.map(({ key, step }) => `${key} ${step}`)).size, points.length);
    assert.ok(points.every(({ timestamp }) => timestamp > Date.now() - 600_000 && timestamp <= Date.now()));
  }));

test('2: interrupted and resumed', () =>
  withMlflow(async (double, url) => {
    const db = dbOf('resumed');
    const config = toyConfig(folder, { 'trackers.mlflow': { url } });
    const parts = toyParts();
    const stop = new AbortController();
    const observers = [
      {
        stepCommitted: ({ stageId, step }: { stageId: string; step: number }) =>
          stageId === 'rl' && step === 4 && stop.abort(),
      },
    ] as never;
    await assert.rejects(
      startRun({ config, db, parts: { ...parts, observers }, signal: stop.signal }),
      InterruptedError,
    );
    assert.equal(double.runs[0]?.status, 'KILLED');
    const before = double.runs[0]!.metrics.length;
    const { runId } = await resumeRun({ db, parts });
    assert.ok(before > 0 && double.runs[0]!.metrics.length > before);
    assert.deepEqual([double.runs.length, double.runs[0]?.status], [1, 'FINISHED']);
    assert.deepEqual(listSent(double), listStored(db, runId));
  }));

test('3+4: nobody there, then a tracker that was added', () =>
  withMlflow(async (double, url) => {
    const db = dbOf('alone');
    const warnings: string[] = [];
    const reporter = {
      info: () => {},
      warn: (message: string) => void warnings.push(message),
      task: () => ({ update: () => {}, setTotal: () => {}, finish: () => {} }),
    };
    const config = toyConfig(folder, { 'trackers.mlflow': { url: 'http://127.0.0.1:1' } });
    const { runId, status } = await startRun({ config, db, parts: { ...toyParts(), reporter } });
    assert.equal(status, 'done');
    const told = warnings.filter((message) => message.startsWith('MLflow'));
    assert.ok(told.length >= 1 && told.length <= 2, told.join('\n'));
    assert.match(told[0]!, /connection refused/);
    assert.match(told.at(-1)!, /can be sent later by the command track$/);
    using store = openRunStore(db);
    const run = store.getRun(runId)!;
    const moved = { ...parseStoredConfig(run), trackers: { tensorboard: null, mlflow: { url, experiment: 'late' } } };
    const tracking = trackRun({ run, config: moved, store, warn: (message) => warnings.push(message) });
    assert.equal(await tracking.finish('done'), true);
    assert.deepEqual(listSent(double), listStored(db, runId));
  }));

test('4: a resumed run gets a tracker', () =>
  withMlflow(async (double, url) => {
    const db = dbOf('late');
    const parts = toyParts();
    const stop = new AbortController();
    const observers = [{ stageEnded: () => stop.abort() }];
    const started = startRun({
      config: toyConfig(folder),
      db,
      parts: { ...parts, observers },
      signal: stop.signal,
    });
    await assert.rejects(started, InterruptedError);
    const overrides = [{ flag: '--set trackers.mlflow', path: 'trackers.mlflow', value: { url } }];
    const { runId } = await resumeRun({ db, parts, overrides });
    assert.deepEqual(listSent(double), listStored(db, runId));
  }));

test('5: half a login', async () => {
  const db = dbOf('login');
  process.env.MLFLOW_TRACKING_USERNAME = 'ann';
  try {
    const config = toyConfig(folder, { 'trackers.mlflow': { url: 'http://127.0.0.1:1' } });
    await assert.rejects(startRun({ config, db, parts: toyParts() }), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^MLFLOW_TRACKING_PASSWORD is not set/);
      return true;
    });
  } finally {
    delete process.env.MLFLOW_TRACKING_USERNAME;
  }
  assert.equal(existsSync(db), false);
});

test('6: event files', async () => {
  const db = dbOf('events');
  const directory = join(folder, 'tb');
  const config = toyConfig(folder, { 'trackers.tensorboard': { directory } });
  const { runId } = await startRun({ config, db, parts: toyParts() });
  const files = readdirSync(join(directory, runId));
  assert.equal(files.length, 1);
  using store = openRunStore(db);
  const tracking = trackRun({ run: store.getRun(runId)!, config, store, warn: (message) => assert.fail(message) });
  assert.equal(await tracking.finish('done'), true);
  assert.deepEqual(readdirSync(join(directory, runId)), files);
});
