import { UsageError } from '../../errors.ts';
import { checkSet, type SetReport } from '../../problem-sets/check-set.ts';
import type { DatasetsArgs } from '../datasets-args.ts';
import { printJson, printLine, tell } from '../output.ts';
import { readWholeNumber } from '../whole-number.ts';

/** `datasets check`: faults and warnings by line. Exit code 1 when a file has faults or no problems. */
export async function checkSets(args: DatasetsArgs): Promise<number> {
  if (args.names.length === 0) throw new UsageError('datasets check needs a file: datasets check FILE...');
  const maxLength = readWholeNumber('max-length', args.maxLength!, 1, 10_000_000);
  const reports: SetReport[] = [];
  for (const file of args.names) reports.push(await checkSet(file, maxLength));
  if (args.json) printJson(reports);
  for (const report of reports) {
    if (!args.json) printNotes(report);
    tell(args, describeSet(report));
  }
  return reports.every(({ problems, faults }) => problems > 0 && faults.length === 0) ? 0 : 1;
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
