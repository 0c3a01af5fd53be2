/**
 * What stands in the file, and what is said when it cannot be used.
 *
 *  1. a store of a newer schema is refused with its version, what this software knows and what to do, and not touched
 *  2. a file that is no database, and another program's database, are refused and not touched
 *  3. a missing folder is made, except when only looking; what is missing then is told in one line
 *  4. looking changes nothing and refuses to write; it works beside a writer
 *  5. an existing store of schema 0 (an empty file) becomes a store; migrations are numbered 1, 2, ...
 *  6. a full disk (page limit) is one StoreError, undoes that write only, and the store goes on when there is room
 *  7. the same on a really full file system (needs the right to mount one; skipped otherwise)
 *  8. damaged pages and damaged segments are told, not guessed around
 *  9. the write-ahead log stays bounded while a run writes, and closing folds it in
 * 10. deleting a run leaves no row of it behind
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Database from 'better-sqlite3';
import { MIGRATIONS, SCHEMA_VERSION } from '../../adapters/store-sqlite/migrations.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { StoreError } from '../../src/errors.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';

function createStore(file: string, maxPages?: number): RunStore {
  const store = openRunStore(file, maxPages === undefined ? {} : { maxPages });
  if (store.getRun(RUN) === null) store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  return store;
}

/** Matches a one-line StoreError that contains every part. */
function storeError(...parts: string[]) {
  return (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.ok(!error.message.includes('\n'), 'one line');
    for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" should name ${part}`);
    return true;
  };
}

/** Saves steps of one incompressible-looking attempt each until the store refuses; returns how many were saved and the error. */
function fillUp(store: RunStore): { saved: number; error: unknown } {
  for (let saved = 0; saved < 5_000; saved += 1) {
    try {
      store.saveRollouts(RUN, [
        sample.sampleRollout({ step: saved + 1, trajectory: sample.sampleTrajectory(200, saved) }),
      ]);
    } catch (error) {
      return { saved, error };
    }
  }
  return { saved: 5_000, error: null };
}

function countSaved(store: RunStore): number {
  return store.summarizeRollouts(RUN).reduce((sum, { rollouts }) => sum + rollouts, 0);
}

function checkIntegrity(file: string): unknown {
  const db = new Database(file, { readonly: true });
  try {
    return [db.pragma('integrity_check', { simple: true }), (db.pragma('foreign_key_check') as unknown[]).length];
  } finally {
    db.close();
  }
}

test('1. newer schema', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  createStore(file)[Symbol.dispose]();
  const db = new Database(file);
  db.pragma(`user_version = ${SCHEMA_VERSION + 3}`);
  db.close();
  const before = readFileSync(file);
  const said = storeError(file, `schema ${SCHEMA_VERSION + 3}`, `up to ${SCHEMA_VERSION}`, 'update parallel-r1');
  assert.throws(() => openRunStore(file), said);
  assert.throws(() => openRunStore(file, { readonly: true }), said);
  assert.deepEqual(readFileSync(file), before);
});

test('2. foreign files', (t) => {
  const folder = makeTempFolder('run-store', t);
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'These are my notes.\n'.repeat(100));
  const other = join(folder, 'other.db');
  const db = new Database(other);
  db.exec('CREATE TABLE bookmarks (url TEXT)');
  db.close();
  for (const readonly of [false, true]) {
    const before = [readFileSync(text), readFileSync(other)];
    assert.throws(() => openRunStore(text, { readonly }), storeError(text, 'not a run store', '--db'));
    assert.throws(() => openRunStore(other, { readonly }), storeError(other, 'another program', '--db'));
    assert.deepEqual([readFileSync(text), readFileSync(other)], before);
  }
});

test('3. missing places', (t) => {
  const folder = makeTempFolder('run-store', t);
  const deep = join(folder, 'no', 'such', 'runs.db');
  assert.throws(() => openRunStore(deep, { readonly: true }), storeError(deep, 'no run store here'));
  assert.equal(existsSync(join(folder, 'no')), false);
  openRunStore(deep)[Symbol.dispose]();
  assert.ok(existsSync(deep));
  const missing = join(folder, 'runs.db');
  assert.throws(() => openRunStore(missing, { readonly: true }), storeError(missing, 'no run store here'));
  assert.equal(existsSync(missing), false);
  assert.throws(() => openRunStore(folder), storeError(folder));
});

test('4. looking', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  using writer = createStore(file);
  using reader = openRunStore(file, { readonly: true });
  writer.saveRollouts(RUN, [sample.sampleRollout()]);
  assert.equal(countSaved(reader), 1);
  assert.throws(
    () => reader.saveRollouts(RUN, [sample.sampleRollout({ sample: 1 })]),
    storeError(file, 'cannot be written'),
  );
  assert.equal(countSaved(writer), 1);
});

