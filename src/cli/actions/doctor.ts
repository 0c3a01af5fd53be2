import { existsSync } from 'node:fs';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { examineServers, findScope, type Scope } from '../../app/examine-servers.ts';
import { requireRunnable } from '../../app/start-run.ts';
import { toCurriculumPlan } from '../../app/to-curriculum-plan.ts';
import { loadRunConfig } from '../../config/load.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { ProblemsRef } from '../../core/curriculum.ts';
import { describeLack, ENGINE_KINDS } from '../../core/engine-kinds.ts';
import { ParallelR1Error } from '../../errors.ts';
import { type Finding, toGood, toOwnFault } from '../../pipeline/doctor/finding.ts';
import { findMismatches } from '../../pipeline/doctor/warn-mismatch.ts';
import { type ArgsOf, GLOBAL_OPTIONS } from '../command.ts';
import type { doctorCommand } from '../commands/surroundings.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';
import { PRESET_FOR_ENGINES } from '../recipe/load-recipe.ts';
import { selectReporter } from '../select-reporter.ts';

type DoctorArgs = ArgsOf<typeof doctorCommand>;

/** `doctor`: exit code 1 when something fails, 2 (by its error) when there is nothing that could be examined. */
export async function doctor(args: DoctorArgs): Promise<number> {
  const config = loadConfig(args);
  const scope = findScope(config, isRecipeNamed(args) || args.teacherModel !== undefined);
  requireComplete(config, scope, args);
  using interrupt = listenForInterrupt((message) => tell(args, message));
  using reporter = selectReporter(args);
  const findings = [
    ...(scope.isWhole || isRecipeNamed(args) || args.db !== GLOBAL_OPTIONS.db.parser.default
      ? [lookAtStore(args.db)]
      : []),
    ...lookAtRecipe(config, scope, args),
    ...(await examineServers({
      config,
      scope,
      namedModels: findNamedModels(args, scope),
      reporter,
      signal: interrupt.signal,
    })),
  ];
  if (args.json) printJson(findings);
  else for (const finding of findings) printLine(describe(finding));
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}

/** Whether a whole recipe was named, rather than servers alone. */
function isRecipeNamed({ preset, config }: DoctorArgs): boolean {
  return preset !== undefined || config !== undefined;
}

/** A question for a teacher that is looked at for itself: no set of problems has to be on this machine. */
const QUESTION: ProblemsRef = { kind: 'word-sums', level: 'easy', split: 'train', count: 1, seed: 1 };

/** Keys that `--set` may give, or the objects they are in. */
const KEYS = {
  engineModel: /^engine(?:\.model)?$/,
  baseModel: /^trainer(?:\.baseModel)?$/,
  teacherModel: /^stages(?:\.[^.]+(?:\.teacher(?:\.model)?)?)?$/,
  problems: /^stages(?:\.[^.]+(?:\.problems.*)?)?$/,
} as const;

function loadConfig(args: DoctorArgs): RunConfig {
  const isServerNamed = args.engine !== undefined || args.trainer !== undefined || args.teacher.length > 0;
  const { config } = loadRunConfig({
    preset: isServerNamed && !isRecipeNamed(args) ? PRESET_FOR_ENGINES : args.preset,
    file: args.config,
    sets: args.set,
    overrides: args.overrides,
  });
  const needsQuestion =
    isServerNamed && !isRecipeNamed(args) && args.problems === undefined && !isSet(args, KEYS.problems);
  if (!needsQuestion) return config;
  const stages = config.stages.map((stage) =>
    stage.kind === 'cold-start' ? { ...stage, problems: [QUESTION] } : stage,
  );
  return { ...config, stages };
}

/** Whether `--set` gives a key, alone or with what it is part of. */
function isSet({ set }: DoctorArgs, key: RegExp): boolean {
  return set.some((assignment) => key.test(assignment.split('=')[0]!.trim()));
}

/** Names that were given; others are the preset's, which need not be those of the servers. */
function findNamedModels(args: DoctorArgs, { isWhole }: Scope) {
  const isAnyNamed = isWhole || isRecipeNamed(args);
  const engine = isAnyNamed || args.model !== undefined || isSet(args, KEYS.engineModel);
  return {
    engine,
    teacher: isAnyNamed || args.teacherModel !== undefined || isSet(args, KEYS.teacherModel),
    trainer: engine || isSet(args, KEYS.baseModel),
  };
}

/** Throws `UsageError` where what is examined could not be used by any run. What nobody asked about cannot be missing. */
function requireComplete(config: RunConfig, scope: Scope, args: DoctorArgs): void {
  const stages = config.stages.filter(({ kind }) => canTrain(config) || (kind !== 'sft' && kind !== 'rl'));
  const absent = {
    ...(scope.engine ? {} : { engine: 'not asked about' }),
    ...(scope.trainer ? {} : { trainer: 'not asked about' }),
    ...(scope.isWhole || args.teacherModel !== undefined ? {} : { teacher: 'not asked about' }),
  };
  requireRunnable({ ...config, stages }, absent);
}

function canTrain({ engine: { kind } }: RunConfig): boolean {
  return ENGINE_KINDS[kind].tokenIds;
}

/** What fits badly together in a recipe, and what the engine's kind cannot do at all. */
function lookAtRecipe(config: RunConfig, scope: Scope, args: DoctorArgs): Finding[] {
  const { kind } = config.engine;
  const untrainable = scope.engine && !canTrain(config) ? [`engine.kind ${kind} ${describeLack('tokenIds')}`] : [];
  const mismatches = scope.isWhole || isRecipeNamed(args) ? findMismatches(toCurriculumPlan(config)) : [];
  return [
    ...untrainable.map((detail) => toOwnFault('recipe', 'warn', 'cannot_train', detail)),
    ...mismatches.map(({ kind: fault, detail }) => toOwnFault('recipe', 'warn', fault, detail)),
  ];
}

function lookAtStore(db: string): Finding {
  if (!existsSync(db)) return toGood('store', `${db} will be created by the first run`);
  try {
    using store = openRunStore(db, { readonly: true });
    return toGood('store', `${store.file} holds ${store.listRuns().length} runs`);
  } catch (error) {
    if (!(error instanceof ParallelR1Error)) throw error;
    return toOwnFault('store', 'fail', 'store_unusable', error.message);
  }
}

/** One line for what was seen; a second one, indented, for what to do. */
function describe({ area, status, detail, fix }: Finding): string {
  const seen = `${status.padEnd(4)}  ${area.padEnd(9)}  ${detail}`;
  return fix === null ? seen : `${seen}\n${' '.repeat(17)}-> ${fix}`;
}
