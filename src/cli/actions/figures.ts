import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { writeCsvRow } from '../../edge/csv.ts';
import { WholeFile } from '../../edge/whole-file.ts';
import { countProblems } from '../../problem-sets/resolve-problems.ts';
import { type FigureRow, type FigureTable, openFigureTable } from '../../report/figure-tables.ts';
import type { ArgsOf } from '../command.ts';
import type { figuresCommand } from '../commands/run-views.ts';
import { printJsonLine, printLine, tell } from '../output.ts';

type FiguresArgs = ArgsOf<typeof figuresCommand>;

/** `figures`: one table of the figures of a run, to stdout or into a file. */
export async function exportFigures(args: FiguresArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const table = await openFigureTable(args.table, { store, run, countProblems });
  const isCsv = chooseFormat(args) === 'csv';
  const count = args.out === undefined ? printTable(table, isCsv) : writeTable(table, isCsv, args.out);
  const where = args.out === undefined ? '' : ` in ${args.out}`;
  tell(args, count === 0 ? `run ${run.id} has no ${args.table}: the table is empty${where}` : `${count} rows${where}`);
  return 0;
}

/** What is asked for, else what the name of the file says, else CSV. */
function chooseFormat({ format, json, out }: FiguresArgs): 'csv' | 'jsonl' {
  return format ?? (json || /\.jsonl?$/.test(out ?? '') ? 'jsonl' : 'csv');
}

/** Returns the number of rows, as does `writeTable`. */
function printTable({ columns, rows }: FigureTable, isCsv: boolean): number {
  let count = 0;
  if (isCsv && columns.length > 0) printLine(writeCsvRow(columns));
  for (const row of rows) {
    if (isCsv) printLine(toCsv(row, columns));
    else printJsonLine(row);
    count += 1;
  }
  return count;
}

function writeTable({ columns, rows }: FigureTable, isCsv: boolean, out: string): number {
  using file = new WholeFile(out);
  let count = 0;
  if (isCsv) file.write(`${writeCsvRow(columns)}\n`);
  for (const row of rows) {
    file.write(`${isCsv ? toCsv(row, columns) : JSON.stringify(row)}\n`);
    count += 1;
  }
  file.finish();
  return count;
}

function toCsv(row: FigureRow, columns: readonly string[]): string {
  return writeCsvRow(columns.map((column) => row[column] ?? null));
}
