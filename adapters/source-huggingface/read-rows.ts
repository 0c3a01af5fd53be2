import type { JsonObject } from '../../src/core/json-object.ts';
import { parseRow, readTextLines } from '../../src/edge/jsonl.ts';
import { type ChooseColumns, readParquetRows } from '../../src/edge/parquet.ts';
import { SourceError } from '../../src/errors.ts';
import type { LocalFile } from './download-file.ts';

/** A row as its set spells it. */
export type RawRow = JsonObject;

/**
 * The rows of a file, in order. `choose` is called once, with the columns the file has, before the
 * first row; the columns it returns are read. Rejects with `SourceError` for a file that is not what
 * its name says.
 */
export function readRows(file: LocalFile, choose: ChooseColumns): AsyncGenerator<RawRow> {
  return /\.parquet$/i.test(file.path) ? readParquetRows(file.file, file.path, choose) : readJsonRows(file, choose);
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1';

/** The rows of a JSONL file. The columns are those of its first row. */
async function* readJsonRows({ path, file }: LocalFile, choose: ChooseColumns): AsyncGenerator<RawRow> {
  let first = true;
  for await (const { number, text } of readTextLines(file)) {
    if (first && text.startsWith(LFS_POINTER))
      throw new SourceError(`${path} is a Git LFS pointer and not the data: the mirror does not hold its content`);
    const row = parseRow(text, path, number);
    if (first) choose(Object.keys(row));
    first = false;
    yield row;
  }
}
