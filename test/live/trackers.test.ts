/**
 * What we send, read by the real programs. Needs a Python with `tensorboard` (2.21.0 is known to work), named in
 * PARALLEL_R1_TENSORBOARD_PYTHON, and one with `mlflow` (3.17.2), named in PARALLEL_R1_MLFLOW_PYTHON.
 *
 * 1. TensorBoard's event accumulator reads a run whose writer was killed in the middle and went on from a step that was
 *    already there: every step once, with its value and time
 * 2. TensorBoard's server shows the same over HTTP, with either of its two loaders
 * 3. an MLflow server (SQLite store, file store) receives a run, loses an answer, is killed, comes back: nothing is
 *    doubled, nothing lost, and the run's end, settings and unusual values are as they were sent
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openMlflowTracker } from '../../adapters/tracker-mlflow/open-mlflow-tracker.ts';
import { openTensorboardTracker } from '../../adapters/tracker-tensorboard/open-tensorboard-tracker.ts';
import { TrackerError } from '../../src/errors.ts';
import type { RepeatCall } from '../../src/ports/tracker.ts';
import { findFreePort, type LiveProgram, openLosingRelay, startLiveProgram } from '../support/live-program.ts';
import { makePoints } from '../support/series-points.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const TENSORBOARD = process.env.PARALLEL_R1_TENSORBOARD_PYTHON;
const MLFLOW = process.env.PARALLEL_R1_MLFLOW_PYTHON;
const noTensorboard = TENSORBOARD === undefined && 'set PARALLEL_R1_TENSORBOARD_PYTHON';
const noMlflow = MLFLOW === undefined && 'set PARALLEL_R1_MLFLOW_PYTHON';

const folder = makeTempFolder('trackers');
const signal = new AbortController().signal;
const clock = { now: () => Date.now() };

const KEYS = ['reward/mean', 'format/valid'];
const LAST_STEP = 40;

/** Sends steps without end, until it is killed. */
const ENDLESS_WRITER = `
const { openTensorboardTracker } = await import(process.argv[1]);
const { makePoints } = await import(process.argv[2]);
const tracker = await openTensorboardTracker({ folder: process.argv[3], lastStepSent: null, clock: { now: () => Date.now() } });
for (let step = 1; ; step += 1) await tracker.send(makePoints(step, step), new AbortController().signal);
`;

/** A writer that is killed after many steps, then one that goes on from step 21 as if the store knew of 20 only. */
async function writeInterruptedRun(run: string): Promise<void> {
  const modules = ['../../adapters/tracker-tensorboard/open-tensorboard-tracker.ts', '../support/series-points.ts'];
  const addresses = modules.map((path) => new URL(path, import.meta.url).href);
  const writer = spawn(process.execPath, ['--input-type=module', '-e', ENDLESS_WRITER, ...addresses, run]);
  const ended = once(writer, 'exit');
  const isLongEnough = () => readdirSync(run).some((name) => statSync(join(run, name)).size > 8000);
  mkdirSync(run, { recursive: true });
  while (!isLongEnough()) await pause(20);
  writer.kill('SIGKILL');
  await ended;
  const tracker = await openTensorboardTracker({ folder: run, lastStepSent: 20, clock });
  assert.equal(tracker.lastStepSent, 20);
  await tracker.send(makePoints(21, 30), signal);
  await tracker.send(makePoints(31, LAST_STEP), signal);
  await tracker.close('done');
}

/** Wall time in seconds, step, value: what must be read of the first key. */
const WANTED = makePoints(1, LAST_STEP, KEYS)
  .filter(({ key }) => key === 'reward/mean')
  .map(({ wallTimeMs, globalStep, value }) => [wallTimeMs / 1000, globalStep, value]);

