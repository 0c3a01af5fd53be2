import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import type { JsonObject } from '../../src/core/json-object.ts';
import { parseRow, readTextLines } from '../../src/edge/jsonl.ts';
import { cleanServerText } from '../../src/edge/server-text.ts';
import { SourceError } from '../../src/errors.ts';
import type { LocalFile } from './download-file.ts';

/** A row as its set spells it. */
export type RawRow = JsonObject;

/** Chooses the columns of a file by the names it has. */
export type ChooseColumns = (columns: readonly string[]) => readonly string[];

/**
 * The rows of a file, in order. `choose` is called once, with the columns the file has, before the
 * first row; the columns it returns are read. Rejects with `SourceError` for a file that is not what
 * its name says.
 */
export function readRows(file: LocalFile, choose: ChooseColumns): AsyncGenerator<RawRow> {
  return /\.parquet$/i.test(file.path) ? readParquetRows(file, choose) : readJsonRows(file, choose);
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

/** Rows made into objects at a time: a row group may hold a million. */
const SLICE_ROWS = 65_536;

const bound = (length: number) => ({ maxOutputLength: Math.max(1, length) });

/** Decompressors beside snappy, which the reader brings itself. */
const COMPRESSORS: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, bound(length)),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, bound(length)),
  ZSTD: (bytes, length) => zstdDecompressSync(bytes, bound(length)),
};

/** The rows of a parquet file, one row group after the other: memory holds the wanted columns of one group. */
async function* readParquetRows({ path, file }: LocalFile, choose: ChooseColumns): AsyncGenerator<RawRow> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await explain(path, () => parquetMetadataAsync(buffer));
  const columns = [...choose(parquetSchema(metadata).children.map(({ element }) => element.name))];
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows);
    for (let rowStart = start; rowStart < end; rowStart += SLICE_ROWS) {
      const rowEnd = Math.min(end, rowStart + SLICE_ROWS);
      const range = { file: buffer, metadata, columns, rowStart, rowEnd, compressors: COMPRESSORS };
      const rows = await explain(path, () => parquetReadObjects(range));
      if (rows.length !== rowEnd - rowStart)
        throw new SourceError(
          `${path}: ${rows.length} rows instead of the announced ${rowEnd - rowStart}: the file is damaged`,
        );
      yield* rows;
    }
    start = end;
  }
}

async function explain<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = cleanServerText(error instanceof Error ? error.message : 'unknown');
    throw new SourceError(`${path} cannot be read as parquet: ${reason}`, { cause: error });
  }
}
