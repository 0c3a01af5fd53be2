import { resolve } from 'node:path';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { describeRecipe } from '../../app/describe-recipe.ts';
import { executeNewRun } from '../../app/execute-run.ts';
import { findRun } from '../../app/find-run.ts';
import { listForecasts } from '../../app/list-forecasts.ts';
import { nameRunRows } from '../../app/sft-texts-of.ts';
import type { RunConfig } from '../../config/schema.ts';
import { writeYaml } from '../../config/write-yaml.ts';
import type { RecipeArgs } from '../commands/recipe-options.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';
import { readUrl } from '../read-url.ts';
import { checkTakesWeights } from '../recipe/check-takes-weights.ts';
import type { ColdStartFlags } from '../recipe/cold-start-flags.ts';
import { loadRecipe, type Recipe } from '../recipe/load-recipe.ts';
import { keepColdStart, keepEval, keepRl, keepSft } from '../recipe/one-stage.ts';
import { printRunReport } from '../render/print-run-report.ts';
import { selectReporter } from '../select-reporter.ts';
import { previewColdStart } from './preview-cold-start.ts';

/** `run`: the whole recipe. */
export function startWholeRun(args: RecipeArgs): Promise<number> {
  return start(args, loadRecipe(args));
}

type GenerateArgs = RecipeArgs & Required<ColdStartFlags> & { readonly preview: string | undefined };

/** `generate`: its cold-start stages. */
export function startColdStart(args: GenerateArgs): Promise<number> {
  const { preview } = args;
  const flags = preview === undefined ? args : { ...args, limit: preview };
  const recipe = isTeacherAlone(args)
    ? loadRecipe(nameStudent(args), (config) => keepColdStart(letTeacherStandIn(config, args), flags))
    : loadRecipe(args, (config) => keepColdStart(config, flags));
  if (preview === undefined || args.dryRun) return start(args, recipe);
  return previewColdStart(recipe.config, args);
}

/**
 * Where only a teacher is named it stands for the student too, as a server that chats: the built-in student, whose
 * vocabulary is word sums, would refuse every answer as untokenizable.
 */
function isTeacherAlone({ teacher = [], preset, config, engine }: GenerateArgs): boolean {
  return teacher.length > 0 && preset === undefined && config === undefined && engine === undefined;
}

function nameStudent(args: GenerateArgs): GenerateArgs {
  const set = ['engine.kind=openai', ...args.set];
  return { ...args, engine: readUrl('teacher', args.teacher![0]!), model: args.model ?? args.teacherModel, set };
}

/** All servers of the teacher, under its key. */
function letTeacherStandIn(config: RunConfig, { teacher = [] }: GenerateArgs): RunConfig {
  const keys = config.stages.flatMap((stage) => (stage.kind === 'cold-start' ? [stage.teacher.apiKeyEnv] : []));
  const apiKeyEnv = config.engine.apiKeyEnv ?? keys[0] ?? null;
  return { ...config, engine: { ...config.engine, urls: [...teacher], apiKeyEnv } };
}

interface SftArgs extends RecipeArgs {
  readonly data: string | undefined;
  readonly from: string | undefined;
}

/** `sft`: its SFT stage. */
export function startSft(args: SftArgs): Promise<number> {
  const { data, from } = args;
  const rows = data !== undefined ? resolve(data) : from !== undefined ? nameRunRows(from) : null;
  return start(
    args,
    loadRecipe(args, (config) => keepSft(config, rows)),
  );
}

interface RlArgs extends RecipeArgs {
  readonly stage: string | undefined;
  readonly from: string | undefined;
  readonly problems: string | undefined;
}

/** `rl`: its RL stages. */
export function startRl(args: RlArgs): Promise<number> {
  return start(
    args,
    loadRecipe(args, (config) => keepRl(config, args)),
    args.from,
  );
}

interface EvalArgs extends RecipeArgs {
  readonly from: string | undefined;
  readonly problems: string | undefined;
  readonly samples: string | undefined;
  readonly decoding: 'parallel' | 'sequential' | undefined;
}

/** `eval`: one evaluation. */
export function startEval(args: EvalArgs): Promise<number> {
  return start(
    args,
    loadRecipe(args, (config) => keepEval(config, args)),
    args.from,
  );
}

async function start(args: RecipeArgs, { config, preset }: Recipe, weightsOf: string | null = null): Promise<number> {
  if (weightsOf !== null) checkTakesWeights(config);
  const plan = describeRecipe(config, preset);
  if (args.dryRun) {
    const forecasts = await listForecasts(config, args.db);
    if (args.json) printJson({ preset, config, plan, forecasts });
    else printLine(writeYaml(config).trimEnd());
    for (const line of [...plan, ...forecasts]) tell(args, line);
    return 0;
  }
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  for (const line of plan) reporter.info(line);
  const runId = await executeNewRun(config, preset, { db: args.db, reporter, signal: interrupt.signal, weightsOf });
  tell(args, '');
  using store = openRunStore(args.db, { readonly: true });
  await printRunReport(store, findRun(store, runId), args);
  return 0;
}
