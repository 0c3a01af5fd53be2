import { rmSync } from 'node:fs';
import { readTextLines } from '../../src/edge/jsonl.ts';
import { RepeatFinder } from '../../src/edge/repeat-finder.ts';
import { WholeFile, type WrittenFile } from '../../src/edge/whole-file.ts';
import { SourceError } from '../../src/errors.ts';
import { type ColumnMap, nameColumn, type SettledColumns, settleColumns } from './column-map.ts';
import type { LocalFile } from './download-file.ts';
import { type DropCode, mapRow } from './map-row.ts';
import { type RawRow, readRows } from './read-rows.ts';

export interface WriteOptions {
  /** Set's name: problems are called `name-0`, `name-1`, ... after their row in the source. */
  readonly name: string;
  readonly columns: ColumnMap;
  readonly keepDuplicates: boolean;
  readonly signal: AbortSignal;
  /** The file to write, and a temporary one beside it. */
  readonly out: string;
  readonly temporary: string;
}

/** What was written. */
export interface WrittenProblems extends WrittenFile {
  readonly columns: SettledColumns;
  /** Rows of the source, and of the file. */
  readonly rowsRead: number;
  readonly rows: number;
  /** Distinct problem texts in the source. */
  readonly distinct: number;
  /** Rows left out, by reason. `conflict`: every row of a problem that has several answers. */
  readonly dropped: Readonly<Record<DropCode, number>>;
}

/** Turns downloaded files into one file of problems. Streams. Rejects with `SourceError` and `UsageError`. */
export async function writeProblems(files: readonly LocalFile[], options: WriteOptions): Promise<WrittenProblems> {
  const finder = new RepeatFinder();
  const tally = new Tally();
  using spool = new WholeFile(options.out, options.temporary);
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
  const settled = { columns: tally.columns, rowsRead: tally.rowsRead, distinct: finder.count().distinct };
  if (options.keepDuplicates || finder.conflicts.size === 0)
    return { ...settled, rows: tally.rows, dropped: tally.dropped, ...spool.finish() };
  spool.flush();
  const written = await copyWithout(finder.conflicts, spool.temporary, options);
  tally.drop('conflict', finder.conflicts.size + finder.misjudged);
  tally.dropped.duplicate -= finder.misjudged;
  return { ...settled, rows: tally.rows - finder.conflicts.size, dropped: tally.dropped, ...written };
}

/** Counts rows as they pass. */
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

function readFile(file: LocalFile, { columns }: WriteOptions, tally: Tally): AsyncGenerator<RawRow> {
  const choose = (names: readonly string[]): readonly string[] => {
    const settled = settleColumns(columns, names, file.path);
    tally.columns = settled;
    const paths = [settled.problem, settled.answer.path, ...Object.values(settled.keep)];
    return [...new Set(paths.map((path) => (names.includes(path) ? path : nameColumn(path))))];
  };
  return readRows(file, choose);
}

/** The line of a row that is kept, or null; counts either way. */
function takeRow(row: RawRow, tally: Tally, finder: RepeatFinder, options: WriteOptions): string | null {
  const index = tally.rowsRead;
  tally.rowsRead += 1;
  const found = mapRow(row, tally.columns!);
  if ('dropped' in found) return tally.drop(found.dropped);
  const { problem, answer, extra } = found;
  const { kind } = finder.add(problem, answer, tally.rows);
  if (kind !== 'new' && !options.keepDuplicates) return tally.drop(kind);
  tally.rows += 1;
  return `${JSON.stringify({ id: `${options.name}-${index}`, problem, answer, ...extra })}\n`;
}

/** Copies the lines whose places are not left out. */
async function copyWithout(places: ReadonlySet<number>, from: string, { out, temporary }: WriteOptions) {
  using target = new WholeFile(out, `${temporary}-2`);
  let place = 0;
  for await (const { text } of readTextLines(from)) {
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
