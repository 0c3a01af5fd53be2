/**
 * `prune` on the command line:
 *  1. without --yes, and with nobody to ask, it says what it would free and changes no byte
 *  2. a run that is done gives up log-probs, kept answers and all weights but its last state; texts, token ids and figures
 *     stay, and `--json` says what went
 *  3. a run that can be resumed keeps its answers, its checkpoints and the log-probs of stages that are not done
 *  4. --runs removes the runs named and their weights; weights that another run begins with stay, and so does a run whose
 *     rows an unfinished one trains on
 *  5. what is wrong is told in one line with exit code 2, and nothing is lost: a run that is running, an id that is not
 *     there, --runs without ids, an unknown part
 *  6. killed in the middle, the store is whole, and the next call frees the rest
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import type { RunRecord } from '../../src/ports/run-store/runs.ts';
import { runCli, startCli } from '../support/cli-process.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const MODEL = 'embedded-0123456789abcdef';

interface MadeRun extends Partial<RunRecord> {
  readonly id: string;
  /** Names of its saved states, in order, and of its sampler weights. */
  readonly states?: readonly string[];
  readonly samplers?: readonly string[];
  readonly steps?: number;
}

/** A store with runs of two stages, of which the first is done, and their weights beside it. */
function makeStore(t: TestContext, runs: readonly MadeRun[]): string {
  const db = join(makeTempFolder('prune', t), 'runs.db');
  using store = openRunStore(db);
  for (const { states = [], samplers = [], steps = 1, ...run } of runs) {
    store.createRun(sample.sampleRun(run), [
      sample.sampleStage({ index: 0, status: 'done' }),
      sample.sampleStage({ index: 1, id: 'rl-hard', status: run.status === 'done' ? 'done' : 'running' }),
    ]);
    for (let step = 1; step <= steps; step += 1) {
      store.saveRollouts(
        run.id,
        [0, 1].flatMap((stageIndex) =>
          Array.from({ length: 8 }, (_, one) => sample.sampleRollout({ stageIndex, step, sample: one })),
        ),
      );
    }
    store.commitStep(run.id, 1, 1, { 'reward/mean': 0.5 });
    store.saveAnswers(run.id, 1, [{ owner: 'o', call: 'first', answer: '{}' }]);
    const save = (kind: 'state' | 'sampler', folder: string) => (name: string, step: number) => {
      mkdirSync(join(`${db}-embedded`, MODEL, folder, name), { recursive: true });
      writeFileSync(join(`${db}-embedded`, MODEL, folder, name, 'weights.bin'), 'w'.repeat(1_000));
      store.saveCheckpoint(run.id, { stageIndex: 1, step, kind, name, path: `tinker://${MODEL}/${folder}/${name}` });
    };
    states.forEach(save('state', 'weights'));
    samplers.forEach(save('sampler', 'sampler_weights'));
  }
  return db;
}

const hasWeights = (db: string, name: string) =>
  ['weights', 'sampler_weights'].some((kind) => existsSync(join(`${db}-embedded`, MODEL, kind, name)));

const prune = (db: string, ...args: string[]) => runCli(['prune', '--db', db, ...args]);

test('1: looking', async (t) => {
  const db = makeStore(t, [{ id: 'r1', status: 'done', states: ['s1', 's2'] }]);
  const before = readFileSync(db);
  const told = await prune(db);
  assert.equal(told.code, 0);
  assert.match(told.stdout, /log-probs +0\.0 MB +of 16 rollouts/);
  assert.match(told.stdout, /answers .* 1 that nothing waits for/);
  assert.match(told.stdout, /weights .* 1 checkpoints that no run goes on from/);
  assert.match(told.stderr, /nothing was freed; --yes frees it/);
  const data = JSON.parse((await prune(db, '--json')).stdout);
  assert.equal(data.freed, false);
  assert.deepEqual(data.logprobs, { rows: 16, bytes: 16 * 15 * 4 });
  assert.deepEqual(data.weights, { rows: 1, bytes: 1_000 });
  assert.deepEqual(readFileSync(db), before);
  assert.ok(hasWeights(db, 's1'));
});

test('2: a run that is done', async (t) => {
  const db = makeStore(t, [{ id: 'r1', status: 'done', states: ['s1', 's2'], samplers: ['v1'], steps: 30 }]);
  const show = async () => JSON.parse((await runCli(['show', 'r1', '--json', '--db', db])).stdout);
  const before = await show();
  const result = await prune(db, 'r1', '--yes', '--json');
  assert.equal(result.code, 0, result.stderr);
  const data = JSON.parse(result.stdout);
  assert.equal(data.freed, true);
  assert.ok(data.bytesAfter < data.bytes, `${data.bytesAfter} < ${data.bytes}`);
  assert.deepEqual(
    ['s1', 's2', 'v1'].map((name) => hasWeights(db, name)),
    [false, true, false],
  );
  assert.deepEqual(await show(), before);
  using store = openRunStore(db, { readonly: true });
  assert.deepEqual(
    store.listCheckpoints('r1').map(({ name }) => name),
    ['s2'],
  );
  assert.equal(store.hasAnswers('r1', 1), false);
  const toIds = ({ trajectory }: Pick<RolloutRecord, 'trajectory'>) =>
    trajectory?.segments.map(({ pieces }) => pieces.map(({ ids, text }) => [ids, text]));
  assert.deepEqual(toIds(store.loadRollouts('r1', 1, 'train', 30)[0]!), toIds(sample.sampleRollout()));
  assert.match((await prune(db, '--yes')).stdout, /nothing to free/);
});

