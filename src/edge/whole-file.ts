import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ParallelR1Error, UsageError } from '../errors.ts';

/** Text is written in pieces of about this many characters. */
const FLUSH_LENGTH = 1 << 20;

/** What was written. */
export interface WrittenFile {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * A file that takes its name only when it is whole and on the disk: whatever fails before leaves what was there.
 * Throws `UsageError` for a place that cannot be written, and `ParallelR1Error` when the disk fails.
 */
export class WholeFile implements Disposable {
  /** Where it is written until it is finished. */
  readonly temporary: string;
  readonly #file: string;
  readonly #hash = createHash('sha256');
  #handle: number | null;
  #held = '';
  #bytes = 0;

  /** Begins `file` as `temporary`, which must be on the same disk. */
  constructor(file: string, temporary = `${file}.partial-${process.pid}`) {
    this.#file = file;
    this.temporary = temporary;
    this.#handle = this.#explain(() => openSync(temporary, 'w'));
  }

  /** Adds text or bytes. Text is buffered. */
  write(data: string | Uint8Array): void {
    if (typeof data === 'string') {
      this.#held += data;
      if (this.#held.length >= FLUSH_LENGTH) this.flush();
      return;
    }
    this.flush();
    this.#append(data);
  }

  /** Writes what is held. */
  flush(): void {
    if (this.#held === '') return;
    const bytes = Buffer.from(this.#held);
    this.#held = '';
    this.#append(bytes);
  }

  /** Makes the file survive power loss and gives it its name. */
  finish(): WrittenFile {
    this.flush();
    this.#explain(() => fsyncSync(this.#handle!));
    this.#close();
    try {
      this.#explain(() => renameSync(this.temporary, this.#file));
    } catch (error) {
      rmSync(this.temporary, { force: true });
      throw error;
    }
    syncFolder(dirname(this.#file));
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Removes what has not been finished. */
  [Symbol.dispose](): void {
    if (this.#handle === null) return;
    this.#close();
    rmSync(this.temporary, { force: true });
  }

  #append(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) at += this.#explain(() => writeSync(this.#handle!, bytes, at));
  }

  #close(): void {
    closeSync(this.#handle!);
    this.#handle = null;
  }

  #explain<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explainWriteFailure(this.#file, error);
    }
  }
}

/** Writes a whole file in one go: `fill` is given the function that adds to it. What `fill` throws is rethrown, and nothing is changed. */
export function replaceFile(file: string, fill: (write: (data: string | Uint8Array) => void) => void): WrittenFile {
  using target = new WholeFile(file);
  fill((data) => target.write(data));
  return target.finish();
}

/** Makes a new name survive power loss. Where a folder cannot be synced (Windows, some network disks), the rename has to do. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // The content is on the disk already.
  }
}

/** Explains why a file could not be written, and what to do. */
export function explainWriteFailure(file: string, error: unknown): ParallelR1Error {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new UsageError(`${file}: its folder does not exist: create it first`, { cause: error });
  if (code === 'EISDIR') return new UsageError(`${file} is a folder: name a file`, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new UsageError(`${file} may not be written (${code})`, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ParallelR1Error(`${file}: the disk is full; nothing was changed: free space and try again`, {
      cause: error,
    });
  return new ParallelR1Error(`${file} cannot be written (${code}); nothing was changed`, { cause: error });
}
