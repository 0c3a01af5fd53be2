import { buffer as readAll } from 'node:stream/consumers';
import { stripThinking } from '../../core/canonicalise.ts';
import { checkFormat } from '../../core/format/format-checker.ts';
import type { FormatCode, FormatReport } from '../../core/format/format-report.ts';
import { toObject } from '../../core/json-object.ts';
import { nameInput, parseRow, readInputLines, STDIN } from '../../edge/jsonl.ts';
import { decodeText, readTextFile } from '../../edge/text-file.ts';
import { SourceError, UsageError } from '../../errors.ts';
import type { ArgsOf } from '../command.ts';
import type { checkCommand } from '../commands/answers.ts';
import { printJsonLine, printLine, tell } from '../output.ts';

type CheckArgs = ArgsOf<typeof checkCommand>;

/** Keys of a row that may hold the response as text; the first one present counts. */
const TEXT_KEYS = ['target', 'text', 'output', 'completion', 'response', 'answer'] as const;

/** Keys that may hold turns, the last of which is the response. */
const TURN_KEYS = ['messages', 'conversations', 'completion'] as const;

/** One response and where it came from; `line` is null for a whole file. */
interface Response {
  readonly file: string;
  readonly line: number | null;
  readonly id: string | number | null;
  readonly text: string;
}

/** `check`: exit code 1 when a response is invalid. */
export async function checkFiles(args: CheckArgs): Promise<number> {
  if (args.files.filter((file) => file === STDIN).length > 1) throw new UsageError('stdin ("-") can only be read once');
  let valid = 0;
  let total = 0;
  for (const file of args.files) {
    for await (const response of readResponses(file, args.as)) {
      const report = checkSpoken(response.text, args);
      total += 1;
      if (report.valid) valid += 1;
      printReport(response, report, args.json);
    }
  }
  tell(args, `${valid} of ${total} valid (${args.mode})`);
  return valid === total ? 0 : 1;
}

/** A report whose violations may be that the thinking section never closes. */
type SpokenReport = Omit<FormatReport, 'violations'> & {
  readonly violations: readonly { readonly code: FormatCode | 'thinking_unclosed'; readonly at: number }[];
};

/**
 * The format of what follows the thinking section: a block inside of it is none, as for `verify` and `generate`.
 * Places count from the beginning of the response.
 */
function checkSpoken(text: string, { mode, promote }: CheckArgs): SpokenReport {
  const { content, at: from, code } = stripThinking(text);
  const report = checkFormat(content, mode, { promote });
  if (code === 'thinking_unclosed') return { ...report, valid: false, violations: [{ code, at: from }] };
  const violations = report.violations.map((one) => ({ ...one, at: one.at + from }));
  return { ...report, violations, lints: report.lints.map((one) => ({ ...one, at: one.at + from })) };
}

function printReport({ file, line, id, text }: Response, report: SpokenReport, json: boolean): void {
  if (json) {
    const { mode, valid, violations, lints, blocks } = report;
    const primary = violations[0]?.code ?? null;
    const counts = { blocks: blocks.length, length: text.length };
    printJsonLine({ file, line, id, mode, valid, primary, violations, lints, ...counts });
    return;
  }
  const place = line === null ? file : `${file}:${line}`;
  for (const { code, at } of report.violations) printLine(`${place}: ${code} at ${at}`);
}

async function* readResponses(file: string, as: CheckArgs['as']): AsyncGenerator<Response> {
  const name = nameInput(file);
  const kind = as === 'auto' && /\.jsonl$/i.test(file) ? 'jsonl' : as;
  if (kind === 'jsonl') {
    for await (const { number, text } of readInputLines(file)) yield toResponse(text, name, number);
    return;
  }
  const text = await readWhole(file, name);
  if (kind === 'text' || !looksLikeRows(text)) {
    yield { file: name, line: null, id: null, text };
    return;
  }
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) if (line.trim() !== '') yield toResponse(line, name, index + 1);
}

async function readWhole(file: string, name: string): Promise<string> {
  return file === STDIN ? decodeText(await readAll(process.stdin), name) : readTextFile(file);
}

/** The first line of rows is a JSON object; no response begins with one. */
function looksLikeRows(text: string): boolean {
  const first = text.trimStart().split('\n', 1)[0]!;
  if (!first.startsWith('{')) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}

function toResponse(line: string, file: string, number: number): Response {
  const row = parseRow(line, file, number);
  const text = findText(row);
  if (text === null) {
    throw new SourceError(
      `${file}:${number}: none of ${[...TEXT_KEYS, ...TURN_KEYS.slice(0, 2)].join(', ')} holds text; the row has ${Object.keys(row).slice(0, 8).join(', ')}`,
    );
  }
  const { id } = row;
  return { file, line: number, id: typeof id === 'string' || typeof id === 'number' ? id : null, text };
}

function findText(row: Readonly<Record<string, unknown>>): string | null {
  for (const key of TEXT_KEYS) {
    const value = row[key];
    if (typeof value === 'string') return value;
  }
  for (const key of TURN_KEYS) {
    const text = readLastTurn(row[key]);
    if (text !== null) return text;
  }
  return null;
}

/** The text of the last of several turns: `{content}` or `{value}`, as text or as parts of text. */
function readLastTurn(turns: unknown): string | null {
  const last = toObject(Array.isArray(turns) ? turns.at(-1) : null);
  const content = last?.content ?? last?.value;
  if (!Array.isArray(content)) return typeof content === 'string' ? content : null;
  const parts = content.map((part) => toObject(part)?.text);
  return parts.every((part) => typeof part === 'string') ? parts.join('') : null;
}