test('3: a run that can be resumed', async (t) => {
  const db = makeStore(t, [{ id: 'r1', status: 'interrupted', states: ['s1', 's2'], samplers: ['v1'] }]);
  assert.equal((await prune(db, '--yes')).code, 0);
  using store = openRunStore(db, { readonly: true });
  assert.deepEqual(
    [0, 1].map((stageIndex) => store.measureLogprobs('r1', stageIndex).rows),
    [0, 8],
  );
  assert.equal(store.hasAnswers('r1', 1), true);
  assert.ok(['s1', 's2', 'v1'].every((name) => hasWeights(db, name)));
});

test('4: whole runs', async (t) => {
  const db = makeStore(t, [
    { id: 'r1', status: 'done', states: ['s1', 's2'] },
    { id: 'r2', status: 'done', states: ['s3'] },
    { id: 'r3', status: 'interrupted', configJson: '{"stages":[{"data":"run:r2"}]}' },
  ]);
  {
    using store = openRunStore(db);
    const path = `tinker://${MODEL}/weights/s2`;
    store.saveCheckpoint('r3', { stageIndex: -1, step: 1, kind: 'state', name: 's2', path });
  }
  const refused = await prune(db, 'r2', '--runs', '--yes');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /run r3 is not done and trains on the rows of run r2/);
  const removed = await prune(db, 'r1', '--runs', '--yes');
  assert.equal(removed.code, 0, removed.stderr);
  assert.deepEqual(
    ['s1', 's2', 's3'].map((name) => hasWeights(db, name)),
    [false, true, true],
  );
  {
    using store = openRunStore(db, { readonly: true });
    assert.deepEqual(
      store.listRuns().map(({ id }) => id),
      ['r3', 'r2'],
    );
    assert.equal(store.loadRollouts('r2', 0, 'train', 1).length, 8);
  }
  assert.equal((await prune(db, 'r2', 'r3', '--runs', '--yes')).code, 0);
  assert.equal(existsSync(join(`${db}-embedded`, MODEL)), false);
});

test('5: what is wrong', async (t) => {
  const db = makeStore(t, [{ id: 'r1', status: 'running' }]);
  const before = readFileSync(db);
  const lines: Record<string, readonly string[]> = {
    'there is no run r9': ['r9'],
    '--runs removes runs for good: name them': ['--runs', '--yes'],
    '--runs removes everything of a run: leave --only out': ['r1', '--runs', '--only', 'answers'],
    '--only is "logits"; it must be one of log-probs, answers, weights': ['--only', 'logits'],
    'there is no option --yess; did you mean --yes?': ['--yess'],
  };
  for (const [line, args] of Object.entries(lines)) {
    const { code, stderr } = await prune(db, ...args);
    assert.equal(code, 2, line);
    assert.ok(stderr.includes(line) && stderr.trim().split('\n').length === 1, stderr);
  }
  using _lock = acquireRunLock(db);
  const running = await prune(db, '--yes');
  assert.equal(running.code, 2);
  assert.match(running.stderr, /run r1 is running: wait until it ends, or stop it/);
  assert.deepEqual(readFileSync(db), before);
});

test('6: killed', async (t) => {
  const steps = 400;
  const db = makeStore(t, [{ id: 'r1', status: 'done', states: ['s1', 's2'], steps }]);
  const { child, result } = startCli(['prune', '--db', db, '--yes']);
  using looker = openRunStore(db, { readonly: true });
  const all = looker.measureLogprobs('r1', 0).rows + looker.measureLogprobs('r1', 1).rows;
  assert.equal(all, 16 * steps);
  while (child.exitCode === null && looker.measureLogprobs('r1', 0).rows === all / 2) await setImmediate();
  child.kill('SIGKILL');
  await result;
  {
    const file = new Database(db, { readonly: true });
    assert.equal(file.pragma('integrity_check', { simple: true }), 'ok');
    file.close();
  }
  assert.ok(hasWeights(db, 's2'));
  const again = await prune(db, '--yes');
  assert.equal(again.code, 0, again.stderr);
  using store = openRunStore(db, { readonly: true });
  assert.equal(store.measureLogprobs('r1', 0).rows + store.measureLogprobs('r1', 1).rows, 0);
  assert.equal(store.summarizeRollouts('r1')[0]?.rollouts, 8 * steps);
  assert.ok(!hasWeights(db, 's1') && hasWeights(db, 's2'));
});
