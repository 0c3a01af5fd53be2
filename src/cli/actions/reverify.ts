import { acquireRunLock } from '../../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { openVerifyPool } from '../../../adapters/verify-pool/open-verify-pool.ts';
import { findRun } from '../../app/run-record.ts';
import { toCurriculumPlan } from '../../app/to-curriculum-plan.ts';
import { parseStoredConfig } from '../../config/stored.ts';
import { VERIFIER, type Verdict } from '../../core/verify/verdict.ts';
import { reverify } from '../../pipeline/reverify/reverify-rollouts.ts';
import type { VerdictChange } from '../../pipeline/reverify/verdict-change.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RunRecord } from '../../ports/run-store/runs.ts';
import type { ArgsOf } from '../command.ts';
import type { reverifyCommand } from '../commands/stored-runs.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';

type ReverifyArgs = ArgsOf<typeof reverifyCommand>;

/** The outcome: `changed` holds the answers whose verdict changed, `restated` counts those where only rule or version differ. */
interface ReverifyTally {
  /** Id of each stage, by its number. */
  readonly stageIds: readonly string[];
  judged: number;
  readonly changed: VerdictChange[];
  readonly restated: Map<string, number>;
  /** Stored figures that follow from the new verdicts. */
  figures: number;
}

/** `reverify`: only looks, unless told to write. */
export async function reverifyRun(args: ReverifyArgs): Promise<number> {
  using _lock = args.apply ? acquireRunLock(args.db) : null;
  using store = openRunStore(args.db, { readonly: !args.apply, tell: (line) => tell(args, line) });
  const run = findRun(store, args.run);
  if (args.apply && run.status !== 'done') {
    tell(args, `run ${run.id} is ${run.status}: when it is resumed, it goes on with the new rewards`);
  }
  const tally = await judgeAnew(args, store, run);
  if (args.json) printJson({ run: run.id, verifier: VERIFIER, applied: args.apply, ...toDocument(tally) });
  else printTally(tally, args.apply);
  return 0;
}

async function judgeAnew(args: ReverifyArgs, store: RunStore, run: RunRecord): Promise<ReverifyTally> {
  const stageIds = store.listStages(run.id).map(({ id }) => id);
  const tally: ReverifyTally = { stageIds, judged: 0, changed: [], restated: new Map(), figures: 0 };
  using interrupt = listenForInterrupt((message) => tell(args, message));
  await using verifier = openVerifyPool({ threads: 2 });
  const plan = toCurriculumPlan(parseStoredConfig(run));
  const studentTemplate = store.listPrompts(run.id).find(({ role }) => role === 'student')?.text ?? null;
  const context = { runId: run.id, plan, store, verifier, signal: interrupt.signal, studentTemplate };
  for await (const { judged, changes, figures } of reverify(context, args.apply)) {
    tally.judged += judged;
    tally.figures += figures.length;
    for (const change of changes) count(tally, change);
  }
  return tally;
}

function count(tally: ReverifyTally, change: VerdictChange): void {
  const { before, after, outcome } = change;
  const isOther = before === null ? outcome?.before !== outcome?.after : before.verdict !== after.verdict;
  if (isOther) {
    tally.changed.push(change);
    return;
  }
  const how = `${describeVersion(before)} -> ${describeVersion(after)}`;
  tally.restated.set(how, (tally.restated.get(how) ?? 0) + 1);
}

function describeVersion(verdict: Verdict | null): string {
  return verdict === null ? 'none stored' : `${verdict.rule}, ${verdict.verifier}`;
}

function toDocument({ stageIds, judged, changed, restated, figures }: ReverifyTally) {
  return {
    judged,
    changed: changed.map(({ place, ...change }) => {
      const { problem, ...where } = place;
      const stage = stageIds[where.stageIndex];
      return { ...where, stage, source: problem.source, problem: problem.id, gold: problem.answer, ...change };
    }),
    restated: Object.fromEntries(restated),
    figures,
  };
}

function printTally({ stageIds, judged, changed, restated, figures }: ReverifyTally, isApplied: boolean): void {
  for (const change of changed) printLine(describeChange(change, stageIds));
  for (const [how, answers] of restated) printLine(`${answers} with the same verdict: ${how}`);
  if (figures > 0)
    printLine(
      `${figures} figures of rewards and evaluations ${isApplied ? 'follow' : 'would follow'}; what was trained and what gates decided stays as it was`,
    );
  const others = [...restated.values()].reduce((sum, answers) => sum + answers, 0);
  const ending = isApplied
    ? 'written'
    : changed.length + others > 0
      ? 'nothing was written; --apply writes them'
      : 'nothing to write';
  printLine(
    `${judged} answers judged, ${changed.length} verdicts change, ${others} stay the same under another rule or version; ${ending}`,
  );
}

function describeChange({ place, before, after, reward, outcome }: VerdictChange, stageIds: readonly string[]): string {
  const { problem, stageIndex, sample } = place;
  const stage = stageIds[stageIndex] ?? stageIndex;
  const where =
    place.kind === 'attempt'
      ? `${stage} attempt ${sample}`
      : `${stage} ${place.purpose} step ${place.step} group ${place.group} sample ${sample}`;
  const effects = [
    reward === null || reward.before === reward.after ? '' : `; reward ${reward.before} -> ${reward.after}`,
    outcome === null || outcome.before === outcome.after ? '' : `; ${outcome.before} -> ${outcome.after}`,
  ];
  return `${where} (problem ${problem.source}/${problem.id}, reference ${problem.answer}, answer ${after.extracted ?? 'none'}): ${describe(before)} -> ${describe(after)}${effects.join('')}`;
}

function describe(verdict: Verdict | null): string {
  if (verdict === null) return 'none stored';
  const why = verdict.reason === null ? verdict.rule : `${verdict.rule}: ${verdict.reason}`;
  return `${verdict.verdict} (${why}, ${verdict.verifier})`;
}
