import type { RunConfig } from '../config/schema.ts';
import { ParallelR1Error } from '../errors.ts';
import { type Evaluation, measureEvaluation } from '../pipeline/evaluate/measure-evaluation.ts';
import type { RunRecord, RunStore } from '../ports/run-store.ts';
import { createProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';

/**
 * Full figures of a run's evaluation stages, from the stored rollouts. The groups of a stage are those
 * of its sets one after another, so that the sets must be readable; where they no longer are, there
 * are no figures.
 */
export async function collectEvaluations(store: RunStore, run: RunRecord): Promise<Evaluation[]> {
  const config = JSON.parse(run.configJson) as RunConfig;
  const { readAll: problemsOf } = createProblemResolver(listDatasetFolders(), new AbortController().signal);
  const evaluations: Evaluation[] = [];
  for (const [stageIndex, stage] of config.stages.entries()) {
    if (stage.kind !== 'eval') continue;
    const rollouts = store.loadRollouts(run.id, stageIndex, 'eval', 0);
    let from = 0;
    for (const set of stage.sets) {
      const count = await problemsOf(set.problems).then(({ length }) => length, ignoreUnreadable);
      if (count === null) return evaluations;
      const own = rollouts.filter(({ group }) => group >= from && group < from + count);
      if (own.length > 0) evaluations.push(measureEvaluation(set.name, own, config.run.seed));
      from += count;
    }
  }
  return evaluations;
}

function ignoreUnreadable(error: unknown): null {
  if (error instanceof ParallelR1Error) return null;
  throw error;
}
