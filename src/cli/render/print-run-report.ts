import { resolve } from 'node:path';
import { readLiveStatus } from '../../app/live-status.ts';
import { describeResume } from '../../app/start-run.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import { countProblems } from '../../problem-sets/resolve-problems.ts';
import { collectReportData, type ReportData } from '../../report/report-data.ts';
import type { GlobalArgs } from '../command.ts';
import { printJson, printLine } from '../output.ts';
import { renderRunReport } from './render-run-report.ts';

/** Prints the report of a run, as text with what to do next, or as one JSON document. */
export async function printRunReport(
  store: RunStore,
  run: RunRecord,
  args: Pick<GlobalArgs, 'db' | 'json'>,
): Promise<void> {
  const [live] = readLiveStatus(store, [run]);
  const report = await collectReportData(store, live!, countProblems);
  if (args.json) printJson(report);
  else printLine(`${renderRunReport(report)}\n\n${renderNextSteps(report, args.db)}`);
}

/** Where the data of a run is, and what to type next. */
function renderNextSteps({ run, stages }: ReportData, db: string): string {
  const option = resolve(db) === resolve('runs.db') ? '' : ` --db ${db}`;
  const commands: [string, string][] = [];
  if (run.status !== 'done' && run.status !== 'running') commands.push(['go on', describeResume(run.id, db)]);
  commands.push(['look again', `parallel-r1 show ${run.id}${option}`]);
  if (stages.some((stage) => (stage.yield?.accepted ?? 0) > 0)) {
    commands.push(['take the SFT rows', `parallel-r1 export ${run.id} --format messages --out sft.jsonl${option}`]);
  }
  if (run.preset === 'embedded') {
    const servers = '--engine http://127.0.0.1:8000/v1 --trainer http://127.0.0.1:8001 --model NAME';
    const teacher = '--set stages.cold-start.teacher.url=http://127.0.0.1:8002/v1';
    commands.push(['your own model on a vLLM', `parallel-r1 run --preset parallel ${servers} ${teacher}`]);
  }
  // In a source tree there is no command of that name on the path.
  const note = import.meta.url.endsWith('.ts') ? ' (in this source tree parallel-r1 is: node bin/parallel-r1.js)' : '';
  const width = Math.max(...commands.map(([what]) => what.length));
  return [
    `Every number is in ${resolve(db)}. What to type next${note}:`,
    ...commands.map(([what, command]) => `  ${what.padEnd(width)}  ${command}`),
  ].join('\n');
}
