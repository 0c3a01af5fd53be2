import type { RunConfig } from '../../config/schema.ts';
import type { EvalSet, ProblemsRef, StageSpec } from '../../core/curriculum.ts';

/** Sizes of a quick run. */
const QUICK = { rows: 240, sftSteps: 40, rlSteps: 4, batchSize: 8, evalProblems: 20 } as const;

/**
 * The same recipe with few problems and few steps: every stage runs, nothing is learned to speak of.
 * Gates and early ends are left out, because nothing would pass them.
 */
export function shrinkRecipe(config: RunConfig): RunConfig {
  const shrunk = {
    ...config,
    stages: config.stages.map(shrinkStage),
    eval: { ...config.eval, sets: config.eval.sets.map(shrinkSet) },
  };
  return shrunk as RunConfig;
}

function shrinkStage(stage: StageSpec): StageSpec {
  switch (stage.kind) {
    case 'cold-start':
      return { ...stage, problems: takeFew(stage.problems, QUICK.rows) };
    case 'sft':
      return {
        ...stage,
        maxSteps: Math.min(stage.maxSteps, QUICK.sftSteps),
        batchSize: Math.min(stage.batchSize, 2 * QUICK.batchSize),
        until: null,
      };
    case 'rl': {
      const batchSize = Math.min(stage.batchSize, QUICK.batchSize);
      const problems = takeFew(stage.problems, QUICK.rows);
      return {
        ...stage,
        problems,
        steps: Math.min(stage.steps, QUICK.rlSteps),
        batchSize,
        minibatches: 1,
        gate: null,
        evalEvery: 0,
      };
    }
    case 'eval':
      return { ...stage, sets: stage.sets.map(shrinkSet) };
  }
}

function shrinkSet(set: EvalSet): EvalSet {
  return { ...set, problems: takeFew(set.problems, QUICK.evalProblems), samples: 1 };
}

/** The first problems of every reference, `count` of them in all or a few more. */
function takeFew(refs: readonly ProblemsRef[], count: number): ProblemsRef[] {
  const each = Math.ceil(count / refs.length);
  return refs.map((ref) =>
    ref.kind === 'word-sums'
      ? { ...ref, count: Math.min(ref.count, each) }
      : { ...ref, limit: Math.min(ref.limit ?? each, each) },
  );
}
