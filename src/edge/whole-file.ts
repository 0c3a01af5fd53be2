import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
 * Folders on its way are made; a link keeps pointing where it does. What processes left behind that were killed while they
 * wrote the same file is removed. Throws `UsageError` for a place that cannot be written, or that holds something other
 * than a file (a device, a pipe), and `ParallelR1Error` when the disk fails.
 */
export class WholeFile implements Disposable {
  /** Where it is written until it is finished. */
  readonly temporary: string;
  readonly #file: string;
  readonly #hash = createHash('sha256');
  #handle: number | null;
  #held = '';
  #bytes = 0;

  /** Begins `file` as `temporary`, which must be on the same disk and end with the number of this process. */
  constructor(file: string, temporary?: string) {
    this.#file = findPlace(file);
    this.temporary = temporary ?? `${this.#file}.partial-${process.pid}`;
    this.#explain(() => mkdirSync(dirname(this.#file), { recursive: true }));
    removeAbandoned(this.temporary);
    this.#handle = this.#explain(() => openSync(this.temporary, 'w'));
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

/** Where a file is written: behind a link, the file it points to. Throws `UsageError` for what a new file must not replace. */
function findPlace(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return file;
  if (found.isDirectory()) throw new UsageError(`${file} is a folder: name a file`);
  if (found.isFile()) return realpathSync(file);
  const what = found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device';
  throw new UsageError(`${file} is ${what}, which a finished file would replace: name a file`);
}

/** Removes what dead processes began under the same name: `FILE.partial-PID`. */
function removeAbandoned(temporary: string): void {
  const own = /^(.*-)(\d{1,10})(-\d)?$/s.exec(basename(temporary));
  if (own === null) return;
  const [, stem, , ending = ''] = own;
  for (const name of readdirSync(dirname(temporary))) {
    if (!name.startsWith(stem!) || !name.endsWith(ending)) continue;
    const pid = name.slice(stem!.length, name.length - ending.length);
    if (/^\d{1,10}$/.test(pid) && !isAlive(Number(pid))) rmSync(join(dirname(temporary), name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
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
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EEXIST')
    return new UsageError(`${file}: something on its way is no folder (${code})`, { cause: error });
  if (code === 'EISDIR') return new UsageError(`${file} is a folder: name a file`, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new UsageError(`${file} may not be written (${code})`, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ParallelR1Error(`${file}: the disk is full; nothing was changed: free space and try again`, {
      cause: error,
    });
  return new ParallelR1Error(`${file} cannot be written (${code}); nothing was changed`, { cause: error });
}
