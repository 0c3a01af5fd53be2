import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../../src/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { checkStoreVersion, keepStoreCopy, migrateStore, SCHEMA_VERSION } from './migrations.ts';
import { showAsCurrent } from './show-as-current.ts';
import { makeStoreFolder, toStoreError } from './store-failure.ts';

/** How long a write waits for a short transaction of another process. */
const BUSY_TIMEOUT_MS = 5_000;

/** The write-ahead log is folded into the database at this many pages (4 KiB each) ... */
const WAL_CHECKPOINT_PAGES = 1_000;

/** ... and cut to this many bytes when a large transaction or a slow reader made it longer. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024;

/** A statement that is compiled when it is first used. */
export interface Query<Parameters extends readonly unknown[], Row> {
  run(...parameters: Parameters): Database.RunResult;
  get(...parameters: Parameters): Row | undefined;
  all(...parameters: Parameters): Row[];
}

/** One open database file. Everything that `read`, `write` and `writeDurably` throw is a `StoreError`. */
export interface Connection {
  readonly file: string;
  readonly db: Database.Database;
  /** Milliseconds since the epoch, whole. */
  nowMs(): number;
  query<Parameters extends readonly unknown[], Row = never>(sql: string): Query<Parameters, Row>;
  /** A query that returns only the first column of its rows. */
  queryValue<Parameters extends readonly unknown[], Value>(sql: string): Query<Parameters, Value>;
  read<T>(work: () => T): T;
  /** One immediate transaction; survives the death of the process when it returns. `work` must not await. */
  write<T>(work: () => T): T;
  /** As `write`; survives power loss too, together with every write before it. */
  writeDurably<T>(work: () => T): T;
  /** Calls back when row keys that are remembered may no longer be valid: after a transaction was undone, and after `forgetKeys`. */
  onStaleKeys(forget: () => void): void;
  /** Makes everybody forget the row keys they remember: shared rows were removed. */
  forgetKeys(): void;
  close(): void;
}

/** How the file is opened. */
export interface ConnectionOptions {
  readonly readonly: boolean;
  /** Upper limit of the database in pages of 4 KiB; beyond it writes fail as on a full disk. */
  readonly maxPages: number | null;
  readonly clock: Pick<Clock, 'now'>;
  /** Is told, in one line, that an older store is being brought up to date. */
  readonly tell: (line: string) => void;
}

/** Opens (and, unless read-only, creates or migrates) the store. Throws `StoreError`. */
export function openConnection(path: string, options: ConnectionOptions): Connection {
  const file = resolve(path);
  const db = openDatabase(file, options.readonly);
  try {
    if (options.readonly) prepareForReading(db, file);
    else prepareForWriting(db, file, options);
  } catch (error) {
    db.close();
    throw toStoreError(error, file);
  }
  return createConnection(db, file, options.clock);
}

function openDatabase(file: string, readonly: boolean): Database.Database {
  if (!readonly) makeStoreFolder(file);
  try {
    return new Database(file, { readonly, fileMustExist: readonly, timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    // The folder is missing: better-sqlite3 looks for it before SQLite does.
    const isNowhere = error instanceof TypeError;
    const missing =
      isNowhere || (readonly && error instanceof Database.SqliteError && error.code === 'SQLITE_CANTOPEN');
    if (missing)
      throw new StoreError(`${file}: there is no run store here: start a run first, or give --db FILE`, {
        cause: error,
      });
    throw toStoreError(error, file);
  }
}

function prepareForReading(db: Database.Database, file: string): void {
  const version = checkStoreVersion(db, file);
  if (version === 0) throw new StoreError(`${file} holds no run yet: start a run first, or give --db FILE`);
  if (version < SCHEMA_VERSION) showAsCurrent(db);
}

function prepareForWriting(db: Database.Database, file: string, { maxPages, tell }: ConnectionOptions): void {
  // A foreign file must be refused before the first pragma that would change it.
  const version = checkStoreVersion(db, file);
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal')
    throw new StoreError(`${file}: this file system cannot hold a run store (no write-ahead log): use a local disk`);
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma(`wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
  if (version > 0 && version < SCHEMA_VERSION) keepStoreCopy(db, file, { version, next: SCHEMA_VERSION, tell });
  if (version < SCHEMA_VERSION) migrateStore(db, file);
  if (maxPages !== null) db.pragma(`max_page_count = ${maxPages}`);
}

function createConnection(db: Database.Database, file: string, clock: Pick<Clock, 'now'>): Connection {
  const transaction = db.transaction((work: () => unknown) => work());
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, file);
    }
  };
  const listeners: (() => void)[] = [];
  const forgetKeys = () => {
    for (const forget of listeners) forget();
  };
  const write = <T>(work: () => T): T =>
    guard(() => {
      try {
        return transaction.immediate(work) as T;
      } catch (error) {
        forgetKeys();
        throw error;
      }
    });
  return {
    file,
    db,
    nowMs: () => Math.round(clock.now()),
    query: (sql) => compileLate(() => db.prepare(sql)),
    queryValue: (sql) => compileLate(() => db.prepare(sql).pluck()),
    read: guard,
    write,
    writeDurably: (work) => {
      // Takes effect between transactions only, hence around the transaction and not inside.
      guard(() => db.pragma('synchronous = FULL'));
      try {
        return write(work);
      } finally {
        guard(() => db.pragma('synchronous = NORMAL'));
      }
    },
    onStaleKeys: (forget) => listeners.push(forget),
    forgetKeys,
    close: () => {
      if (!db.open) return;
      if (!db.readonly) foldLog(db);
      guard(() => db.close());
    },
  };
}

/** A read-only connection never compiles statements that write: where an older store is shown through views, that would fail. */
function compileLate<P extends readonly unknown[], R>(compile: () => Database.Statement): Query<P, R> {
  let statement: Database.Statement | null = null;
  const compiled = () => {
    statement ??= compile();
    return statement;
  };
  return {
    run: (...parameters) => compiled().run(...parameters),
    get: (...parameters) => compiled().get(...parameters) as R | undefined,
    all: (...parameters) => compiled().all(...parameters) as R[],
  };
}

/** Other processes may still look at the store; without them closing folds the log in and removes it. */
function foldLog(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(PASSIVE)');
  } catch (error) {
    // The log keeps what a full disk has no room to fold in; the next writer does it.
    if (!(error instanceof Database.SqliteError)) throw error;
  }
}
