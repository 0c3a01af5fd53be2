import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { readStoredConfig } from '../../config/stored.ts';
import { toPlainText } from '../../edge/terminal-text.ts';
import { UsageError } from '../../errors.ts';
import type { ListedRollout, RolloutFilter } from '../../ports/run-store/listings.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord, StageRecord } from '../../ports/run-store/runs.ts';
import { describeAttempt } from '../../report/describe-attempt.ts';
import { collectAnalyses } from '../../report/run-analyses.ts';
import type { ArgsOf } from '../command.ts';
import type { showCommand } from '../commands/run-views.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { printRunReport } from '../render/print-run-report.ts';
import { renderAnalyses } from '../render/render-analyses.ts';
import { renderAttempt } from '../render/render-rollout.ts';
import { renderTable } from '../render/table.ts';

type ShowArgs = ArgsOf<typeof showCommand>;

/** `show`: the report of a run, finished or not; with --rollouts or --attempts what was written in it. */
export async function showRun(args: ShowArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const views = (['rollouts', 'attempts', 'analyses'] as const).filter((name) => args[name]);
  if (views.length > 1) throw new UsageError(`--${views.join(' and --')} are different views: ask for one`);
  if (args.rollouts) showRollouts(store, run, args);
  else if (args.attempts) showAttempts(store, run, args);
  else {
    refuseFilters(args);
    if (args.analyses) showAnalyses(store, run, args);
    else await printRunReport(store, run, args);
  }
  return 0;
}

/** A filter without a list would silently do nothing. */
function refuseFilters(args: ShowArgs): void {
  const given = (['stage', 'purpose', 'step', 'problem', 'code', 'limit', 'after'] as const).filter(
    (name) => args[name] !== undefined,
  );
  const [first = args.wrong ? 'wrong' : undefined] = given;
  if (first !== undefined) throw new UsageError(`--${first} belongs to a list: add --rollouts or --attempts`);
}

function showAnalyses(store: RunStore, run: RunRecord, args: ShowArgs): void {
  const analyses = collectAnalyses(store, run.id);
  if (args.json) printJson({ run: run.id, ...analyses });
  else for (const line of renderAnalyses(analyses, measureScreen())) printLine(line);
}

const ROLLOUTS = 20;
const ATTEMPTS = 5;

function showRollouts(store: RunStore, run: RunRecord, args: ShowArgs): void {
  const { limit = ROLLOUTS, after = null, json } = args;
  const filter = readFilter(store, run, args);
  const rows = store.listRollouts(run.id, filter, { after, size: limit });
  const total = store.countRollouts(run.id, filter);
  if (json) {
    printJson({ run: run.id, total, rollouts: rows });
    return;
  }
  const stages = new Map(store.listStages(run.id).map(({ index, id }) => [index, id]));
  for (const line of renderRollouts(rows, stages)) printLine(line);
  const next = rows.length < limit ? '' : `; the next: --after ${rows.at(-1)!.id}`;
  tell(args, `${rows.length} of ${total} rollouts${next}; one of them explained: parallel-r1 why ID`);
}

function readFilter(store: RunStore, run: RunRecord, args: ShowArgs): RolloutFilter {
  const { purpose, step, wrong, problem, code } = args;
  const stage = args.stage === undefined ? undefined : findStage(store, run, args.stage).index;
  const key = problem === undefined ? undefined : findProblem(store, run, problem);
  return {
    ...(stage === undefined ? {} : { stageIndex: stage }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(step === undefined ? {} : { step }),
    ...(wrong ? { correct: false } : {}),
    ...(key === undefined ? {} : { problem: key }),
    ...(code === undefined ? {} : { code }),
  };
}

function findStage(store: RunStore, run: RunRecord, id: string): StageRecord {
  const stages = store.listStages(run.id);
  const stage = stages.find((one) => one.id === id);
  if (stage !== undefined) return stage;
  throw new UsageError(`run ${run.id} has no stage "${id}"; known: ${stages.map((one) => one.id).join(', ')}`);
}

function findProblem(store: RunStore, run: RunRecord, id: string): number {
  const key = store.findProblemKey(run.id, id);
  if (key !== null) return key;
  throw new UsageError(
    `no rollout of run ${run.id} answers a problem with the id ${JSON.stringify(id)}; --json lists ids`,
  );
}

const VERDICTS = { correct: 'right', incorrect: 'wrong', unparsable: 'no answer' } as const;

/** Longest answer in a table. */
const CELL = 12;

function renderRollouts(rows: readonly ListedRollout[], stages: ReadonlyMap<number, string>): string[] {
  const head = 'id stage for step verdict answer wanted forks tokens reward form'.split(' ');
  const short = (text: string) => {
    const line = toPlainText(text).replaceAll('\n', ' ');
    return line.length > CELL ? `${line.slice(0, CELL - 1)}…` : line;
  };
  const cells = rows.map((row) => [
    `${row.id}`,
    stages.get(row.stageIndex) ?? `${row.stageIndex}`,
    row.purpose,
    `${row.step}`,
    row.verdict === null ? 'failed' : VERDICTS[row.verdict.verdict],
    short(row.verdict?.extracted ?? row.failure ?? '-'),
    short(row.problem.answer),
    `${row.blocks}`,
    `${row.criticalTokens}/${row.policyTokens}`,
    row.reward === null ? '-' : `${row.reward.value}`,
    row.formatValid ? 'valid' : (row.formatCode ?? 'malformed'),
  ]);
  const width = measureScreen();
  const lines = renderTable([head, ...cells], [0, 3, 7, 9]);
  return lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
}

function showAttempts(store: RunStore, run: RunRecord, args: ShowArgs): void {
  const { limit = ATTEMPTS, after = null, code, json } = args;
  if (args.purpose !== undefined || args.step !== undefined || args.wrong || args.problem !== undefined) {
    throw new UsageError(
      '--purpose, --step, --wrong and --problem choose among rollouts; --attempts takes --stage and --code',
    );
  }
  const stages = store.listStages(run.id).filter(({ kind }) => kind === 'cold-start');
  const [stage] = args.stage === undefined ? stages : [findStage(store, run, args.stage)];
  if (stage === undefined) throw new UsageError(`run ${run.id} has no cold-start stage, so no teacher was asked`);
  const config = readStoredConfig(run);
  const attempts = store
    .pageAttempts(run.id, stage.index, code === undefined ? {} : { code }, { after, size: limit })
    .map((attempt) => describeAttempt(attempt, config));
  if (json) {
    printJson({ run: run.id, stage: stage.id, attempts });
    return;
  }
  for (const line of attempts.flatMap((one) => [...renderAttempt(one, measureScreen()), ''])) printLine(line);
  const next = attempts.length < limit ? '' : `; the next: --after ${attempts.at(-1)!.attempt.id}`;
  tell(args, `${attempts.length} answers${next}`);
}
