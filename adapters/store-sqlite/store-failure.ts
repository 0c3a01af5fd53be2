import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../../src/errors.ts';

/**
 * Turns what SQLite threw into a `StoreError`: one line with the file, what is wrong and what to do.
 * Errors that are not SQLite's come back as they are.
 */
export function toStoreError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { message, retryable } = explain(error.code, error.message);
  return new StoreError(`${file}${message}`, { cause: error, retryable });
}

function explain(code: string, detail: string): { message: string; retryable: boolean } {
  if (code === 'SQLITE_FULL') {
    return {
      message: ': the disk is full: what was stored is safe and this write was undone; free space, then resume the run',
      retryable: true,
    };
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return {
      message: `: the disk failed (${code}): what was stored is safe and this write was undone; check free space and the disk, then resume the run`,
      retryable: true,
    };
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return {
      message: `: the store is damaged (${code}): keep a copy, rescue rows with the sqlite3 shell's .recover, and go on with another --db FILE`,
      retryable: false,
    };
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return { message: ' is not a run store (not an SQLite database): give another --db FILE', retryable: false };
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return { message: ': another process keeps the store locked: end it, or try again', retryable: true };
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM')) {
    return {
      message: `: the store cannot be written (${code}): check the permissions of file and folder`,
      retryable: false,
    };
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return {
      message: ': the store cannot be opened: check that file and folder exist and may be written',
      retryable: false,
    };
  }
  return { message: `: ${code}: ${detail.replaceAll(/\s+/g, ' ')}`, retryable: false };
}

/** Makes the folder a store will be in. Throws `StoreError` where that cannot be done. */
export function makeStoreFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StoreError(`${file}: the folder of the store cannot be made (${code}): give another --db FILE`, {
      cause: error,
    });
  }
}
