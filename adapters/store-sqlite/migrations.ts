import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { StoreError } from '../../src/errors.ts';
import { INITIAL_SCHEMA } from './migrations/0001-initial.ts';
import { REVISED_VERDICTS } from './migrations/0002-revised-verdicts.ts';
import { ANSWERS } from './migrations/0003-answers.ts';
import { SETS_AND_VERSIONS } from './migrations/0004-sets-and-versions.ts';
import { TRAINER_MODELS } from './migrations/0005-trainer-models.ts';
import { INTENDED_SAVES } from './migrations/0006-intended-saves.ts';
import { EFFECTIVE_BLOCKS } from './migrations/0007-effective-blocks.ts';
import { TRACKER_STEPS } from './migrations/0008-tracker-steps.ts';
import { INPUT_FILES } from './migrations/0009-input-files.ts';
import { ROLLOUT_OUTCOMES } from './migrations/0010-rollout-outcomes.ts';
import { ROLLOUT_COUNTS } from './migrations/0011-rollout-counts.ts';
import { SUBJECTS } from './migrations/0012-subjects.ts';

/**
 * The numbered migrations. Append only: a released one is never edited, a change is a new one with
 * the next number. A migration only adds tables, indexes, triggers, or columns with a default, so that older stores can
 * be read as they are; a table that is made of others also gives the query it follows from (show-as-current.ts). `PRAGMA user_version` holds the number of the last one
 * applied.
 */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 1, sql: INITIAL_SCHEMA },
  { version: 2, sql: REVISED_VERDICTS },
  { version: 3, sql: ANSWERS },
  { version: 4, sql: SETS_AND_VERSIONS },
  { version: 5, sql: TRAINER_MODELS },
  { version: 6, sql: INTENDED_SAVES },
  { version: 7, sql: EFFECTIVE_BLOCKS },
  { version: 8, sql: TRACKER_STEPS },
  { version: 9, sql: INPUT_FILES },
  { version: 10, sql: ROLLOUT_OUTCOMES },
  { version: 11, sql: ROLLOUT_COUNTS },
  { version: 12, sql: SUBJECTS },
];

/** Schema this software reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** `PRAGMA application_id` of a run store ("PaR1"): tells ours from another program's SQLite file. */
export const APPLICATION_ID = 0x50615231;

/**
 * Looks at a database before anything is written to it. Returns its schema version (0: empty file).
 * Throws `StoreError` for another program's database and for a schema newer than this software.
 */
export function checkStoreVersion(db: Database.Database, file: string): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const owner = db.pragma('application_id', { simple: true }) as number;
  const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  if (owner !== APPLICATION_ID && (owner !== 0 || version !== 0 || tables > 0)) {
    throw new StoreError(`${file} is an SQLite database of another program: give another --db FILE`);
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      `${file} has schema ${version}, this software knows up to ${SCHEMA_VERSION}: update parallel-r1, or give another --db FILE`,
    );
  }
  return version;
}

/** Applies every migration the store lacks, all in one transaction: a crash leaves the old schema whole. */
export function migrateStore(db: Database.Database, file: string): void {
  db.transaction(() => {
    const from = checkStoreVersion(db, file);
    for (const { version, sql } of MIGRATIONS) if (version > from) db.exec(sql);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}

/** What `keepStoreCopy` needs to know. */
export interface CopyRequest {
  /** Schema the store has, and the one it is about to get. */
  readonly version: number;
  readonly next: number;
  readonly tell: (line: string) => void;
}

/**
 * Keeps the store as it is in `<file>.schema-N.bak` before it gets another schema. SQLite writes the copy, so that it is
 * whole whatever the write-ahead log holds; it gets its name only once it is complete and on the disk. An existing copy
 * is never replaced: the next one gets a number. Throws `StoreError` where there is no room for it.
 */
export function keepStoreCopy(db: Database.Database, file: string, { version, next, tell }: CopyRequest): void {
  requireRoom(db, file);
  const copy = findFreeName(`${file}.schema-${version}`);
  tell(`${file} gets schema ${next}; the store as it was (schema ${version}) is kept in ${copy}`);
  const partial = `${copy}.partial`;
  rmSync(partial, { force: true });
  try {
    db.prepare('VACUUM INTO ?').run(partial);
    flush(partial, 'r+');
    renameSync(partial, copy);
    flushFolder(dirname(copy));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

function requireRoom(db: Database.Database, file: string): void {
  const needed = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  const { bavail, bsize } = statfsSync(dirname(file));
  if (bavail * bsize >= needed) return;
  throw new StoreError(
    `${file}: before it is brought up to date a copy of it is kept, which takes ${toMegabytes(needed)} MB, but only ${toMegabytes(bavail * bsize)} MB are free: free space, or move the store to a larger disk`,
    { retryable: true },
  );
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

function findFreeName(base: string): string {
  let name = `${base}.bak`;
  for (let number = 2; existsSync(name); number += 1) name = `${base}.${number}.bak`;
  return name;
}

/** A name in a folder survives power loss once the folder is on the disk. Windows cannot open folders; there the rename has to do. */
function flushFolder(folder: string): void {
  if (process.platform !== 'win32') flush(folder, 'r');
}

function flush(path: string, flags: 'r' | 'r+'): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
