import { basename, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { checkSet, type SetReport } from '../../problem-sets/check-set.ts';
import { convertSet } from '../../problem-sets/convert-set.ts';
import { findOverlap, type OverlapSide } from '../../problem-sets/find-overlap.ts';
import type { ArgsOf } from '../command.ts';
import type { datasetsCommand } from '../commands/surroundings.ts';
import { printJson, printLine, tell } from '../output.ts';

/** `datasets check`: faults and warnings by line. Exit code 1 when a file has faults or no problems. */
export async function checkSets(args: ArgsOf<typeof datasetsCommand>): Promise<number> {
  if (args.names.length === 0) throw new UsageError('datasets check needs a file: datasets check FILE...');
  const reports: SetReport[] = [];
  for (const file of args.names) reports.push(await checkSet(file, args.maxLength));
  if (args.json) printJson(reports);
  for (const report of reports) {
    if (!args.json) printNotes(report);
    tell(args, describeSet(report));
    if (holdsSolutions(report))
      tell(
        args,
        `  to convert them: parallel-r1 datasets convert ${quote(report.file)} --out ${quote(nameConverted(report.file))}`,
      );
  }
  return reports.every(({ problems, faults }) => problems > 0 && faults.length === 0) ? 0 : 1;
}

/** Whether rows are as GSM8K's own files have them. */
function holdsSolutions({ counts, faults }: SetReport): boolean {
  return (counts.gsm8k_answer ?? 0) > 0 || faults.some(({ message }) => message.includes('"question"'));
}

function nameConverted(file: string): string {
  return `${basename(file).replace(/[.]jsonl?$/, '')}.converted.jsonl`;
}

/** A file name as a shell takes it. */
function quote(name: string): string {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

function printNotes({ file, faults, warnings }: SetReport): void {
  for (const { line, message } of faults) printLine(`${file}:${line}: ${message}`);
  for (const { line, message } of warnings) printLine(`${file}:${line}: warning: ${message}`);
}

function describeSet({ file, problems, faults, warnings, repeated, answerKinds, counts }: SetReport): string {
  const lines = [`${file}: ${problems} problems, ${faults.length} faults, ${warnings.length} warnings`];
  if (problems > 0) lines.push(`  answers: ${describeCounts(answerKinds)}`);
  if (repeated.texts > 0)
    lines.push(
      `  ${repeated.distinct} distinct texts; ${repeated.texts} of them in ${repeated.rows} rows, ${repeated.conflicting} with several answers`,
    );
  if (Object.keys(counts).length > 0) lines.push(`  notes: ${describeCounts(counts)}`);
  return lines.join('\n');
}

function describeCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** `datasets convert FILE --out FILE`: GSM8K's own rows become problems. */
export async function convertRows(args: ArgsOf<typeof datasetsCommand>): Promise<number> {
  const [file, ...more] = args.names;
  if (file === undefined || more.length > 0 || args.out === undefined)
    throw new UsageError('datasets convert needs a file and a place: datasets convert FILE --out NEW.jsonl');
  if (resolve(args.out) === resolve(file))
    throw new UsageError(`--out ${args.out} is the file that is read; name another`);
  const converted = await convertSet(file, args.out);
  if (args.json) printJson(converted);
  tell(
    args,
    `${converted.problems} problems in ${converted.file}, ${converted.solutions} of them from worked solutions`,
  );
  return 0;
}

/** `datasets overlap A B`: problems that both files have. An overlap is data, not a failure. */
export async function compareSets(args: ArgsOf<typeof datasetsCommand>): Promise<number> {
  const [a, b, ...more] = args.names;
  if (a === undefined || b === undefined || more.length > 0)
    throw new UsageError('datasets overlap compares two files: datasets overlap A B');
  const overlap = await findOverlap(a, b);
  if (args.json) printJson(overlap);
  else for (const { kind, lineA, lineB } of overlap.pairs) printLine(`${kind.padEnd(10)} ${a}:${lineA} ${b}:${lineB}`);
  if (overlap.morePairs > 0) tell(args, `${overlap.morePairs} more pairs are not listed`);
  tell(args, `${describeSide(overlap.a)}\n${describeSide(overlap.b)}`);
  return 0;
}

function describeSide({ file, problems, shared }: OverlapSide): string {
  const { exact, normalised, near } = shared;
  return `${file}: ${exact + normalised} of ${problems} problems are in the other (${exact} word for word), ${near} more have the same letters and digits`;
}
