import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { ParallelR1Error, UsageError } from '../../src/errors.ts';

/**
 * Writes a file through a temporary one beside it, which takes the name only when it is whole: a
 * failure leaves what was there before. Throws `UsageError` for a place that cannot be written and
 * `ParallelR1Error` when the disk fails; what `fill` throws comes through.
 */
export function replaceFile(file: string, fill: (write: (data: string | Uint8Array) => void) => void): void {
  const temporary = `${file}.partial-${process.pid}`;
  try {
    fillFile(temporary, file, fill);
    explainFailure(file, () => renameSync(temporary, file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function fillFile(temporary: string, file: string, fill: (write: (data: string | Uint8Array) => void) => void): void {
  const handle = explainFailure(file, () => openSync(temporary, 'w'));
  try {
    fill((data) => explainFailure(file, () => writeWhole(handle, toBytes(data))));
    explainFailure(file, () => fsyncSync(handle));
  } finally {
    closeSync(handle);
  }
}

function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data) : data;
}

function writeWhole(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}

function explainFailure<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new UsageError(`${file}: its folder does not exist: create it first`, { cause: error });
    if (code === 'EISDIR') throw new UsageError(`${file} is a folder: name a file`, { cause: error });
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw new UsageError(`${file} may not be written (${code})`, { cause: error });
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new ParallelR1Error(`${file}: the disk is full; nothing was changed: free space and export again`, {
        cause: error,
      });
    throw new ParallelR1Error(`${file} cannot be written (${code}); nothing was changed`, { cause: error });
  }
}
