import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { acquireRunLock } from '../../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { addUp, carryOutPrune, type PrunePlan, type PruneRequest, planPrune } from '../../app/prune-store.ts';
import type { KeptBytes } from '../../ports/run-store/removals.ts';
import type { ArgsOf } from '../command.ts';
import type { pruneCommand } from '../commands/stored-runs.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { measureScreen, printJson, printLine, tell } from '../output.ts';
import { renderTable } from '../render/table.ts';
import { wrapText } from '../render/wrap-text.ts';

type PruneArgs = ArgsOf<typeof pruneCommand>;

/** `prune`: says what it would free, and frees it when told to. Nobody else may write to the store meanwhile. */
export async function pruneStore(args: PruneArgs): Promise<number> {
  const request: PruneRequest = { runs: args.ids, only: args.only, wholeRuns: args.runs };
  const plan = lookFirst(args.db, request);
  if (!args.json) for (const line of renderPlan(plan, args.db)) printLine(line);
  if (isNothing(plan) || !(await mayGoOn(args, plan))) {
    if (args.json) printJson({ ...describePlan(plan), freed: false });
    return 0;
  }
  using _lock = acquireRunLock(args.db);
  using store = openRunStore(args.db, { tell: (line) => tell(args, line) });
  using interrupt = listenForInterrupt((message) => tell(args, message));
  const after = carryOutPrune(store, planPrune(store, request), {
    signal: interrupt.signal,
    tell: (line) => tell(args, line),
  });
  if (args.json) printJson({ ...describePlan(plan), freed: true, bytesAfter: after.bytes });
  else printLine(`Freed. The store takes ${toSize(after.bytes)} now, it was ${toSize(plan.store.bytes)}.`);
  return 0;
}

function lookFirst(db: string, request: PruneRequest): PrunePlan {
  using store = openRunStore(db, { readonly: true });
  return planPrune(store, request);
}

/** `--yes`, or the answer of who sits there. Where nobody does, nothing is freed. */
async function mayGoOn(args: PruneArgs, { wholeRuns }: PrunePlan): Promise<boolean> {
  if (args.yes) return true;
  if (args.json || !process.stdin.isTTY || !process.stderr.isTTY) {
    tell(args, 'nothing was freed; --yes frees it');
    return false;
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = wholeRuns === null ? 'Free this?' : 'Remove these runs for good?';
    const answer = (await prompt.question(`${question} [y/N] `)).trim().toLowerCase();
    if (answer === 'y' || answer === 'yes') return true;
    tell(args, 'nothing was freed');
    return false;
  } finally {
    prompt.close();
  }
}

function isNothing({ wholeRuns, logprobs, answers, weights, store }: PrunePlan): boolean {
  return wholeRuns === null && logprobs.length + answers.length + weights.length + store.unusedBytes === 0;
}

function renderPlan(plan: PrunePlan, db: string): string[] {
  const { runs, wholeRuns, logprobs, answers, weights, elsewhere, copies, store } = plan;
  const columns = measureScreen();
  const head = `${db}, ${toSize(store.bytes)}; ${runs.length === 1 ? `run ${runs[0]}` : `${runs.length} runs`}`;
  if (isNothing(plan)) return wrapText(`${head}: nothing to free`, columns);
  const rows: string[][] = [];
  const row = (what: string, { rows: count, bytes }: KeptBytes, unit: string) => {
    if (count > 0) rows.push([`  ${what}`, toSize(bytes), unit.replace('#', count.toLocaleString('en'))]);
  };
  if (wholeRuns !== null) row('the runs, for good', wholeRuns, '# rollouts and answers of a teacher (estimated)');
  row('log-probs', addUp(logprobs), 'of # rollouts; `why --tokens` has none then');
  row('answers', addUp(answers), '# that nothing waits for');
  row('weights', addUp(weights.map(({ bytes }) => ({ rows: 1, bytes }))), '# checkpoints that no run goes on from');
  if (store.unusedBytes > 0) rows.push(['  unused', toSize(store.unusedBytes), 'space in the store and its log']);
  return [
    ...wrapText(`${head}. This can be freed:`, columns),
    ...renderTable(rows, [1]).flatMap((line) => wrapText(line, columns)),
    ...(elsewhere === 0
      ? []
      : wrapText(`${elsewhere} checkpoints are at a trainer of yours and stay there: delete them there.`, columns)),
    ...(copies.length === 0
      ? []
      : wrapText(
          `Kept: ${copies.map((copy) => basename(copy)).join(', ')}, the store before it got a newer schema. Delete it when you do not want to go back.`,
          columns,
        )),
  ];
}

/** The plan with one figure for each part. */
function describePlan({ runs, wholeRuns, logprobs, answers, weights, elsewhere, copies, store }: PrunePlan) {
  return {
    runs,
    wholeRuns,
    logprobs: addUp(logprobs),
    answers: addUp(answers),
    weights: addUp(weights.map(({ bytes }) => ({ rows: 1, bytes }))),
    unusedBytes: store.unusedBytes,
    checkpointsElsewhere: elsewhere,
    copies,
    bytes: store.bytes,
  };
}

function toSize(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
