import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { SourceError } from '../../src/errors.ts';
import type { LocalFile } from './download-file.ts';
import type { ChooseColumns, RawRow } from './raw-row.ts';

/** Rows made into objects at a time: a row group may hold a million. */
const SLICE_ROWS = 65_536;

const bound = (length: number) => ({ maxOutputLength: Math.max(1, length) });

/** Snappy is the reader's own. */
const COMPRESSORS: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, bound(length)),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, bound(length)),
  ZSTD: (bytes, length) => zstdDecompressSync(bytes, bound(length)),
};

/** The rows of a parquet file, one row group after the other: memory holds the wanted columns of one group. */
export async function* readParquetRows({ path, file }: LocalFile, choose: ChooseColumns): AsyncGenerator<RawRow> {
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
          `${path}: ${rows.length} rows where ${rowEnd - rowStart} are announced: the file is damaged`,
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
    const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 200) : 'unknown';
    throw new SourceError(`${path} cannot be read as parquet: ${reason}`, { cause: error });
  }
}
