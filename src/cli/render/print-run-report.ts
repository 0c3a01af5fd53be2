import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import { countProblems } from '../../problem-sets/resolve-problems.ts';
import { collectReportData } from '../../report/report-data.ts';
import type { GlobalArgs } from '../command.ts';
import { printJson, printLine } from '../output.ts';
import { renderNextSteps } from './render-next-steps.ts';
import { renderRunReport } from './render-run-report.ts';

/** Prints the report of a run, as text with what to do next, or as one JSON document. */
export async function printRunReport(
  store: RunStore,
  run: RunRecord,
  args: Pick<GlobalArgs, 'db' | 'json'>,
): Promise<void> {
  const report = await collectReportData(store, run, countProblems);
  if (args.json) printJson(report);
  else printLine(`${renderRunReport(report)}\n\n${renderNextSteps(report, args.db)}`);
}
