import { SourceError } from '../../src/errors.ts';
import type { LocalFile } from './download-file.ts';
import type { ChooseColumns, RawRow, ReadLines } from './raw-row.ts';

const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1';

/** The rows of a JSONL file. The columns are those of its first row. */
export async function* readJsonRows(
  { path, file }: LocalFile,
  choose: ChooseColumns,
  readLines: ReadLines,
): AsyncGenerator<RawRow> {
  let first = true;
  for await (const { number, text } of readLines(file)) {
    if (first && text.startsWith(LFS_POINTER))
      throw new SourceError(`${path} is a Git LFS pointer and not the data: the mirror holds no content for it`);
    const row = parseRow(text, path, number);
    if (first) choose(Object.keys(row));
    first = false;
    yield row;
  }
}

function parseRow(text: string, path: string, line: number): RawRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SourceError(`${path}:${line}: not valid JSON`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as RawRow;
  throw new SourceError(`${path}:${line}: a JSON object is expected`);
}
