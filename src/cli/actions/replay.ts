import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { openSolveRun } from '../../app/open-solve-run.ts';
import { findRun } from '../../app/run-record.ts';
import { parseStoredConfig } from '../../config/stored.ts';
import { readPathRange } from '../../core/curriculum.ts';
import type { LatencyModel } from '../../core/replay/latency-model.ts';
import { UsageError } from '../../errors.ts';
import { askWithoutPaths } from '../../pipeline/rollout/ask-without-paths.ts';
import { collectReplay, listSelectedSteps } from '../../report/collect-replay.ts';
import type { ArgsOf } from '../command.ts';
import type { replayCommand } from '../commands/stored-runs.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';
import { loadStoredRecipe } from '../recipe/load-solve-recipe.ts';
import { listPolicies } from '../recipe/replay-policies.ts';
import { renderCredits, renderReplay } from '../render/render-replay.ts';
import { selectReporter } from '../select-reporter.ts';

type ReplayArgs = ArgsOf<typeof replayCommand>;

/** `replay`: needs only the store, but for `--without-path`. */
export async function replayRun(args: ReplayArgs): Promise<number> {
  if (args.withoutPath) return replayWithoutPaths(args);
  const model = readModel(args);
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const paths = readPathRange(parseStoredConfig(run).rollout.paths).max;
  const selection = { purpose: args.purpose, stage: args.stage, forkedOnly: args.forked };
  const report = collectReplay(store, run, selection, listPolicies(args, paths), model);
  if (args.json) printJson(report);
  else for (const line of renderReplay(report)) printLine(line);
  return 0;
}

/** Asks the engine of the run for every summary again. What it answers is not stored. */
async function replayWithoutPaths(args: ReplayArgs): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const recipe = loadStoredRecipe(args, store, run);
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => tell(args, message));
  const options = { db: args.db, reporter, signal: interrupt.signal };
  await using solving = await openSolveRun(recipe, options);
  const report = await askWithoutPaths(solving.ctx, solving.binding, {
    steps: listSelectedSteps(store, run.id, args),
    limit: args.limit,
    version: solving.version,
  });
  if (report.rollouts === 0)
    throw new UsageError(
      `run ${run.id} has no such rollouts with a fork and a right answer; see: parallel-r1 show ${run.id}`,
    );
  const { id, name } = run;
  if (args.json) printJson({ run: { id, name }, ...report });
  else for (const line of renderCredits({ id, name }, report)) printLine(line);
  return 0;
}

function readModel({ decodeMs, prefillRate, callMs, cacheBlock }: ReplayArgs): LatencyModel {
  return { decodeMs, prefillPerSecond: prefillRate, callMs, cacheBlock: cacheBlock === 0 ? null : cacheBlock };
}
