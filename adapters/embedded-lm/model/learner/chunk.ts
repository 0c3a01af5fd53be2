/** Consecutive sequences of a shard that pass through the layers together. */
export interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
  readonly lengths: readonly number[];
}

/** Cuts a shard into chunks of at most `maxRows` rows. Part of the arithmetic: another cut regroups sums. */
export function cutChunks(lengths: Int32Array, maxRows: number): Chunk[] {
  const chunks: Chunk[] = [];
  let firstRow = 0;
  let rows = 0;
  let current: number[] = [];
  const close = () => {
    if (current.length > 0) chunks.push({ firstRow, rows, lengths: current });
    firstRow += rows;
    rows = 0;
    current = [];
  };
  for (const length of lengths) {
    if (rows + length > maxRows) close();
    current.push(length);
    rows += length;
  }
  close();
  return chunks;
}