const READ_RUN = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
run = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0})
run.Reload()
print(json.dumps({'tags': run.Tags()['scalars'], 'points': [[p.wall_time, p.step, p.value] for p in run.Scalars('reward/mean')]}))
`;

test('1: event accumulator', { skip: noTensorboard }, async () => {
  const run = join(folder, 'logs', 'first');
  await writeInterruptedRun(run);
  const { stdout } = await promisify(execFile)(TENSORBOARD!, ['-c', READ_RUN, run]);
  const { tags, points } = JSON.parse(stdout);
  assert.deepEqual(tags.toSorted(), KEYS.toSorted());
  assert.deepEqual(points, WANTED);
});

test('2: TensorBoard server', { skip: noTensorboard }, async () => {
  await writeInterruptedRun(join(folder, 'served', 'first'));
  for (const fast of ['true', 'false']) {
    const port = await findFreePort();
    const program = await startLiveProgram({
      command: TENSORBOARD!,
      args: [
        ...['-m', 'tensorboard.main', '--logdir', join(folder, 'served'), '--host', '127.0.0.1'],
        ...['--port', `${port}`, '--load_fast', fast, '--samples_per_plugin', 'scalars=5000'],
      ],
      port,
      readyPath: '/data/environment',
    });
    try {
      const query = new URLSearchParams({ run: 'first', tag: 'reward/mean' });
      const deadline = AbortSignal.timeout(60_000);
      for (;;) {
        const answer = await fetch(`${program.url}/data/plugin/scalars/scalars?${query}`, { signal: deadline });
        const points = answer.ok ? await answer.json() : null;
        if ((points as unknown[] | null)?.length === WANTED.length) {
          assert.deepEqual(points, WANTED, `loader ${fast}`);
          break;
        }
        // It reads the files beside serving: until it has read them, fewer or none are shown.
        await pause(200, undefined, { signal: deadline });
      }
    } finally {
      await program.kill();
    }
  }
});

/** Repeats every quarter of a second while the server is away. */
const repeat: RepeatCall = async (call, each) => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await call(each);
    } catch (error) {
      if (!(error instanceof TrackerError && error.retryable) || tried > 400) throw error;
      await pause(250);
    }
  }
};

/** All points of a run in the order the server gives them, and what else it says of the run. */
const READ_MLFLOW = `
import json, sys
from mlflow.tracking import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name(sys.argv[2])
runs = client.search_runs([experiment.experiment_id])
run = runs[0]
history = {key: [[p.timestamp, p.step, str(p.value)] for p in client.get_metric_history(run.info.run_id, key)] for key in run.data.metrics}
print(json.dumps({'runs': len(runs), 'name': run.info.run_name, 'status': run.info.status, 'params': run.data.params, 'history': history}))
`;

const ENVIRONMENT = { MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true', MLFLOW_ALLOW_FILE_STORE: 'true' };

for (const store of ['sqlite', 'file'] as const) {
  test(`3: MLflow server over its ${store} store`, { skip: noMlflow }, async () => {
    const home = join(folder, store);
    mkdirSync(home, { recursive: true });
    const port = await findFreePort();
    const backend = store === 'sqlite' ? `sqlite:///${join(home, 'mlflow.db')}` : `file://${join(home, 'runs')}`;
    const start = (): Promise<LiveProgram> =>
      startLiveProgram({
        command: MLFLOW!,
        args: [
          ...['-m', 'mlflow', 'server', '--backend-store-uri', backend, '--host', '127.0.0.1', '--port', `${port}`],
          ...['--default-artifact-root', join(home, 'artifacts'), '--workers', '1'],
        ],
        port,
        readyPath: '/health',
        env: ENVIRONMENT,
        cwd: home,
      });
    let server = await start();
    const relay = await openLosingRelay(server.url);
    try {
      const open = (lastStepSent: number | null) =>
        openMlflowTracker(
          {
            url: relay.url,
            login: { kind: 'none' },
            experiment: 'sums größer',
            runId: '2026-11-28-a1',
            runName: 'first',
            params: { seed: '7', 'model.name': 'tiny' },
            lastStepSent,
            repeat,
            clock,
          },
          signal,
        );
      relay.loseNext('/runs/create');
      const first = await open(null);
      assert.equal(first.lastStepSent, null);
      await first.send(makePoints(1, 10), signal);
      relay.loseNext('/runs/log-batch');
      await first.send(makePoints(11, 20), signal);
      await server.kill();
      const sending = first.send(makePoints(21, 25), signal);
      server = await start();
      await sending;
      // The sender is gone before it stored that step 25 is there, and says nothing to anybody.
      const second = await open(20);
      assert.equal(second.lastStepSent, 20);
      await second.send(makePoints(21, 30), signal);
      const [point] = makePoints(31, 31);
      await second.send(
        [Number.NaN, Infinity, 1e-300].map((value, i) => ({ ...point!, key: `odd/${i}`, value })),
        signal,
      );
      await second.close('done');
      const { stdout } = await promisify(execFile)(MLFLOW!, ['-c', READ_MLFLOW, server.url, 'sums größer'], {
        env: { ...process.env, ...ENVIRONMENT },
      });
      const run = JSON.parse(stdout);
      assert.deepEqual([run.runs, run.name, run.status], [1, 'first', 'FINISHED']);
      assert.deepEqual(run.params, { seed: '7', 'model.name': 'tiny' });
      const wanted = makePoints(1, 30).filter(({ key }) => key === 'format/valid');
      assert.deepEqual(
        run.history['format/valid'].toSorted((a: number[], b: number[]) => a[1]! - b[1]!),
        wanted.map(({ wallTimeMs, globalStep, value }) => [wallTimeMs, globalStep, `${value}`]),
      );
      assert.equal(run.history['reward/mean'].length, 30);
      assert.equal(run.history['odd/0'][0][2], 'nan');
      // The SQLite store keeps an infinity as the largest double.
      assert.ok(['inf', '1.7976931348623157e+308'].includes(run.history['odd/1'][0][2]), run.history['odd/1'][0][2]);
      assert.equal(Number(run.history['odd/2'][0][2]), 1e-300);
    } finally {
      await relay.close();
      await server.kill();
    }
  });
}
