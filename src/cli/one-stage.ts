import { resolve } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import type { EvalSet, KeepRule, ProblemsRef } from '../core/curriculum.ts';
import { UsageError } from '../errors.ts';
import { readWholeNumber } from './whole-number.ts';

/** Recipes of one stage alone, cut out of a whole one. */

type Stage = RunConfig['stages'][number];

/** What `generate` takes beyond the recipe; numbers are as typed. */
export interface ColdStartFlags {
  readonly problems?: string | undefined;
  readonly teacher?: string | undefined;
  readonly teacherModel?: string | undefined;
  readonly method?: 'prompt' | 'annotate' | undefined;
  readonly limit?: string | undefined;
  readonly samples?: string | undefined;
  readonly retry?: string | undefined;
  readonly budgetTokens?: string | undefined;
  readonly keep?: KeepRule | undefined;
}

/** The largest token budget. */
export const MAX_BUDGET_TOKENS = 999_999_999_999;

/** The cold-start stages. Without a teacher of its own the engine answers, as the model it serves. */
export function keepColdStart(config: RunConfig, flags: ColdStartFlags): RunConfig {
  const { problems, method, keep } = flags;
  const limit = readCount('limit', flags.limit, 1, 100_000_000);
  const samplesPerProblem = readCount('samples', flags.samples, 1, 1024);
  const retries = readCount('retry', flags.retry, 0, 1024);
  const budgetTokens = readCount('budget-tokens', flags.budgetTokens, 1, MAX_BUDGET_TOKENS);
  const stages = pickStages(config, 'cold-start').map((stage) => {
    const url = flags.teacher ?? stage.teacher.url;
    const ownModel = url === null && config.engine.kind !== 'embedded' ? config.engine.model : stage.teacher.model;
    return {
      ...stage,
      ...(problems === undefined ? {} : { problems: [toProblemsRef(problems)] }),
      ...(method === undefined ? {} : { method }),
      ...(limit === undefined ? {} : { limit }),
      ...(samplesPerProblem === undefined ? {} : { samplesPerProblem }),
      ...(retries === undefined ? {} : { retries }),
      ...(budgetTokens === undefined ? {} : { budgetTokens }),
      ...(keep === undefined ? {} : { keep }),
      teacher: { ...stage.teacher, url, model: flags.teacherModel ?? ownModel },
    };
  });
  return withStages(config, stages);
}

function readCount(option: string, text: string | undefined, min: number, max: number): number | undefined {
  return text === undefined ? undefined : readWholeNumber(option, text, min, max);
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

/** `my.jsonl` is a file, anything else a set in a datasets folder. */
function toProblemsRef(text: string): Extract<ProblemsRef, { kind: 'file' | 'set' }> {
  return text.endsWith('.jsonl')
    ? { kind: 'file', path: resolve(text), limit: null }
    : { kind: 'set', name: text, limit: null };
}

function pickStages<K extends Stage['kind']>(config: RunConfig, kind: K): Extract<Stage, { kind: K }>[] {
  const stages = config.stages.filter((stage): stage is Extract<Stage, { kind: K }> => stage.kind === kind);
  if (stages.length === 0) throw new UsageError(`the configuration has no ${kind} stage`);
  return stages;
}

function withStages(config: RunConfig, stages: readonly unknown[]): RunConfig {
  return { ...config, stages: stages as Stage[] };
}
