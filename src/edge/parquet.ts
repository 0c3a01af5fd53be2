import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import type { JsonObject } from '../core/json-object.ts';
import { SourceError } from '../errors.ts';
import { cleanServerText } from './server-text.ts';

/** Chooses the columns of a file by the names it has. */
export type ChooseColumns = (columns: readonly string[]) => readonly string[];

/** Rows made into objects at a time: a row group may hold a million. */
const SLICE_ROWS = 65_536;

const bound = (length: number) => ({ maxOutputLength: Math.max(1, length) });

/** Decompressors beside snappy, which the reader brings itself. */
const COMPRESSORS: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, bound(length)),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, bound(length)),
  ZSTD: (bytes, length) => zstdDecompressSync(bytes, bound(length)),
};

/**
 * The rows of a parquet file, one row group after the other: memory holds the wanted columns of one group. `choose` is called
 * once, with the columns the file has, before the first row. Whole numbers of 64 bits are `bigint`, at any depth. `name` is how
 * messages call the file; rejects with `SourceError`.
 */
export async function* readParquetRows(file: string, name: string, choose: ChooseColumns): AsyncGenerator<JsonObject> {
  const buffer = await explain(name, () => asyncBufferFromFile(file));
  const metadata = await explain(name, () => parquetMetadataAsync(buffer));
  const columns = [...choose(parquetSchema(metadata).children.map(({ element }) => element.name))];
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows);
    for (let rowStart = start; rowStart < end; rowStart += SLICE_ROWS) {
      const rowEnd = Math.min(end, rowStart + SLICE_ROWS);
      const range = { file: buffer, metadata, columns, rowStart, rowEnd, compressors: COMPRESSORS };
      const rows = await explain(name, () => parquetReadObjects(range));
      if (rows.length !== rowEnd - rowStart)
        throw new SourceError(
          `${name}: ${rows.length} rows instead of the announced ${rowEnd - rowStart}: the file is damaged`,
        );
      yield* rows;
    }
    start = end;
  }
}

async function explain<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = cleanServerText(error instanceof Error ? error.message : 'unknown');
    throw new SourceError(`${name} cannot be read as parquet: ${reason}`, { cause: error });
  }
}
