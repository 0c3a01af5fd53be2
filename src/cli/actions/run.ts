import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { describeRecipe, listForecasts } from '../../app/describe-recipe.ts';
import { findRun } from '../../app/run-record.ts';
import { startRun } from '../../app/start-run.ts';
import type { PresetName } from '../../config/presets.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';
import { loadRecipe, type Recipe, type RecipeArgs, requireTakesWeights } from '../recipe/load-recipe.ts';
import { printRunReport } from '../render/print-run-report.ts';
import { selectReporter } from '../select-reporter.ts';
import { markChanges } from './config.ts';
import { writeEndReport } from './report.ts';

/** `run`: the whole recipe. */
export function startWholeRun(args: RecipeArgs): Promise<number> {
  return startRecipe(args, loadRecipe(args));
}

/**
 * Runs a recipe and prints its report; with `--dry-run` only says what it would do. `weightsOf` names a run whose last
 * weights it begins with. Returns the exit code.
 */
export async function startRecipe(
  args: RecipeArgs,
  { config, preset }: Recipe,
  weightsOf: string | null = null,
): Promise<number> {
  if (weightsOf !== null) requireTakesWeights(config, weightsOf);
  const plan = describeRecipe(config, preset);
  if (args.dryRun) {
    const forecasts = await listForecasts(config, args.db);
    if (args.json) printJson({ preset, config, plan, forecasts });
    else printLine(markChanges({ config, preset: preset as PresetName | null }));
    for (const line of [...plan, ...forecasts]) tell(args, line);
    return 0;
  }
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  for (const line of plan) reporter.info(line);
  const { db } = args;
  const { runId } = await startRun({ config, preset, db, parts: { reporter }, signal: interrupt.signal, weightsOf });
  tell(args, '');
  using store = openRunStore(db, { readonly: true });
  const run = findRun(store, runId);
  await printRunReport(store, run, args);
  await writeEndReport(store, run, config.run.report, args);
  return 0;
}
