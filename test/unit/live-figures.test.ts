/**
 * What the live rig reads off a run store and off SkyRL's database.
 *
 * 1. Updates of the optimizer: one for each supervised step, in RL what the step says, up to the saved state asked for.
 * 2. Held-out figures: per problem first, then the mean and half its 95 % interval; rollouts that failed count for nothing,
 *    nor does another run of the store.
 * 3. The digest of decisions changes with a verdict that changed, and not with rollouts that came later.
 * 4. No store, or a file without tables yet: no run, no steps, and the decisions of a run that has made none.
 * 5. SkyRL: steps behind a state are those of its model before it was saved and after what it loaded, and so on back; steps
 *    after it, steps that were not completed, and steps of a model that was given up do not count.
 * 6. SkyRL: a state that is not in the record, and states that go in a circle, are errors.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Database from 'better-sqlite3';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import {
  countSteps,
  countUpdates,
  digestDecisions,
  findLastState,
  readFigures,
  readRun,
} from '../../scripts/live/run-figures.ts';
import { countStepsBehind } from '../../scripts/live/trainer-count.ts';
import { sampleRollout, sampleRun, sampleStage } from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('live-figures');

/** A store with an evaluation stage, three supervised steps and two RL steps; returns its file. */
function makeStore(name: string): string {
  const file = join(folder, `${name}.db`);
  using store = openRunStore(file);
  const run = sampleRun({ id: 'r' });
  store.createRun(run, [
    sampleStage({ index: 0, id: 'base', kind: 'eval' }),
    sampleStage({ index: 1, id: 'sft', kind: 'sft' }),
    sampleStage({ index: 2, id: 'rl', kind: 'rl' }),
  ]);
  for (const step of [1, 2, 3]) store.commitStep('r', 1, step, { 'train/loss': 1 });
  store.commitStep('r', 2, 1, { 'train/updates': 2, 'mismatch/mean': 1e-7, 'mismatch/max': 2e-6 });
  store.commitStep('r', 2, 2, { 'train/updates': 0, 'mismatch/mean': 3e-7, 'mismatch/max': 1e-6 });
  store.saveCheckpoint('r', { stageIndex: 1, step: 3, kind: 'state', name: 's1_3', path: 'tinker://a/weights/s1_3' });
  store.saveCheckpoint('r', { stageIndex: 2, step: 2, kind: 'state', name: 's2_2', path: 'tinker://b/weights/s2_2' });
  store.saveCheckpoint('r', { stageIndex: 2, step: 2, kind: 'sampler', name: 'v2_2', path: 'tinker://b/v2_2' });
  const wrong = { verdict: 'incorrect', rule: 'differs', reason: null, extracted: '5', verifier: 'math/1' } as const;
  const evaluated = { stageIndex: 0, purpose: 'eval', step: 0 } as const;
  store.saveRollouts('r', [
    sampleRollout({ ...evaluated, group: 0, sample: 0 }),
    sampleRollout({ ...evaluated, group: 0, sample: 1, verdict: wrong, formatValid: false }),
    sampleRollout({ ...evaluated, group: 1, sample: 0 }),
    sampleRollout({
      ...evaluated,
      group: 1,
      sample: 1,
      trajectory: null,
      failure: 'gone',
      verdict: null,
      reward: null,
    }),
  ]);
  return file;
}

test('1: updates', () => {
  const store = makeStore('updates');
  assert.deepEqual(findLastState(store), { stageIndex: 2, step: 2, path: 'tinker://b/weights/s2_2' });
  assert.equal(countUpdates(store, { stageIndex: 1, step: 2 }), 2);
  assert.equal(countUpdates(store, { stageIndex: 2, step: 1 }), 5);
  assert.equal(countUpdates(store, { stageIndex: 2, step: 2 }), 5);
  assert.equal(countSteps(store), 5);
});

