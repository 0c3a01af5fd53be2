import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../../adapters/export-files/replace-file.ts';
import { parseProblemRow } from '../../../adapters/source-jsonl/parse-problem-row.ts';
import type { Problem } from '../../core/problem.ts';
import { generateWordSums, MAX_WORD_SUMS, type WordSumLevel } from '../../core/word-sums/generate.ts';
import { UsageError } from '../../errors.ts';
import { listDatasetFolders } from '../dataset-folders.ts';
import type { GlobalArgs } from '../define-command.ts';
import { nameInput, readInputLines } from '../json-lines.ts';
import { printJson, printJsonLine, printLine, tell } from '../output.ts';
import { readWholeNumber } from '../whole-number.ts';

interface DatasetsArgs extends GlobalArgs {
  readonly what: 'list' | 'check' | 'generate';
  readonly files: string[];
  readonly level: string | undefined;
  readonly split: 'train' | 'heldout';
  readonly count: string | undefined;
  readonly seed: string | undefined;
  readonly out: string | undefined;
}

/** `datasets list | check | generate`. */
export async function handleDatasets(args: DatasetsArgs): Promise<number> {
  if (args.what === 'check') return checkSets(args);
  if (args.files.length > 0) throw new UsageError(`datasets ${args.what} takes no files`);
  return args.what === 'list' ? listSets(args) : generate(args);
}

function listSets(args: DatasetsArgs): number {
  const sets = listDatasetFolders().flatMap((folder) =>
    listJsonl(folder).map((file) => ({ name: file.replace(/\.jsonl$/, ''), file: join(folder, file) })),
  );
  const families = [{ name: 'word-sums', levels: ['easy', 'hard', '2 to 8 operands'], splits: ['train', 'heldout'] }];
  if (args.json) {
    printJson({ sets, families });
    return 0;
  }
  for (const { name, file } of sets) printLine(`${name.padEnd(28)} ${file}`);
  printLine(`${'word-sums'.padEnd(28)} made on demand: datasets generate --level easy|hard --split train|heldout`);
  return 0;
}

/** JSONL files of a folder and of the folders in it, as paths relative to it. */
function listJsonl(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.jsonl'))
      .sort();
  } catch {
    return [];
  }
}

/** What one file holds and what is wrong with it. */
interface SetReport {
  readonly file: string;
  readonly problems: number;
  readonly faults: readonly LineNote[];
  /** Repeats that change no answer. */
  readonly warnings: readonly LineNote[];
}

interface LineNote {
  readonly line: number;
  readonly message: string;
}

async function checkSets(args: DatasetsArgs): Promise<number> {
  if (args.files.length === 0) throw new UsageError('datasets check needs a file: datasets check FILE...');
  const reports: SetReport[] = [];
  for (const file of args.files) reports.push(await checkSet(file));
  if (args.json) printJson(reports);
  for (const { file, problems, faults, warnings } of reports) {
    if (!args.json) {
      for (const { line, message } of faults) printLine(`${file}:${line}: ${message}`);
      for (const { line, message } of warnings) printLine(`${file}:${line}: warning: ${message}`);
    }
    tell(args, `${file}: ${problems} problems, ${faults.length} faults, ${warnings.length} warnings`);
  }
  return reports.every(({ problems, faults }) => problems > 0 && faults.length === 0) ? 0 : 1;
}

async function checkSet(file: string): Promise<SetReport> {
  const name = nameInput(file);
  const ids = new Map<string, number>();
  const texts = new Map<string, { line: number; answer: string }>();
  const faults: LineNote[] = [];
  const warnings: LineNote[] = [];
  let problems = 0;
  for await (const { number: line, text } of readInputLines(file)) {
    const row = parseProblemRow(text, name, `line-${line}`);
    if ('fault' in row) {
      faults.push({ line, message: row.fault });
      continue;
    }
    problems += 1;
    const { id, text: problem, answer } = row.problem;
    const sameId = ids.get(id);
    if (sameId === undefined) ids.set(id, line);
    else faults.push({ line, message: `id ${JSON.stringify(id)} is that of line ${sameId}` });
    const same = texts.get(problem);
    if (same === undefined) texts.set(problem, { line, answer });
    else if (same.answer === answer) warnings.push({ line, message: `the problem of line ${same.line} again` });
    else faults.push({ line, message: `the problem of line ${same.line} with another answer` });
  }
  return { file: name, problems, faults, warnings };
}

function generate(args: DatasetsArgs): number {
  const problems = generateWordSums({
    level: readLevel(args.level!),
    split: args.split,
    count: readWholeNumber('count', args.count!, 1, MAX_WORD_SUMS),
    seed: readWholeNumber('seed', args.seed!, 0, 2 ** 31 - 1),
  });
  if (args.out === undefined) {
    for (const problem of problems) printJsonLine(toRow(problem));
    return 0;
  }
  replaceFile(args.out, (write) => write(problems.map((problem) => `${JSON.stringify(toRow(problem))}\n`).join('')));
  if (args.json) printJson({ file: args.out, problems: problems.length });
  tell(args, `${problems.length} problems in ${args.out}`);
  return 0;
}

function readLevel(text: string): WordSumLevel {
  if (text === 'easy' || text === 'hard') return text;
  if (/^[2-8]$/.test(text)) return Number(text);
  throw new UsageError(
    `--level is ${JSON.stringify(text)}; it must be easy, hard, or a number of operands from 2 to 8`,
  );
}

function toRow({ id, text, answer, level }: Problem) {
  return { id, problem: text, answer, level };
}
