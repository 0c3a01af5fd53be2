import { resolve } from 'node:path';
import { describeResume } from '../../app/execute-run.ts';
import type { RunReport } from '../../report/collect-run-report.ts';

/** Where the data of a run are and what to type next. */
export function renderNextSteps({ run, stages }: RunReport, db: string): string {
  const option = resolve(db) === resolve('runs.db') ? '' : ` --db ${db}`;
  const commands: [string, string][] = [];
  if (run.status !== 'done') commands.push(['go on', describeResume(run.id, db)]);
  commands.push(['look again', `parallel-r1 show ${run.id}${option}`]);
  if (stages.some(({ yieldReport }) => (yieldReport?.accepted ?? 0) > 0)) {
    commands.push(['take the SFT rows', `parallel-r1 export ${run.id} --format messages --out sft.jsonl${option}`]);
  }
  if (run.preset === 'embedded') {
    const servers = '--engine http://127.0.0.1:8000/v1 --trainer http://127.0.0.1:8001 --model NAME';
    const teacher = '--set stages.cold-start.teacher.url=http://127.0.0.1:8002/v1';
    commands.push(['your own model on a vLLM', `parallel-r1 run --preset seen ${servers} ${teacher}`]);
  }
  // In a source tree no command of that name is on the path.
  const note = import.meta.url.endsWith('.ts') ? ' (in this source tree parallel-r1 is: node bin/parallel-r1.js)' : '';
  const width = Math.max(...commands.map(([what]) => what.length));
  return [
    `Every number is in ${resolve(db)}. What to type next${note}:`,
    ...commands.map(([what, command]) => `  ${what.padEnd(width)}  ${command}`),
  ].join('\n');
}
