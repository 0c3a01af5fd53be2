import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../../src/errors.ts';
import { makeStoreFolder, toStoreError } from './store-failure.ts';

/** How long a look at the lock may take. */
const LOOK_MS = 100;

/**
 * Makes this process the only one that writes runs into the store `file`, until disposed or dead.
 *
 * The lock is SQLite's exclusive lock on an empty database beside the store (`<file>-lock`): the
 * kernel drops it with the process, kill -9 included, so nothing stale is left to clean up. It does not
 * hinder readers of the store. `<file>-lock.pid` only says who holds it. Throws `StoreError`
 * naming the holder when the lock is taken. A missing folder is made.
 */
export function acquireRunLock(file: string): Disposable {
  const store = toRealPath(resolve(file));
  const noteFile = `${store}-lock.pid`;
  const db = openLocked(store, noteFile);
  writeNote(noteFile);
  return {
    [Symbol.dispose]: () => {
      if (!db.open) return;
      rmSync(noteFile, { force: true });
      db.close();
    },
  };
}

/** Whether a process holds the run lock of a store: it is working on a run there. */
export function isRunLocked(file: string): boolean {
  const lock = `${toRealPath(resolve(file))}-lock`;
  if (!existsSync(lock)) return false;
  try {
    using db = openToLook(lock);
    // Reading the empty database takes the lock that a holder excludes.
    db.read();
    return false;
  } catch (error) {
    return error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY';
  }
}

function openToLook(lock: string) {
  const db = new Database(lock, { readonly: true, timeout: 0 });
  return {
    read: () => db.prepare('SELECT count(*) FROM sqlite_schema').get(),
    [Symbol.dispose]: () => void db.close(),
  };
}

/** One store reached through two paths has one lock. */
function toRealPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    const folder = dirname(file);
    return folder === file ? file : join(toRealPath(folder), basename(file));
  }
}

function openLocked(store: string, noteFile: string): Database.Database {
  let db: Database.Database | null = null;
  makeStoreFolder(store);
  try {
    // Long enough for somebody who only looks whether it is held.
    db = new Database(`${store}-lock`, { timeout: LOOK_MS });
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_BUSY')
      throw toStoreError(error, `${store}-lock`);
    throw new StoreError(
      `${store} is in use by ${describeHolder(noteFile)}: wait until it ends, stop it, or give another --db FILE`,
      { cause: error, retryable: true },
    );
  }
}

/** The note is for people; a full disk must not keep a run from starting here. */
function writeNote(noteFile: string): void {
  try {
    writeFileSync(noteFile, `${process.pid}\n`);
  } catch {
    rmSync(noteFile, { force: true });
  }
}

function describeHolder(noteFile: string): string {
  try {
    const pid = Number(readFileSync(noteFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? `process ${pid}` : 'another process';
  } catch {
    return 'another process';
  }
}
