import type { RunConfig } from '../config/schema.ts';
import { UsageError } from '../errors.ts';

/** Recipes cut from a whole one: one kind of stage alone. */

type Stage = RunConfig['stages'][number];

/** The cold-start stages. Throws `UsageError` when there is none, as do the other three. */
export function keepColdStart(config: RunConfig): RunConfig {
  return withStages(config, pickStages(config, 'cold-start'));
}

/** The whole recipe, with the engine's own model as the teacher of stages that name no teacher server. */
export function letEngineTeach(config: RunConfig): RunConfig {
  const { kind, model } = config.engine;
  if (kind === 'embedded') return config;
  const stages = config.stages.map((stage) =>
    stage.kind === 'cold-start' && stage.teacher.url === null
      ? { ...stage, teacher: { ...stage.teacher, model } }
      : stage,
  );
  return withStages(config, stages);
}

/** The first SFT stage: alone when its rows exist already (`hasRows`), otherwise with the cold-start stage that makes them. */
export function keepSft(config: RunConfig, hasRows: boolean): RunConfig {
  const [sft] = pickStages(config, 'sft');
  const { id, data } = sft!;
  return withStages(
    config,
    config.stages.filter((stage) => stage.id === id || (!hasRows && stage.id === data)),
  );
}

/** The RL stages, or the one of that id. */
export function keepRl(config: RunConfig, stageId: string | null = null): RunConfig {
  const all = pickStages(config, 'rl');
  const stages = stageId === null ? all : all.filter(({ id }) => id === stageId);
  if (stages.length > 0) return withStages(config, stages);
  throw new UsageError(`there is no RL stage "${stageId}"; known: ${all.map(({ id }) => id).join(', ')}`);
}

/** One evaluation of the held-out sets of the recipe. */
export function keepEval(config: RunConfig): RunConfig {
  const { sets } = config.eval;
  if (sets.length === 0)
    throw new UsageError('the configuration names no held-out sets: give --problems, or eval.sets');
  return withStages(config, [{ id: 'eval', kind: 'eval', sets }]);
}

/** Every evaluated set with a twin that is answered without forks. Throws `UsageError` where nothing forks anyway. */
export function pairSets(config: RunConfig): RunConfig {
  if (config.rollout.mode === 'sequential')
    throw new UsageError(
      '--sequential compares with answers that may fork, and rollout.mode is sequential: leave one out',
    );
  const stages = config.stages.map((stage) =>
    stage.kind === 'eval' ? { ...stage, sets: stage.sets.map((set) => ({ ...set, sequentialTwin: true })) } : stage,
  );
  return withStages(config, stages);
}

function pickStages<K extends Stage['kind']>(config: RunConfig, kind: K): Extract<Stage, { kind: K }>[] {
  const stages = config.stages.filter((stage): stage is Extract<Stage, { kind: K }> => stage.kind === kind);
  if (stages.length === 0) throw new UsageError(`the configuration has no ${kind} stage`);
  return stages;
}

function withStages(config: RunConfig, stages: readonly Stage[]): RunConfig {
  return { ...config, stages: [...stages] };
}
