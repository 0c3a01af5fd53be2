import type { RunConfig } from '../config/schema.ts';

/**
 * `--quick`: a recipe of minutes or days made into one of seconds. The embedded model learns sums of two numbers instead
 * of up to four, and is good at them at the end. A model on servers of others goes through every stage with a handful of
 * problems and steps, which shows that all of it works and teaches it next to nothing.
 */

type Stage = RunConfig['stages'][number];
type StageOf<K extends Stage['kind']> = Extract<Stage, { kind: K }>;
type Sets = RunConfig['eval']['sets'];
type Problems = Sets[number]['problems'];

/** Shrinks a recipe. Sizes that are smaller already stay. */
export function shrinkRecipe(config: RunConfig): RunConfig {
  return config.engine.kind === 'embedded' ? shrinkTask(config) : shrinkStages(config);
}

/** Sizes of a quick run on servers of others. */
const FEW = { rows: 240, sftSteps: 40, rlSteps: 4, batchSize: 8, evalProblems: 20 } as const;

/** Every stage with little of everything. Gates and early ends are dropped, because such a run would not pass them. */
function shrinkStages(config: RunConfig): RunConfig {
  return {
    ...config,
    stages: config.stages.map(shrinkStage),
    eval: { ...config.eval, sets: config.eval.sets.map(shrinkSet) },
  };
}

function shrinkStage(stage: Stage): Stage {
  switch (stage.kind) {
    case 'cold-start':
      return { ...stage, problems: takeFew(stage.problems, FEW.rows) };
    case 'sft':
      return {
        ...stage,
        maxSteps: Math.min(stage.maxSteps, FEW.sftSteps),
        batchSize: Math.min(stage.batchSize, 2 * FEW.batchSize),
        until: null,
      };
    case 'rl':
      return {
        ...stage,
        problems: takeFew(stage.problems, FEW.rows),
        steps: Math.min(stage.steps, FEW.rlSteps),
        batchSize: Math.min(stage.batchSize, FEW.batchSize),
        minibatches: 1,
        gate: null,
        evalEvery: 0,
      };
    case 'eval':
      return { ...stage, sets: stage.sets.map(shrinkSet) };
  }
}

function shrinkSet(set: Sets[number]): Sets[number] {
  return { ...set, problems: takeFew(set.problems, FEW.evalProblems), samples: 1 };
}

/** The first problems of every reference, about `count` in all. */
function takeFew(refs: Problems, count: number): Problems {
  const each = Math.ceil(count / refs.length);
  return refs.map((ref) =>
    ref.kind === 'word-sums'
      ? { ...ref, count: Math.min(ref.count, each) }
      : { ...ref, limit: Math.min(ref.limit ?? each, each) },
  );
}

/** Sizes of a quick run on the embedded model. Of four seeds, all learned the task with them (docs/embedded-recipe.md). */
const TASK = {
  operands: 2,
  rows: 2400,
  sftSteps: 500,
  /** Supervised training ends at this accuracy, looked for from that step on: RL has something to improve then. */
  until: { everySteps: 50, fromStep: 250, minAccuracy: 0.4, problems: 100 },
  rlProblems: 640,
  rlSteps: 24,
  batchSize: 16,
  /** A step with fewer informative sequences is made in proportion, as in the whole recipe. */
  scaleByInformative: 64,
  evalProblems: 100,
  evalSamples: 2,
} as const;

/**
 * The whole way on an easier task. One RL stage and one held-out set are left: the others differ from them by problems that
 * are harder, and here all are alike.
 */
function shrinkTask(config: RunConfig): RunConfig {
  const firstRl = config.stages.find(({ kind }) => kind === 'rl');
  return {
    ...config,
    stages: config.stages.filter((stage) => stage.kind !== 'rl' || stage === firstRl).map(easeStage),
    eval: { ...config.eval, sets: easeSets(config.eval.sets) },
  };
}

function easeStage(stage: Stage): Stage {
  switch (stage.kind) {
    case 'cold-start':
      return { ...stage, problems: ease(stage.problems, TASK.rows) };
    case 'sft':
      return { ...stage, maxSteps: Math.min(stage.maxSteps, TASK.sftSteps), until: easeUntil(stage.until) };
    case 'rl':
      return {
        ...stage,
        problems: ease(stage.problems, TASK.rlProblems),
        steps: Math.min(stage.steps, TASK.rlSteps),
        batchSize: Math.min(stage.batchSize, TASK.batchSize),
        scaleByInformative: lowerOf(stage.scaleByInformative, TASK.scaleByInformative),
        gate: null,
        evalEvery: 0,
      };
    case 'eval':
      return { ...stage, sets: easeSets(stage.sets) };
  }
}

/** The lower of a setting and a size; a setting that is off stays so. */
function lowerOf(setting: number | null, size: number): number | null {
  return setting === null ? null : Math.min(setting, size);
}

function easeUntil(until: StageOf<'sft'>['until']): StageOf<'sft'>['until'] {
  const target = until?.targets[0];
  if (until == null || target === undefined) return null;
  const { everySteps, fromStep, minAccuracy, problems } = TASK.until;
  return { everySteps, fromStep, targets: [{ ...target, problems: ease(target.problems, problems), minAccuracy }] };
}

function easeSets(sets: Sets): Sets {
  return sets
    .slice(0, 1)
    .map((set) => ({ ...set, problems: ease(set.problems, TASK.evalProblems), samples: TASK.evalSamples }));
}

/** Of references to word sums the first, with fewer numbers to add; others as they are, with their first problems. */
function ease(refs: Problems, count: number): Problems {
  const kept = refs.filter((ref, index) => ref.kind !== 'word-sums' || index === 0);
  return takeFew(kept, count).map((ref) => (ref.kind === 'word-sums' ? { ...ref, level: TASK.operands } : ref));
}
