import type { RunConfig } from '../config/schema.ts';
import type { ProblemsRef, StageSpec } from '../core/curriculum.ts';
import type { ProblemSource } from '../ports/problem-source.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import { createProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';
import { findRowsRun, readSftFile, readSftTextsOf } from './sft-rows.ts';

/**
 * Reads every problem set and data file a configuration names, so that a missing file or a bad row is
 * reported now rather than hours later. `sources` are sets that come from no file. Throws `SourceError` and `UsageError`.
 */
export async function checkInputs(
  config: RunConfig,
  signal: AbortSignal,
  sources: readonly ProblemSource[] = [],
): Promise<void> {
  const resolver = createProblemResolver(listDatasetFolders(), signal, sources);
  const evaluated = config.stages.some(({ kind }) => kind === 'rl') ? config.eval.sets : [];
  const refs = [...config.stages.flatMap(listProblems), ...evaluated.flatMap(({ problems }) => problems)];
  const different = new Map(refs.filter(({ kind }) => kind !== 'word-sums').map((ref) => [JSON.stringify(ref), ref]));
  for await (const _problem of resolver.read([...different.values()]));
  for (const data of listForeignData(config)) if (findRowsRun(data) === null) readSftFile(data);
}

/** Reads the rows that other runs of the store hold. Throws `UsageError`. */
export function checkForeignRows(config: RunConfig, store: RunStore): void {
  for (const data of listForeignData(config)) if (findRowsRun(data) !== null) readSftTextsOf(store, data);
}

/** What SFT stages train on that no cold-start stage of the configuration produces. */
function listForeignData({ stages }: RunConfig): string[] {
  const own = new Set(stages.map(({ id }) => id));
  return stages.flatMap((stage) => (stage.kind === 'sft' && !own.has(stage.data) ? [stage.data] : []));
}

function listProblems(stage: StageSpec): readonly ProblemsRef[] {
  switch (stage.kind) {
    case 'cold-start':
      return stage.problems;
    case 'sft':
      return stage.until?.targets.flatMap(({ problems }) => problems) ?? [];
    case 'rl':
      return [...stage.problems, ...(stage.gate?.problems ?? [])];
    case 'eval':
      return stage.sets.flatMap(({ problems }) => problems);
  }
}
