import { findBoxes } from '../../src/core/verify/extract/boxes.ts';
import { SourceError } from '../../src/errors.ts';
import { type AnswerRule, readPath, type SettledColumns } from './column-map.ts';

/** Why a row of a set did not become a problem. */
export type DropCode = 'empty_problem' | 'empty_answer' | 'unexpected_prompt' | 'duplicate' | 'conflict';

/** A problem as the row has it, without an id. */
export interface FoundProblem {
  readonly problem: string;
  readonly answer: string;
  /** Columns that were copied. */
  readonly extra: Readonly<Record<string, string>>;
}

/** Reads one row of a set. Throws `SourceError` for a row that a viewer has truncated. */
export function mapRow(
  row: Readonly<Record<string, unknown>>,
  columns: SettledColumns,
): FoundProblem | { readonly dropped: DropCode } {
  refuseCutCells(row);
  const whole = toText(readPath(row, columns.problem))?.trim() ?? '';
  if (whole === '') return { dropped: 'empty_problem' };
  const problem = columns.unwrap === null ? whole : unwrapPrompt(whole, columns.unwrap);
  if (problem === null) return { dropped: 'unexpected_prompt' };
  const cell = toText(readPath(row, columns.answer.path));
  const answer = cell === null ? '' : readAnswer(cell, columns.answer.rule);
  if (answer === '') return { dropped: 'empty_answer' };
  const extra: Record<string, string> = {};
  for (const [key, path] of Object.entries(columns.keep)) {
    const text = toText(readPath(row, path));
    if (text !== null) extra[key] = text;
  }
  return { problem, answer, extra };
}

/** The viewer's interface truncates long cells and says so in its rows. */
function refuseCutCells(row: Readonly<Record<string, unknown>>): void {
  const cut = row.truncated_cells;
  if (Array.isArray(cut) && cut.length > 0)
    throw new SourceError(
      "a row has truncated_cells: this is a viewer's preview and not the data; pull the files of the set",
    );
}

/** The problem without the instruction paragraphs around it; null when they are not there. */
function unwrapPrompt(text: string, { first, last }: { first: string; last: string }): string | null {
  const paragraphs = text.split(/\n[ \t]*\n/);
  if (paragraphs.length < 3 || !paragraphs[0]!.startsWith(first) || !paragraphs.at(-1)!.startsWith(last)) return null;
  const problem = text.slice(paragraphs[0]!.length, text.length - paragraphs.at(-1)!.length).trim();
  return problem === '' ? null : problem;
}

function readAnswer(cell: string, rule: AnswerRule): string {
  if (rule === 'column') return cell.trim();
  if (rule === 'last-boxed') return findBoxes(cell).at(-1)?.content.trim() ?? '';
  const at = cell.lastIndexOf('####');
  return at < 0
    ? ''
    : cell
        .slice(at + 4)
        .replaceAll(',', '')
        .trim();
}

/** Text of a cell; null for what is neither text nor a number. */
function toText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}
