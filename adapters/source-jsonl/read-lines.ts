import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { SourceError } from '../../src/errors.ts';
import { splitLines } from './split-lines.ts';

/** Longest line accepted by default: far beyond any problem or response, and a bound on memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const BYTE_ORDER_MARK = '\uFEFF';

/** One line that is not blank. Numbers count from 1 and count blank lines too. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a UTF-8 file that are not blank, without line feeds and byte order mark. Streams.
 * Rejects with `SourceError` (`file:line: what is wrong`). `input` stands in for the file (stdin).
 */
export async function* readTextLines(
  file: string,
  maxBytes: number = MAX_LINE_BYTES,
  input: Readable = createReadStream(file),
): AsyncGenerator<TextLine> {
  const onTooLong = (line: number): never => {
    throw new SourceError(`${file}:${line}: the line is longer than ${maxBytes} bytes; is this a JSONL file?`);
  };
  try {
    for await (const { number, bytes } of splitLines(input, maxBytes, onTooLong)) {
      const text = decodeLine(bytes, number, file);
      if (text.trim() !== '') yield { number, text };
    }
  } catch (error) {
    throw isReadError(error) ? new SourceError(describeReadError(file, error), { cause: error }) : error;
  } finally {
    input.destroy();
  }
}

/** What is wrong with a file that cannot be read, in a few words. */
export function describeReadError(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return `${file}: there is no such file`;
  if (error.code === 'EISDIR') return `${file}: this is a folder, a file is expected`;
  if (error.code === 'EACCES' || error.code === 'EPERM') return `${file}: the file may not be read (permissions)`;
  return `${file}: the file cannot be read (${error.code ?? error.message})`;
}

function isReadError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeLine(bytes: Buffer, number: number, file: string): string {
  try {
    const text = decoder.decode(bytes);
    return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  } catch (error) {
    throw new SourceError(`${file}:${number}: the line is not UTF-8`, { cause: error });
  }
}
