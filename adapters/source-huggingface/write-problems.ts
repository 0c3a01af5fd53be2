import { rmSync } from 'node:fs';
import { SourceError } from '../../src/errors.ts';
import { type ColumnMap, nameColumn, type SettledColumns, settleColumns } from './column-map.ts';
import type { LocalFile } from './download-file.ts';
import { type DropCode, mapRow } from './map-row.ts';
import type { PullManifest } from './pull-manifest.ts';
import type { RawRow, ReadLines } from './raw-row.ts';
import { readRows } from './read-rows.ts';
import { RepeatFinder } from './repeats.ts';
import { RowFile } from './row-file.ts';

export interface WriteOptions {
  /** Set's name: problems are called `name-0`, `name-1`, ... after their row in the source. */
  readonly name: string;
  readonly columns: ColumnMap;
  readonly keepDuplicates: boolean;
  readonly readLines: ReadLines;
  readonly signal: AbortSignal;
  /** File to be written, and one beside it for the way there. */
  readonly out: string;
  readonly temporary: string;
}

type Written = Pick<PullManifest, 'columns' | 'rowsRead' | 'rows' | 'distinct' | 'dropped' | 'bytes' | 'sha256'>;

/** Turns downloaded files into one file of problems. Streams. Rejects with `SourceError` and `UsageError`. */
export async function writeProblems(files: readonly LocalFile[], options: WriteOptions): Promise<Written> {
  const finder = new RepeatFinder();
  const tally = new Tally();
  using spool = new RowFile(options.out, options.temporary);
  for (const file of files) {
    for await (const row of readFile(file, options, tally)) {
      options.signal.throwIfAborted();
      const text = takeRow(row, tally, finder, options);
      if (text !== null) spool.write(text);
    }
  }
  if (tally.rows === 0 || tally.columns === null)
    throw new SourceError(
      `no row of ${files.map(({ path }) => path).join(', ')} became a problem: ${describeDrops(tally.dropped)}`,
    );
  const settled = { columns: tally.columns, rowsRead: tally.rowsRead, distinct: finder.distinct };
  if (options.keepDuplicates || finder.conflicts.size === 0)
    return { ...settled, rows: tally.rows, dropped: tally.dropped, ...spool.finish() };
  spool.flush();
  const written = await copyWithout(finder.conflicts, spool.temporary, options);
  tally.drop('conflict', finder.conflicts.size + finder.misjudged);
  tally.dropped.duplicate -= finder.misjudged;
  return { ...settled, rows: tally.rows - finder.conflicts.size, dropped: tally.dropped, ...written };
}

/** Counts while rows pass. */
class Tally {
  readonly dropped: Record<DropCode, number> = {
    empty_problem: 0,
    empty_answer: 0,
    unexpected_prompt: 0,
    duplicate: 0,
    conflict: 0,
  };
  columns: SettledColumns | null = null;
  rowsRead = 0;
  rows = 0;

  drop(code: DropCode, rows = 1): null {
    this.dropped[code] += rows;
    return null;
  }
}

function readFile(file: LocalFile, { columns, readLines }: WriteOptions, tally: Tally): AsyncGenerator<RawRow> {
  const choose = (names: readonly string[]): readonly string[] => {
    const settled = settleColumns(columns, names, file.path);
    tally.columns = settled;
    const paths = [settled.problem, settled.answer.path, ...Object.values(settled.keep)];
    return [...new Set(paths.map((path) => (names.includes(path) ? path : nameColumn(path))))];
  };
  return readRows(file, choose, readLines);
}

/** The line of a row that is kept, or null; counts either way. */
function takeRow(row: RawRow, tally: Tally, finder: RepeatFinder, options: WriteOptions): string | null {
  const index = tally.rowsRead;
  tally.rowsRead += 1;
  const found = mapRow(row, tally.columns!);
  if ('dropped' in found) return tally.drop(found.dropped);
  const { problem, answer, extra } = found;
  const repeat = finder.add(problem, answer, tally.rows);
  if (repeat !== 'new' && !options.keepDuplicates) return tally.drop(repeat);
  tally.rows += 1;
  return `${JSON.stringify({ id: `${options.name}-${index}`, problem, answer, ...extra })}\n`;
}

/** Copies the lines whose places are not left out. */
async function copyWithout(places: ReadonlySet<number>, from: string, { out, temporary, readLines }: WriteOptions) {
  using target = new RowFile(out, `${temporary}-2`);
  let place = 0;
  for await (const { text } of readLines(from)) {
    if (!places.has(place)) target.write(`${text}\n`);
    place += 1;
  }
  rmSync(from, { force: true });
  return target.finish();
}

function describeDrops(dropped: Readonly<Record<DropCode, number>>): string {
  const parts = Object.entries(dropped).filter(([, rows]) => rows > 0);
  return parts.length === 0 ? 'there is none' : parts.map(([code, rows]) => `${code} ${rows}`).join(', ');
}
