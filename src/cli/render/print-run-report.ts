import { resolve } from 'node:path';
import { readLiveStatus } from '../../app/live-status.ts';
import { describeResume } from '../../app/start-run.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import { countProblems } from '../../problem-sets/resolve-problems.ts';
import { collectRuleComparisons } from '../../report/collect-rule-comparisons.ts';
import { describeRollout } from '../../report/describe-rollout.ts';
import { collectReportData, type ReportData } from '../../report/report-data.ts';
import type { GlobalArgs } from '../command.ts';
import { measureScreen, printJson, printLine } from '../output.ts';
import { renderRuleComparisons } from './render-evaluations.ts';
import { renderRunReport } from './render-run-report.ts';
import { renderShortThought } from './render-thought-pair.ts';
import { breakCommand } from './wrap-text.ts';

/** Prints the report of a run, as text with what to do next, or as one JSON document. */
export async function printRunReport(
  store: RunStore,
  run: RunRecord,
  args: Pick<GlobalArgs, 'db' | 'json'>,
): Promise<void> {
  const [live] = readLiveStatus(store, [run]);
  const report = await collectReportData(store, live!, countProblems);
  const rules = collectRuleComparisons(store, run);
  if (args.json) {
    printJson(rules.length === 0 ? report : { ...report, rules });
    return;
  }
  const columns = measureScreen();
  const thought = renderThought(store, report, columns);
  const next = renderNextSteps(report, findWrong(store, report), args.db, columns);
  printLine([renderRunReport(report, columns), ...renderRules(rules), ...thought, next].join('\n\n'));
}

/** The verdicts beside those of the reference's rule, where the two differ. */
function renderRules(rules: ReturnType<typeof collectRuleComparisons>): string[] {
  if (rules.every(({ differences }) => differences === 0)) return [];
  const lines = renderRuleComparisons(rules).map((line) => (line === '' ? '' : `  ${line}`));
  return [["Verdicts beside those of the reference's string comparison", ...lines].join('\n')];
}

/** The thought before and after, if there is one. */
function renderThought(store: RunStore, report: ReportData, columns: number): string[] {
  if (report.thought === null) return [];
  const [before, after] = [report.thought.before, report.thought.after].map(({ rollout }) =>
    describeRollout(store, rollout, null),
  );
  if (before == null || after == null) return [];
  return [renderShortThought(report, before, after, columns).join('\n')];
}

/** Id of a wrong answer worth looking at: that of the thought, else one of the last evaluation, else the first there is. */
function findWrong(store: RunStore, { run, thought }: ReportData): number | null {
  if (thought !== null) return thought.before.rollout;
  const last = store.listRolloutSteps(run.id).findLast(({ purpose }) => purpose === 'eval');
  for (const filter of [...(last === undefined ? [] : [last]), {}]) {
    const [wrong] = store.listRollouts(run.id, { ...filter, correct: false }, { after: null, size: 1 });
    if (wrong !== undefined) return wrong.id;
  }
  return null;
}

/** Where the data of a run is, and what to type next. `wrong` is the id of a wrong answer, if there is one. */
function renderNextSteps(
  { run, stages, rollouts }: ReportData,
  wrong: number | null,
  db: string,
  columns: number,
): string {
  const option = resolve(db) === resolve('runs.db') ? '' : ` --db ${db}`;
  const hasWeights = stages.some(({ kind, status }) => kind !== 'cold-start' && kind !== 'eval' && status === 'done');
  const commands: [string, string][] = [];
  if (run.status !== 'done' && run.status !== 'running') commands.push(['go on', describeResume(run.id, db)]);
  commands.push(['see it in a browser', `parallel-r1 view ${run.id}${option}`]);
  commands.push(['the same as one file', `parallel-r1 report ${run.id} --out report.html${option}`]);
  if (wrong !== null) commands.push(['wrong answers', `parallel-r1 show ${run.id} --rollouts --wrong${option}`]);
  if (wrong !== null) commands.push(['one of them, explained', `parallel-r1 why ${wrong}${option}`]);
  const isBuiltIn = run.preset === 'embedded' || run.preset === 'embedded-mixed';
  if (isBuiltIn && hasWeights) {
    commands.push(['ask the model', `parallel-r1 solve "Dan has 18 keys, then makes 31. How many in all?"${option}`]);
  }
  if (rollouts.length > 0) commands.push(['other ways to join', `parallel-r1 replay ${run.id}${option}`]);
  if (stages.some((stage) => (stage.yield?.accepted ?? 0) > 0)) {
    commands.push(['take the SFT rows', `parallel-r1 export ${run.id} --format messages --out sft.jsonl${option}`]);
  }
  if (isBuiltIn) {
    const servers = '--engine http://127.0.0.1:8000/v1 --trainer http://127.0.0.1:8001 --model NAME';
    const teacher = '--set stages.cold-start.teacher.url=http://127.0.0.1:8002/v1';
    commands.push(['your own model', `parallel-r1 run --preset parallel ${servers} ${teacher}`]);
  }
  // In a source tree there is no command of that name on the path.
  const note = import.meta.url.endsWith('.ts') ? ' (here parallel-r1 is: node bin/parallel-r1.js)' : '';
  const width = Math.max(...commands.map(([what]) => what.length));
  return [
    `Every number is in ${resolve(db)}.`,
    `What to type next${note}:`,
    ...commands.flatMap(([what, command]) => {
      const whole = `  ${what.padEnd(width)}  ${command}`;
      return whole.length <= columns ? [whole] : [`  ${what}`, ...breakCommand(command, columns)];
    }),
  ].join('\n');
}
