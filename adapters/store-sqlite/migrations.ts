import type Database from 'better-sqlite3';
import { StoreError } from '../../src/errors.ts';
import { INITIAL_SCHEMA } from './migrations/0001-initial.ts';
import { REVISED_VERDICTS } from './migrations/0002-revised-verdicts.ts';
import { ANSWERS } from './migrations/0003-answers.ts';

/**
 * The numbered migrations. Append only: a released one is never edited, a change is a new one with
 * the next number. `PRAGMA user_version` holds the number of the last one applied.
 */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 1, sql: INITIAL_SCHEMA },
  { version: 2, sql: REVISED_VERDICTS },
  { version: 3, sql: ANSWERS },
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