test('2: held-out figures', () => {
  const file = makeStore('figures');
  const before = readFigures(file, sampleRun().name);
  {
    using store = openRunStore(file);
    store.createRun(sampleRun({ id: 'other', name: 'other' }), [sampleStage({ index: 0, id: 'sft', kind: 'sft' })]);
    for (const step of [1, 2]) store.commitStep('other', 0, step, { 'mismatch/mean': 1, 'mismatch/max': 1 });
    store.saveRollouts('other', [sampleRollout({ stageIndex: 0, purpose: 'eval', step: 0, group: 2 })]);
  }
  assert.deepEqual(readFigures(file, sampleRun().name), before);
  assert.deepEqual(
    readFigures(file, 'other').evaluations.map(({ stage, problems }) => [stage, problems]),
    [['sft', 1]],
  );
  assert.deepEqual(readFigures(file, 'third').stages, []);
  const { evaluations, mismatch, stages } = before;
  const [base] = evaluations;
  assert.equal(evaluations.length, 1);
  assert.deepEqual([base!.stage, base!.step, base!.problems], ['base', 0, 2]);
  // Shares of the problems: 1/2 and 1. Mean 3/4, standard deviation 0.3536, of two 1.96 * 0.25.
  assert.ok(Math.abs(base!.correct.mean - 0.75) < 1e-12);
  assert.ok(Math.abs(base!.correct.halfWidth - 0.49) < 1e-12);
  assert.equal(base!.validBlock.mean, 0.75);
  assert.deepEqual(mismatch, { mean: 3e-7, max: 2e-6 });
  assert.deepEqual(
    stages.map(({ id, steps }) => [id, steps]),
    [
      ['base', 0],
      ['sft', 3],
      ['rl', 2],
    ],
  );
});

test('3: decisions', () => {
  const file = makeStore('decisions');
  const { rollouts, digest } = digestDecisions(file, null);
  assert.equal(rollouts, 4);
  {
    using store = openRunStore(file);
    store.saveRollouts('r', [sampleRollout({ stageIndex: 2, step: 1, group: 9 })]);
  }
  assert.equal(digestDecisions(file, rollouts).digest, digest);
  assert.notEqual(digestDecisions(file, null).digest, digest);
  const db = new Database(file);
  db.exec("UPDATE rollouts SET verdict = 'incorrect' WHERE group_index = 1 AND sample = 0");
  db.close();
  assert.notEqual(digestDecisions(file, rollouts).digest, digest);
});

test('4: no store yet', () => {
  const empty = join(folder, 'empty.db');
  writeFileSync(empty, '');
  const none = digestDecisions(makeStore('begun'), 0).digest;
  for (const file of [empty, join(folder, 'none.db')]) {
    assert.deepEqual(digestDecisions(file, null), { rollouts: 0, digest: none });
    assert.equal(readRun(file, 'any'), null);
    assert.equal(countSteps(file), 0);
    assert.equal(findLastState(file), null);
  }
});

type Row = readonly [model: string, kind: string, data?: object, status?: string | undefined];

/** SkyRL's table of requests with these rows, in this order. */
function makeRecord(name: string, rows: readonly Row[]): string {
  const file = join(folder, `${name}.db`);
  const db = new Database(file);
  db.exec(
    'CREATE TABLE futures (request_id INTEGER PRIMARY KEY, request_type TEXT, model_id TEXT, status TEXT, request_data TEXT)',
  );
  const insert = db.prepare('INSERT INTO futures (request_type, model_id, status, request_data) VALUES (?, ?, ?, ?)');
  for (const [model, kind, data = {}, status = 'COMPLETED'] of rows)
    insert.run(kind, model, status, JSON.stringify(data));
  db.close();
  return file;
}

const step = (model: string, status?: string): Row => [model, 'OPTIM_STEP', {}, status];
const save = (model: string, path: string): Row => [model, 'SAVE_WEIGHTS', { path }];
const load = (model: string, source: string, checkpoint: string): Row => [
  model,
  'LOAD_WEIGHTS',
  { source_model_id: source, checkpoint_id: checkpoint },
];

test('5: steps behind a state', () => {
  const record = makeRecord('chain', [
    ...[step('a'), step('a'), save('a', 's1'), step('a'), save('a', 's2'), step('a')],
    // Given up: it began from s1 too.
    ...[load('b', 'a', 's1'), step('b'), step('b')],
    ...[
      load('c', 'a', 's2'),
      step('c'),
      step('c', 'FAILED'),
      step('c', 'PENDING'),
      ['c', 'FORWARD_BACKWARD'] as Row,
      save('c', 's3'),
      step('c'),
    ],
  ]);
  assert.equal(countStepsBehind(record, 'tinker://a/weights/s1'), 2);
  assert.equal(countStepsBehind(record, 'tinker://a/weights/s2'), 3);
  assert.equal(countStepsBehind(record, 'tinker://c/weights/s3'), 4);
});

test('6: a record that does not fit', () => {
  const record = makeRecord('broken', [load('a', 'b', 's2'), save('a', 's1'), load('b', 'a', 's1'), save('b', 's2')]);
  assert.throws(() => countStepsBehind(record, 'tinker://a/weights/s1'), /circle/);
  assert.throws(() => countStepsBehind(record, 'tinker://a/weights/s9'), /no state s9 of a/);
  assert.throws(() => countStepsBehind(record, 'file:///x'), /no path of a saved state/);
});
