/**
 * One process at a time writes runs into a store.
 *
 * 1. a second lock is refused in one line that names the holder's pid and what to do; free after disposal
 * 2. the same across processes and through a symbolic link; readers are not hindered
 * 3. the lock vanishes with its process, kill -9 included
 * 4. a missing folder is made; one that cannot be made is told
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { StoreError } from '../../src/errors.ts';
import { sampleRun } from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const HOLDER = fileURLToPath(new URL('../support/run-store-writer.ts', import.meta.url));

function makeStore(t: TestContext): string {
  const file = join(makeTempFolder('run-lock', t), 'runs.db');
  using store = openRunStore(file);
  store.createRun(sampleRun(), []);
  return file;
}

function inUseBy(pid: number) {
  return (error: unknown) =>
    error instanceof StoreError &&
    error.message.includes(`process ${pid}`) &&
    error.message.includes('--db') &&
    !error.message.includes('\n');
}

/** Starts a process that takes the lock and holds it; resolves when it does. */
async function startHolder(t: TestContext, file: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, file, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

test('1. within one process', (t) => {
  const file = makeStore(t);
  const lock = acquireRunLock(file);
  assert.throws(() => acquireRunLock(file), inUseBy(process.pid));
  lock[Symbol.dispose]();
  lock[Symbol.dispose]();
  acquireRunLock(file)[Symbol.dispose]();
});

test('2. across processes', async (t) => {
  const file = makeStore(t);
  const child = await startHolder(t, file);
  const link = `${file}.link`;
  symlinkSync(file, link);
  assert.throws(() => acquireRunLock(file), inUseBy(child.pid!));
  assert.throws(() => acquireRunLock(link), inUseBy(child.pid!));
  using reader = openRunStore(file, { readonly: true });
  assert.equal(reader.listRuns().length, 1);
});

test('3. the lock dies with its process', async (t) => {
  const file = makeStore(t);
  const child = await startHolder(t, file);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = acquireRunLock(file);
  assert.throws(() => acquireRunLock(file), inUseBy(process.pid));
  lock[Symbol.dispose]();
});

test('4. missing folder', (t) => {
  const store = makeStore(t);
  acquireRunLock(join(store, '..', 'new', 'runs.db'))[Symbol.dispose]();
  assert.throws(
    () => acquireRunLock(join(store, 'below', 'runs.db')),
    (error) => error instanceof StoreError && /cannot be made/.test(error.message),
  );
});
