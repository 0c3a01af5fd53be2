import type { LocalFile } from './download-file.ts';
import type { ChooseColumns, RawRow, ReadLines } from './raw-row.ts';
import { readJsonRows } from './read-json-rows.ts';
import { readParquetRows } from './read-parquet-rows.ts';

/**
 * The rows of a file, in order. `choose` is called once, with the columns the file has, before the
 * first row; the columns it returns are read. Rejects with `SourceError` for a file that is not what
 * its name says.
 */
export function readRows(file: LocalFile, choose: ChooseColumns, readLines: ReadLines): AsyncGenerator<RawRow> {
  return /\.parquet$/i.test(file.path) ? readParquetRows(file, choose) : readJsonRows(file, choose, readLines);
}
