import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findRun } from '../../app/find-run.ts';
import type { RunConfig } from '../../config/schema.ts';
import { readPathRange } from '../../core/curriculum.ts';
import type { LatencyModel } from '../../core/replay/latency-model.ts';
import { UsageError } from '../../errors.ts';
import type { RolloutPurpose } from '../../ports/run-store.ts';
import { collectReplay } from '../../report/collect-replay.ts';
import type { GlobalArgs } from '../define-command.ts';
import { printJson, printLine } from '../output.ts';
import { listPolicies, type PolicyOptions } from '../recipe/replay-policies.ts';
import { renderReplay } from '../render/render-replay.ts';
import { readWholeNumber } from '../whole-number.ts';

interface ReplayArgs extends GlobalArgs, PolicyOptions {
  readonly run: string | undefined;
  readonly purpose: RolloutPurpose | undefined;
  readonly stage: string | undefined;
  readonly forked: boolean;
  readonly decodeMs: string;
  readonly prefillRate: string;
  readonly callMs: string;
  readonly cacheBlock: string;
}

/** `replay`: needs the store and nothing else. */
export async function replayRun(args: ReplayArgs): Promise<number> {
  const model = readModel(args);
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  const paths = readPathRange((JSON.parse(run.configJson) as RunConfig).rollout.paths).max;
  const selection = { purpose: args.purpose, stage: args.stage, forkedOnly: args.forked };
  const report = collectReplay(store, run, selection, listPolicies(args, paths), model);
  if (args.json) printJson(report);
  else for (const line of renderReplay(report)) printLine(line);
  return 0;
}

function readModel({ decodeMs, prefillRate, callMs, cacheBlock }: ReplayArgs): LatencyModel {
  const block = readWholeNumber('cache-block', cacheBlock, 0, 65_536);
  return {
    decodeMs: readNumber('decode-ms', decodeMs, 0.001),
    prefillPerSecond: readNumber('prefill-rate', prefillRate, 0.001),
    callMs: readNumber('call-ms', callMs, 0),
    cacheBlock: block === 0 ? null : block,
  };
}

function readNumber(option: string, text: string, min: number): number {
  const value = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min) return value;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}; it must be a number from ${min}`);
}
