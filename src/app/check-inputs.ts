import type { RunConfig } from '../config/schema.ts';
import type { ProblemsRef, StageSpec } from '../core/curriculum.ts';
import type { RunStore } from '../ports/run-store.ts';
import { createProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';
import { findRowsRun, readSftFile, readSftTextsOf } from './sft-texts-of.ts';

/**
 * Reads every problem set and data file a configuration names, so that a missing file or a bad row is
 * told now and not hours later. Throws `SourceError` and `UsageError`.
 */
export async function checkInputs(config: RunConfig, signal: AbortSignal): Promise<void> {
  const resolver = createProblemResolver(listDatasetFolders(), signal);
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

/** Data of SFT stages that no cold-start stage of the configuration makes. */
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