test('5. empty file and numbering', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  writeFileSync(file, '');
  assert.throws(() => openRunStore(file, { readonly: true }), storeError('holds no run yet'));
  createStore(file)[Symbol.dispose]();
  using reader = openRunStore(file, { readonly: true });
  assert.equal(reader.listRuns().length, 1);
  assert.deepEqual(
    MIGRATIONS.map(({ version }) => version),
    MIGRATIONS.map((_, i) => i + 1),
  );
});

test('6. page limit', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  const store = createStore(file, 150);
  const { saved, error } = fillUp(store);
  storeError(file, 'disk is full', 'safe')(error);
  assert.equal((error as StoreError).retryable, true);
  assert.ok(saved > 3, `${saved} saved before the disk was full`);
  assert.equal(countSaved(store), saved);
  store[Symbol.dispose]();
  assert.deepEqual(checkIntegrity(file), ['ok', 0]);
  using roomy = createStore(file);
  const next = sample.sampleRollout({ step: saved + 1 });
  roomy.saveRollouts(RUN, [next]);
  assert.deepEqual(roomy.loadRollouts(RUN, 0, 'train', saved + 1), [next]);
  assert.equal(countSaved(roomy), saved + 1);
});

test('7. full file system', (t) => {
  const disk = join(makeTempFolder('run-store', t), 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    t.skip('mounting a small file system is not allowed here');
    return;
  }
  try {
    fillDisk(disk);
  } finally {
    execFileSync('umount', [disk]);
  }
});

function fillDisk(disk: string): void {
  const file = join(disk, 'runs.db');
  const ballast = join(disk, 'ballast');
  const store = createStore(file);
  writeFileSync(ballast, Buffer.alloc(512 * 1024));
  const { saved, error } = fillUp(store);
  storeError(file, 'disk', 'safe', 'space')(error);
  assert.equal(countSaved(store), saved);
  store[Symbol.dispose]();
  rmSync(ballast);
  const again = openRunStore(file);
  assert.equal(countSaved(again), saved);
  again.saveRollouts(RUN, [sample.sampleRollout({ step: saved + 1 })]);
  assert.equal(countSaved(again), saved + 1);
  again[Symbol.dispose]();
  assert.deepEqual(checkIntegrity(file), ['ok', 0]);
}

test('8. damage', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  const store = createStore(file);
  store.saveRollouts(RUN, [sample.sampleRollout()]);
  store[Symbol.dispose]();
  const db = new Database(file);
  db.prepare('UPDATE segments SET pieces = ? WHERE ordinal = 2').run(Buffer.from([1, 0, 200]));
  db.close();
  using reader = openRunStore(file, { readonly: true });
  assert.throws(() => reader.loadRollouts(RUN, 0, 'train', 1), storeError('group 0, sample 0', 'damaged'));
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 100);
  const broken = join(makeTempFolder('run-store', t), 'broken.db');
  writeFileSync(broken, bytes);
  assert.throws(() => openRunStore(broken, { readonly: true }).listRuns(), storeError(broken, 'damaged', '.recover'));
});

test('9. write-ahead log', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  const store = createStore(file);
  let largest = 0;
  for (let step = 1; step <= 60; step += 1) {
    store.saveAttempts(RUN, step, [sample.sampleAttempt({ raw: 'x'.repeat(300_000) })]);
    largest = Math.max(largest, statSync(`${file}-wal`).size);
  }
  assert.ok(statSync(file).size > 12_000_000, 'most of it is in the database already');
  assert.ok(largest < 8_000_000, `the log reached ${largest} bytes`);
  store[Symbol.dispose]();
  assert.equal(existsSync(`${file}-wal`), false);
});

test('10. deleting a run', (t) => {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  const store = createStore(file);
  store.saveRollouts(RUN, [sample.sampleRollout()]);
  store.saveAttempts(RUN, 0, [sample.sampleAttempt()]);
  store.savePrompt(RUN, 'student', { hash: 'h', name: 'n', text: 't' });
  store.commitStep(RUN, 0, 1, { a: 1 });
  store.saveCheckpoint(RUN, { stageIndex: 0, step: 1, kind: 'state', name: 's', path: 'p' });
  store.trainerLog(RUN).submitting({ modelId: 'm', seqId: 1, operation: 'o', payloadHash: 'h' });
  store[Symbol.dispose]();
  const db = new Database(file);
  db.prepare('DELETE FROM runs WHERE id = ?').run(RUN);
  const owned = [
    'stages',
    'run_prompts',
    'attempts',
    'rollouts',
    'segments',
    'steps',
    'metrics',
    'trainer_requests',
    'checkpoints',
  ];
  for (const table of owned) assert.equal(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), 0, table);
  db.close();
});
