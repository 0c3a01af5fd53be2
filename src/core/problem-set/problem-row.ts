import { type JsonObject, parseJsonLine } from '../json-object.ts';
import type { Problem } from '../problem.ts';

/** What a row turned out to be: a problem, or what is wrong with it in a few words. */
export type ParsedRow = { readonly problem: Problem } | { readonly fault: string };

/** Most keys shown when a required one is missing. */
const SHOWN_KEYS = 8;

/** Reads one JSON row `{id?, problem, answer, level?, subject?}`. `lineId` stands in for a missing id. */
export function parseProblemRow(text: string, source: string, lineId: string): ParsedRow {
  const parsed = parseJsonLine(text);
  if ('fault' in parsed) return parsed;
  const { row } = parsed;
  const id = row.id === undefined || row.id === null ? lineId : toText(row.id);
  if (id === null || id === '') return { fault: '"id" must be a string or a number' };
  const problem = readText(row, 'problem');
  if ('fault' in problem) return problem;
  const answer = readText(row, 'answer');
  if ('fault' in answer) return answer;
  const fields = { id, source, text: problem.text, answer: answer.text };
  const labels = { level: readLabel(row.level), subject: readLabel(row.subject) };
  const known = Object.entries(labels).filter(([, label]) => label !== null);
  return { problem: { ...fields, ...Object.fromEntries(known) } };
}

function readText(row: JsonObject, key: 'problem' | 'answer'): { text: string } | { fault: string } {
  const value = row[key];
  if (value === undefined || value === null) return { fault: `"${key}" is missing; ${describeKeys(row)}` };
  const text = key === 'answer' ? toText(value) : typeof value === 'string' ? value : null;
  if (text === null) return { fault: `"${key}" must be a string${key === 'answer' ? ' or a number' : ''}` };
  return text.trim() === '' ? { fault: `"${key}" is empty` } : { text };
}

/** Longest level or subject. */
const MAX_LABEL_CHARS = 80;

/** A level or a subject; null for what can be neither. Nothing depends on it but how figures are split. */
export function readLabel(value: unknown): string | null {
  const text = toText(value)?.trim() ?? '';
  return text === '' || text.length > MAX_LABEL_CHARS ? null : text;
}

/** Numbers that JSON could not carry exactly are refused: the reference answer would silently change. */
function toText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return null;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? null : String(value);
}

function describeKeys(row: JsonObject): string {
  const keys = Object.keys(row);
  const shown = keys.slice(0, SHOWN_KEYS).map((key) => JSON.stringify(key.slice(0, 40)));
  if (keys.length === 0) return 'the row is empty';
  return `the row has ${shown.join(', ')}${keys.length > SHOWN_KEYS ? ', ...' : ''}`;
}
