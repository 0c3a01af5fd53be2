/**
 * Stores of older schemas:
 *  1. one of any older schema is looked at as it is: every reading method works, what the schema lacks is absent, and no
 *     byte of the file changes
 *  2. opened for writing it is brought up to date; what was there comes back as before
 *  3. a copy is kept before: whole (what stood only in the write-ahead log included), of the old schema, told in one line,
 *     and never in the place of another
 *  4. the versions that its runs were worked on under are taken from its rows
 *  5. without room for the copy the store is refused in one line and left as it is (needs the right to mount a small disk)
 *  6. a copy that was cut short is not taken for one
 *  7. a store that is new or up to date is copied nowhere
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { SCHEMA_VERSION } from '../../adapters/store-sqlite/migrations.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { StoreError } from '../../src/errors.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { createStoreOfSchema, OLD_RUNS, OLD_SCHEMA, unpackOldStore } from '../support/old-store.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('migration');
const OLDER = Array.from({ length: SCHEMA_VERSION - 1 }, (_, i) => i + 1);

/** An empty folder of its own for the store of a test. */
function placeOf(t: TestContext, name = ''): string {
  const place = join(folder, `${t.name.slice(0, 1)}${name}`);
  mkdirSync(place);
  return join(place, 'runs.db');
}

function readSchema(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.pragma('user_version', { simple: true }) as number;
  } finally {
    db.close();
  }
}

/** Everything the reading methods give of a run. */
function readWhole(store: RunStore, runId: string) {
  const steps = store.listRolloutSteps(runId);
  return {
    run: store.getRun(runId),
    stages: store.listStages(runId),
    prompts: store.listPrompts(runId),
    attempts: [...store.listAttempts(runId, 0)],
    counts: [store.countAttempts(runId, 0), store.measureAttempts(runId, 0), store.summarizeRollouts(runId)],
    rollouts: steps.map(({ stageIndex, purpose, step }) => store.loadRollouts(runId, stageIndex, purpose, step)),
    sets: steps.map(({ stageIndex, purpose, step }) => store.countRolloutSets(runId, stageIndex, purpose, step)),
    metrics: store.listMetrics(runId),
    lastSteps: [0, 1, 2, 3].map((stageIndex) => store.lastStep(runId, stageIndex)),
    checkpoints: store.listCheckpoints(runId),
    answers: [store.hasAnswers(runId, 0), store.loadAnswers(runId, 0, 'nobody')],
    judged: ['math/1', 'math/2', 'math/99'].map((verifier) => store.hasVerdictsOf(runId, verifier)),
  };
}

test('1: looking', (t) => {
  for (const schema of OLDER) {
    const file = placeOf(t, `-${schema}`);
    createStoreOfSchema(file, schema);
    const before = readFileSync(file);
    using store = openRunStore(file, { readonly: true });
    const { run, attempts, rollouts, sets, answers, judged } = readWhole(store, 'run-1');
    assert.equal(run?.softwareVersion, '0.0.9');
    assert.deepEqual([attempts[0]?.extracted, attempts[0]?.verdict], ['4', null]);
    assert.deepEqual([rollouts[0]?.[0]?.set, rollouts[0]?.[0]?.verdict?.verifier], [null, 'math/1']);
    assert.deepEqual(sets, [[{ set: null, groups: 1 }]]);
    assert.deepEqual(answers, [false, []]);
    assert.deepEqual(judged, [true, false, false]);
    assert.throws(() => store.setRunStatus('run-1', 'failed', null), StoreError);
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(readdirSync(dirname(file)), [basename(file)]);
  }
});

