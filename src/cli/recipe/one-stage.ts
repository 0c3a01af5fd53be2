import type { RunConfig } from '../../config/schema.ts';
import type { EvalSet } from '../../core/curriculum.ts';
import { UsageError } from '../../errors.ts';
import { toProblemsRef } from '../to-problems-ref.ts';
import { readWholeNumber } from '../whole-number.ts';
import { applyColdStartFlags, type ColdStartFlags } from './cold-start-flags.ts';

/** Recipes of one stage alone, cut out of a whole one. */

type Stage = RunConfig['stages'][number];

/** The whole recipe, its cold-start stages as the flags want them. */
export function withTeacher(config: RunConfig, flags: ColdStartFlags): RunConfig {
  const ownModel = config.engine.kind === 'embedded' ? null : config.engine.model;
  const stages = config.stages.map((stage) =>
    stage.kind === 'cold-start' ? applyColdStartFlags(stage, flags, ownModel) : stage,
  );
  return withStages(config, stages);
}

/** The cold-start stages. Without a teacher of its own the engine answers, as the model it serves. */
export function keepColdStart(config: RunConfig, flags: ColdStartFlags): RunConfig {
  return withTeacher(withStages(config, pickStages(config, 'cold-start')), flags);
}

/** The first SFT stage, on the rows that `data` names; without it on those of the cold-start stages before, which then run too. */
export function keepSft(config: RunConfig, data: string | null): RunConfig {
  const [sft] = pickStages(config, 'sft');
  if (data !== null) return withStages(config, [{ ...sft!, data }]);
  return withStages(
    config,
    config.stages.filter((stage) => stage.id === sft!.data || stage.id === sft!.id),
  );
}

/** The RL stages, or the one of that id. */
export function keepRl(
  config: RunConfig,
  flags: { readonly stage?: string | undefined; readonly problems?: string | undefined },
): RunConfig {
  const all = pickStages(config, 'rl');
  const stages = flags.stage === undefined ? all : all.filter(({ id }) => id === flags.stage);
  if (stages.length === 0) {
    throw new UsageError(`there is no RL stage "${flags.stage}"; known: ${all.map(({ id }) => id).join(', ')}`);
  }
  const { problems } = flags;
  return withStages(
    config,
    problems === undefined ? stages : stages.map((stage) => ({ ...stage, problems: [toProblemsRef(problems)] })),
  );
}

/** One evaluation of the recipe's held-out sets, or of one set of problems. */
export function keepEval(
  config: RunConfig,
  flags: {
    readonly problems?: string | undefined;
    readonly samples?: string | undefined;
    readonly decoding?: 'parallel' | 'sequential' | undefined;
  },
): RunConfig {
  const own: EvalSet[] | null =
    flags.problems === undefined ? null : [{ name: 'problems', problems: [toProblemsRef(flags.problems)], samples: 1 }];
  const samples = flags.samples === undefined ? null : readWholeNumber('samples', flags.samples, 1, 1024);
  const sets = (own ?? config.eval.sets).map((set) => (samples === null ? set : { ...set, samples }));
  if (sets.length === 0)
    throw new UsageError('the configuration names no held-out sets: give --problems, or eval.sets');
  const rollout = flags.decoding === undefined ? config.rollout : { ...config.rollout, mode: flags.decoding };
  return withStages({ ...config, rollout }, [{ id: 'eval', kind: 'eval', sets } as Stage]);
}

function pickStages<K extends Stage['kind']>(config: RunConfig, kind: K): Extract<Stage, { kind: K }>[] {
  const stages = config.stages.filter((stage): stage is Extract<Stage, { kind: K }> => stage.kind === kind);
  if (stages.length === 0) throw new UsageError(`the configuration has no ${kind} stage`);
  return stages;
}

function withStages(config: RunConfig, stages: readonly unknown[]): RunConfig {
  return { ...config, stages: stages as Stage[] };
}
