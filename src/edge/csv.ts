import { toPlainText } from './terminal-text.ts';

/** A cell that a spreadsheet would take for a formula; numbers with a sign are none. */
const FORMULA = /^[=@+\-\t\r]/;
const NUMBER = /^[+-]?[\d.]/;

/**
 * One row of a CSV file as RFC 4180 has it, without its line end. Null is an empty cell; NaN and infinities are spelt as
 * JavaScript does. Somebody else's text may do no harm where it is opened: control characters are spelt out, and text that
 * a spreadsheet would run as a formula begins with an apostrophe.
 */
export function writeCsvRow(cells: readonly (string | number | boolean | null)[]): string {
  return cells.map(writeCell).join(',');
}

function writeCell(cell: string | number | boolean | null): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const text = toPlainText(FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
