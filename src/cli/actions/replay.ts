import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/run-record.ts';
import { parseStoredConfig } from '../../config/stored.ts';
import { readPathRange } from '../../core/curriculum.ts';
import type { LatencyModel } from '../../core/replay/latency-model.ts';
import { collectReplay } from '../../report/collect-replay.ts';
import type { ArgsOf } from '../command.ts';
import type { replayCommand } from '../commands/stored-runs.ts';
import { printJson, printLine } from '../output.ts';
import { listPolicies } from '../recipe/replay-policies.ts';
import { renderReplay } from '../render/render-replay.ts';

type ReplayArgs = ArgsOf<typeof replayCommand>;

/** `replay`: needs only the store. */
export async function replayRun(args: ReplayArgs): Promise<number> {
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

function readModel({ decodeMs, prefillRate, callMs, cacheBlock }: ReplayArgs): LatencyModel {
  return { decodeMs, prefillPerSecond: prefillRate, callMs, cacheBlock: cacheBlock === 0 ? null : cacheBlock };
}
