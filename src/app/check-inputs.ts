import type { RunConfig } from '../config/schema.ts';
import type { ProblemsRef, StageSpec } from '../core/curriculum.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { ProblemResolver } from '../problem-sets/resolve-problems.ts';
import { findRun } from './run-record.ts';
import { findRowsRun, nameRunRows, readSftFile, readSftTextsOf } from './sft-rows.ts';

/**
 * Reads every problem set and data file a configuration names, so that a missing file or a bad row is
 * reported now rather than hours later. Sets that a stage needs whole stay with the resolver, which the run goes on with;
 * those that a cold start streams are only counted. Throws `SourceError` and `UsageError`.
 */
export async function checkInputs(config: RunConfig, problems: ProblemResolver): Promise<void> {
  await problems.readAll(listFiles(listWhole(config)));
  await problems.count(listFiles(listStreamed(config)));
  for (const data of listForeignData(config)) if (findRowsRun(data) === null) readSftFile(data);
}

/** Every problem set that the stages of a configuration read, each once. */
export function listProblemRefs(config: RunConfig): readonly ProblemsRef[] {
  return listFiles([...listWhole(config), ...listStreamed(config)]);
}

function listWhole({ stages, eval: held }: RunConfig): ProblemsRef[] {
  const evaluated = stages.some(({ kind }) => kind === 'rl') ? held.sets : [];
  return [...stages.flatMap(listWholeSets), ...evaluated.flatMap((set) => set.problems)];
}

function listStreamed({ stages }: RunConfig): ProblemsRef[] {
  return stages.flatMap((stage) => (stage.kind === 'cold-start' ? stage.problems : []));
}

/**
 * Reads the rows that other runs of the store hold. Returns the configuration with those runs by their ids: names may be
 * given to further runs. Throws `UsageError`.
 */
export function settleForeignRows(config: RunConfig, store: RunStore): RunConfig {
  for (const data of listForeignData(config)) if (findRowsRun(data) !== null) readSftTextsOf(store, data);
  const stages = config.stages.map((stage) => {
    const wanted = stage.kind === 'sft' ? findRowsRun(stage.data) : null;
    return wanted === null ? stage : { ...stage, data: nameRunRows(findRun(store, wanted).id) };
  });
  return { ...config, stages };
}

/** What SFT stages train on that no cold-start stage of the configuration produces. */
export function listForeignData({ stages }: RunConfig): string[] {
  const own = new Set(stages.map(({ id }) => id));
  return stages.flatMap((stage) => (stage.kind === 'sft' && !own.has(stage.data) ? [stage.data] : []));
}

/** What is read from somewhere, each set once. */
function listFiles(refs: readonly ProblemsRef[]): readonly ProblemsRef[] {
  return [
    ...new Map(refs.filter(({ kind }) => kind !== 'word-sums').map((ref) => [JSON.stringify(ref), ref])).values(),
  ];
}

function listWholeSets(stage: StageSpec): readonly ProblemsRef[] {
  switch (stage.kind) {
    case 'cold-start':
      return [];
    case 'sft':
      return stage.until?.targets.flatMap(({ problems }) => problems) ?? [];
    case 'rl':
      return [...stage.problems, ...(stage.gate?.problems ?? [])];
    case 'eval':
      return stage.sets.flatMap(({ problems }) => problems);
  }
}
