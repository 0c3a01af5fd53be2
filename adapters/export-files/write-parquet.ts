import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { SftRow } from './sft-row.ts';
import { toVerlRow, VERL_COLUMNS, VERL_SCHEMA, type VerlRow } from './verl-rows.ts';

/** Rows held and written at a time. */
const GROUP_ROWS = 1_000;

/**
 * Writes rows as a parquet file, group by group; the same rows give the same bytes. Text that is no
 * Unicode (half a surrogate pair) is written with U+FFFD in its place, as everywhere.
 */
export function writeParquet(rows: Iterable<SftRow>, write: (bytes: Uint8Array) => void): void {
  const bytes = new DrainedWriter(write);
  const file = new ParquetWriter({ writer: bytes, schema: VERL_SCHEMA, createdBy: 'parallel-r1', statistics: false });
  let held: VerlRow[] = [];
  let index = 0;
  const flush = () => {
    if (held.length > 0) file.write({ columnData: toColumns(held), rowGroupSize: GROUP_ROWS });
    held = [];
  };
  for (const row of rows) {
    held.push(toVerlRow(row, index));
    index += 1;
    if (held.length === GROUP_ROWS) flush();
  }
  flush();
  file.finish();
}

function toColumns(rows: readonly VerlRow[]) {
  return VERL_COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name]) }));
}

/** Hands its bytes on after every row group, so that memory holds one. */
class DrainedWriter extends ByteWriter {
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    super();
    this.#write = write;
  }

  flush(): void {
    this.#write(this.getBytes());
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}
