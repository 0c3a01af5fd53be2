import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type JsonObject, parseJsonLine } from '../core/json-object.ts';
import { SourceError } from '../errors.ts';
import { decodeBytes, decodeText, describeReadError } from './text-file.ts';

/** Longest line accepted by default: far beyond any problem or response, and a bound on memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

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

function isReadError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** The first line shows what kind of file it is. */
function decodeLine(bytes: Buffer, number: number, file: string): string {
  return number === 1 ? decodeText(bytes, file) : decodeBytes(bytes, `${file}:${number}`);
}

/** One line of a file as bytes, without its line feed. Numbers count from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * Splits a byte stream at line feeds and nowhere else (`node:readline` also splits at U+2028, which
 * problem texts contain). A last line without a line feed counts. Holds one line at a time;
 * `onTooLong` is called with the number of a line longer than `maxBytes` and must throw.
 */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
  onTooLong: (line: number) => never,
): AsyncGenerator<NumberedLine> {
  let number = 1;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (heldBytes + end - from > maxBytes) onTooLong(number);
      // Most lines lie within one chunk, and need no copy.
      const rest = chunk.subarray(from, end);
      yield { number, bytes: held.length === 0 ? rest : Buffer.concat([...held, rest]) };
      number += 1;
      from = end + 1;
      held = [];
      heldBytes = 0;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > maxBytes) onTooLong(number);
  }
  if (heldBytes > 0) yield { number, bytes: Buffer.concat(held) };
}

/** One row of a JSONL file. */
export interface JsonRow {
  readonly line: number;
  readonly row: JsonObject;
}

/** The rows of a JSONL file or of stdin. Rejects with `SourceError` at the first line that is not a JSON object. */
export async function* readJsonRows(file: string): AsyncGenerator<JsonRow> {
  for await (const { number, text } of readInputLines(file))
    yield { line: number, row: parseRow(text, nameInput(file), number) };
}

/** The lines of a file, or of stdin. */
export function readInputLines(file: string) {
  return file === STDIN ? readTextLines('stdin', undefined, process.stdin) : readTextLines(file);
}

/** How messages name an input. */
export function nameInput(file: string): string {
  return file === STDIN ? 'stdin' : file;
}

/** The JSON object of one line. Throws `SourceError`. */
export function parseRow(text: string, file: string, line: number): JsonObject {
  const parsed = parseJsonLine(text);
  if ('row' in parsed) return parsed.row;
  throw new SourceError(`${file}:${line}: ${parsed.fault}`);
}

/** A text or number of a row; null when it is neither. */
export function readCell(row: JsonObject, key: string): string | null {
  const value = row[key];
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}

/** Stands for stdin where a file is named; main.ts replaces a lone dash by it, which the parser would lose. */
export const STDIN = 'stdin:';
