import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type JsonObject, parseJsonLine } from '../core/json-object.ts';
import { parseCompletions } from '../core/problem-set/completion-row.ts';
import { type JsonRow, nameInput, readInputLines, STDIN } from '../edge/jsonl.ts';
import { readParquetRows } from '../edge/parquet.ts';
import { SourceError } from '../errors.ts';
import type { PlacedCompletion } from '../pipeline/evaluate/score-completions.ts';

/** Completions under the name that their figures go by. */
export interface NamedCompletions {
  readonly name: string;
  readonly files: readonly string[];
}

/** What verifiers and lighteval call their files. */
const USUAL_FILES = 'traces.jsonl, results.jsonl or details_*.parquet';
const FILE_NAMES = /^(traces|results)\.jsonl$|^details_.*\.parquet$/;

/**
 * Finds the completions behind each word: a file, the folder that a run of verifiers or lighteval wrote, or stdin. They are
 * named by file or folder, or as they were typed where two names are the same. Throws `SourceError` for a folder without any.
 */
export function findCompletions(words: readonly string[]): NamedCompletions[] {
  const found = words.map((word) => ({ word, name: nameWord(word), files: listFiles(word) }));
  const names = new Set(found.map(({ name }) => name));
  return found.map(({ word, name, files }) => ({ name: names.size === found.length ? name : word, files }));
}

function isFolder(word: string): boolean {
  return statSync(word, { throwIfNoEntry: false })?.isDirectory() === true;
}

function nameWord(word: string): string {
  if (word === STDIN) return nameInput(word);
  const name = basename(resolve(word));
  if (isFolder(word)) return name;
  // lighteval: details_TASK|0_2026-01-31T10-20-30.123456.parquet, and the rows name the task.
  const date = /^details_.*_(\d{4}-\d\d-\d\dT[\d.-]+)\.parquet$/.exec(name)?.[1];
  return date ?? name.replace(/\.(jsonl|parquet)$/, '');
}

function listFiles(word: string): string[] {
  if (word === STDIN || !isFolder(word)) return [word];
  const names = readdirSync(word).filter((name) => FILE_NAMES.test(name));
  if (names.length === 0)
    throw new SourceError(`${word}: there is no ${USUAL_FILES} in this folder: name the folder that does, or a file`);
  return names.sort().map((name) => join(word, name));
}

/** The completions, in order. Rejects with `SourceError` at the first row that has none, with its place. */
export async function* readCompletions({ name, files }: NamedCompletions): AsyncGenerator<PlacedCompletion> {
  for (const file of files) {
    let rows = 0;
    for await (const { line, row } of isParquet(file) ? readParquet(file) : readJsonLines(file)) {
      const parsed = parseCompletions(row);
      if ('fault' in parsed) throw new SourceError(`${nameInput(file)}:${line}: ${parsed.fault}`);
      rows += 1;
      for (const one of parsed.completions)
        yield { ...one, set: one.task === null ? name : `${name}/${one.task}`, line };
    }
    if (rows === 0) throw new SourceError(`${nameInput(file)} is empty: there is no row in it`);
  }
}

const PARQUET = 'PAR1';

/** By its first bytes, whatever it is called. */
function isParquet(file: string): boolean {
  if (file === STDIN || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const head = Buffer.alloc(PARQUET.length);
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    // Whoever reads the lines says what is wrong.
    return false;
  }
  try {
    return readSync(handle, head, 0, head.length, 0) === head.length && head.toString('latin1') === PARQUET;
  } finally {
    closeSync(handle);
  }
}

/** Rows count from 1. */
async function* readParquet(file: string): AsyncGenerator<JsonRow> {
  let line = 0;
  for await (const row of readParquetRows(file, file, (columns) => columns)) {
    line += 1;
    yield { line, row: toJson(row) as JsonObject };
  }
}

/** The value with numbers in place of 64-bit integers; text where a number would be another one. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toJson(one)]));
}

/** A last line that breaks off is what a writer leaves that was stopped in the middle of it. */
async function* readJsonLines(file: string): AsyncGenerator<JsonRow> {
  let fault: string | null = null;
  for await (const { number, text } of readInputLines(file)) {
    if (fault !== null) throw new SourceError(fault);
    const parsed = parseJsonLine(text);
    if ('row' in parsed) yield { line: number, row: parsed.row };
    else if (number === 1 && /^\s*[[{]\s*$/.test(text))
      throw new SourceError(
        `${nameInput(file)}: one JSON document over many lines (settings or totals of a run?); completions are in ${USUAL_FILES}`,
      );
    else fault = `${nameInput(file)}:${number}: ${parsed.fault}`;
  }
  if (fault !== null)
    throw new SourceError(
      `${fault}; it is the last line: if its writer was stopped, let it finish or take the line out`,
    );
}
