/**
 * Text of strangers as a column value. SQLite text is UTF-8, which has no lone surrogates; a string
 * that holds one (JSON may spell it) goes in as a BLOB of UTF-16LE, so that every string comes back.
 */
export type TextCell = string | Buffer;

/** The column value of a string. */
export function toTextCell(text: string): TextCell {
  return text.isWellFormed() ? text : Buffer.from(text, 'utf16le');
}

/** The column value of a string that may be absent. */
export function toNullableTextCell(text: string | null): TextCell | null {
  return text === null ? null : toTextCell(text);
}

/** The string of a column value. */
export function fromTextCell(cell: TextCell): string {
  return typeof cell === 'string' ? cell : cell.toString('utf16le');
}

/** The string of a column value that may be NULL. */
export function fromNullableTextCell(cell: TextCell | null): string | null {
  return cell === null ? null : fromTextCell(cell);
}