test('2: brought up to date', (t) => {
  const file = placeOf(t);
  unpackOldStore(file);
  const runs = Object.values(OLD_RUNS);
  const readRuns = (readonly: boolean) => {
    using store = openRunStore(file, { readonly });
    return runs.map((run) => readWhole(store, run));
  };
  const before = readRuns(true);
  assert.ok(before.every(({ run, metrics, rollouts }) => run !== null && metrics.length + rollouts.length > 0));
  assert.deepEqual(readRuns(false), before);
  assert.equal(readSchema(file), SCHEMA_VERSION);
  for (const schema of OLDER) {
    const older = placeOf(t, `-${schema}`);
    createStoreOfSchema(older, schema);
    using store = openRunStore(older);
    const { attempts, rollouts } = readWhole(store, 'run-1');
    assert.deepEqual([attempts[0]?.extracted, attempts[0]?.verdict], ['4', null]);
    assert.deepEqual([rollouts[0]?.[0]?.set, rollouts[0]?.[0]?.failure], [null, 'gone']);
  }
  using store = openRunStore(file);
  store.saveRollouts(OLD_RUNS.whole, [sample.sampleRollout({ stageIndex: 9, purpose: 'eval', set: 'hard' })]);
  assert.equal(store.loadRollouts(OLD_RUNS.whole, 9, 'eval', 1, 'hard').length, 1);
});

test('3: the copy', (t) => {
  const source = placeOf(t, '-source');
  unpackOldStore(source);
  const file = placeOf(t);
  const db = new Database(source);
  db.pragma('journal_mode = WAL');
  db.prepare("UPDATE runs SET name = 'in the log'").run();
  for (const ending of ['', '-wal']) copyFileSync(`${source}${ending}`, `${file}${ending}`);
  db.close();

  const copy = `${file}.schema-${OLD_SCHEMA}.bak`;
  const told: string[] = [];
  const open = () => openRunStore(file, { tell: (line) => told.push(line) })[Symbol.dispose]();
  open();
  assert.equal(told.length, 1);
  assert.ok(told[0]!.includes(copy) && !told[0]!.includes('\n'), told[0]);
  const old = (path: string) => {
    using store = openRunStore(path, { readonly: true });
    return Object.values(OLD_RUNS).map((run) => ({ ...readWhole(store, run), name: store.getRun(run)?.name }));
  };
  assert.equal(readSchema(copy), OLD_SCHEMA);
  assert.equal(old(copy)[0]!.name, 'in the log');
  assert.deepEqual(old(copy), old(file));

  const first = readFileSync(copy);
  unpackOldStore(file);
  open();
  assert.deepEqual(readFileSync(copy), first);
  assert.equal(old(`${file}.schema-${OLD_SCHEMA}.2.bak`)[0]!.name, 'old');
});

test('4: versions', (t) => {
  const file = placeOf(t);
  unpackOldStore(file);
  using store = openRunStore(file);
  assert.deepEqual(store.listRunVersions(OLD_RUNS.whole), [{ software: '0.1.0', verifier: 'math/2', config: null }]);
});

test('5: no room', (t) => {
  const file = placeOf(t);
  const disk = dirname(file);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=700k', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    t.skip('mounting a small file system is not allowed here');
    return;
  }
  try {
    unpackOldStore(file);
    assert.throws(
      () => openRunStore(file),
      (error) =>
        error instanceof StoreError && /takes \d+ MB, but only \d+ MB are free: free space/.test(error.message),
    );
    assert.equal(readSchema(file), OLD_SCHEMA);
    assert.deepEqual(
      readdirSync(disk).filter((name) => name.includes('.bak')),
      [],
    );
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('6: a copy cut short', (t) => {
  const file = placeOf(t);
  unpackOldStore(file);
  const copy = `${file}.schema-${OLD_SCHEMA}.bak`;
  writeFileSync(`${copy}.partial`, 'half');
  openRunStore(file)[Symbol.dispose]();
  assert.equal(readSchema(copy), OLD_SCHEMA);
  assert.equal(existsSync(`${copy}.partial`), false);
});

test('7: nothing to copy', (t) => {
  const file = placeOf(t);
  const told: string[] = [];
  for (let i = 0; i < 2; i += 1) openRunStore(file, { tell: (line) => told.push(line) })[Symbol.dispose]();
  assert.deepEqual(told, []);
  assert.deepEqual(readdirSync(dirname(file)), [basename(file)]);
});
