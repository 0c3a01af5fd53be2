import { readTextLines } from '../../adapters/source-jsonl/read-lines.ts';
import { SourceError } from '../errors.ts';
import { STDIN } from './stdin-name.ts';

/** One row of a JSONL file. */
export interface JsonRow {
  readonly line: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The rows of a JSONL file or of stdin. Rejects with `SourceError` at the first line that is no JSON object. */
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
export function parseRow(text: string, file: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SourceError(`${file}:${line}: not valid JSON (one JSON object per line is expected)`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SourceError(`${file}:${line}: a JSON object is expected`);
}

/** A text or number of a row; null when it is neither. */
export function readCell(row: Readonly<Record<string, unknown>>, key: string): string | null {
  const value = row[key];
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}
