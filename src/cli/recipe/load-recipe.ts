import { checkRunnable, describeConfigFault } from '../../config/check-runnable.ts';
import { type ConfigOverride, loadRunConfig } from '../../config/load.ts';
import type { RunConfig } from '../../config/schema.ts';
import { UsageError } from '../../errors.ts';
import type { ServerArgs } from '../commands/recipe-options.ts';
import { shrinkRecipe } from './shrink-recipe.ts';

/** A configuration with the name of the preset it began from. */
export interface Recipe {
  readonly config: RunConfig;
  readonly preset: string | null;
}

/** `quick` makes the recipe a small one. */
type LoadArgs = ServerArgs & { readonly quick?: boolean };

/** Preset an engine of one's own is meant for when neither preset nor file is named: the embedded recipe fits its own model only. */
const PRESET_FOR_ENGINES = 'seen';

/**
 * Resolves what the flags ask for and lets `adapt` make a command's own recipe of it. The flags lie over
 * `stored`, the recipe of a run, where one is given. Throws `UsageError` for a fault of the
 * configuration, and for what is missing to run it.
 */
export function loadRecipe(
  args: LoadArgs,
  adapt: (config: RunConfig) => RunConfig = (config) => config,
  stored: Recipe | null = null,
): Recipe {
  const needsOwnPreset = args.preset === undefined && args.config === undefined && args.engine !== undefined;
  const loaded = loadRunConfig({
    preset: stored?.preset ?? (needsOwnPreset ? PRESET_FOR_ENGINES : args.preset),
    stored: stored?.config,
    file: args.config,
    sets: args.set,
    overrides: listOverrides(args),
  });
  const adapted = adapt(loaded.config);
  const config = args.quick === true ? shrinkRecipe(adapted) : adapted;
  const faults = checkRunnable(config).map(describeConfigFault);
  if (faults.length === 1) throw new UsageError(faults[0]!);
  if (faults.length > 1)
    throw new UsageError(['this cannot be run yet:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
  return { config, preset: loaded.preset };
}

function listOverrides({ engine, trainer, model, seed }: ServerArgs): ConfigOverride[] {
  const overrides: ConfigOverride[] = [];
  if (engine !== undefined) overrides.push({ flag: '--engine', path: 'engine.urls', value: [engine] });
  if (trainer !== undefined) overrides.push({ flag: '--trainer', path: 'trainer.url', value: trainer });
  if (model !== undefined) overrides.push({ flag: '--model', path: 'engine.model', value: model });
  if (seed !== undefined)
    overrides.push({ flag: '--seed', path: 'run.seed', value: /^\d+$/.test(seed) ? Number(seed) : seed });
  return overrides;
}
