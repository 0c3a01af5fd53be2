import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { SourceError } from '../../src/errors.ts';

const FLUSH_LENGTH = 1 << 20;

/** A text file that takes its name only when it is whole. */
export class RowFile implements Disposable {
  readonly temporary: string;
  readonly #file: string;
  readonly #hash = createHash('sha256');
  #handle: number | null;
  #held = '';
  #bytes = 0;

  /** Begins the file `file` as `temporary`. */
  constructor(file: string, temporary: string) {
    this.#file = file;
    this.temporary = temporary;
    this.#handle = this.#explain(() => openSync(temporary, 'w'));
  }

  /** Adds text, sooner or later. */
  write(text: string): void {
    this.#held += text;
    if (this.#held.length >= FLUSH_LENGTH) this.flush();
  }

  /** Writes what is held. */
  flush(): void {
    const bytes = Buffer.from(this.#held);
    this.#held = '';
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) at += this.#explain(() => writeSync(this.#handle!, bytes, at));
  }

  /** Makes the file survive power loss and gives it its name. */
  finish(): { readonly bytes: number; readonly sha256: string } {
    this.flush();
    this.#explain(() => fsyncSync(this.#handle!));
    this.#close();
    this.#explain(() => renameSync(this.temporary, this.#file));
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Removes what has not been finished. */
  [Symbol.dispose](): void {
    if (this.#handle === null) return;
    this.#close();
    rmSync(this.temporary, { force: true });
  }

  #close(): void {
    closeSync(this.#handle!);
    this.#handle = null;
  }

  #explain<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new SourceError(`${this.#file} cannot be written (${code})`, { cause: error });
    }
  }
}
