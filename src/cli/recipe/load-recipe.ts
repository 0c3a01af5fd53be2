import { shrinkRecipe } from '../../app/shrink-recipe.ts';
import { requireRunnable, requireTrainerOf } from '../../app/start-run.ts';
import { loadRunConfig } from '../../config/load.ts';
import type { RunConfig } from '../../config/schema.ts';
import { describeLack, ENGINE_KINDS } from '../../core/engine-kinds.ts';
import { UsageError } from '../../errors.ts';
import type { GlobalArgs } from '../command.ts';
import type { RecipeValues, ServerValues } from '../commands/shared-options.ts';

/** Arguments of every command that loads a recipe; what sets keys of the configuration is among `overrides` already. */
export type ServerArgs = GlobalArgs & Omit<ServerValues, 'seed'>;

/** Arguments of every command that starts a run. */
export type RecipeArgs = GlobalArgs & RecipeValues;

/** A configuration with the name of the preset it began from. */
export interface Recipe {
  readonly config: RunConfig;
  readonly preset: string | null;
}

/** The preset when an engine is named but neither preset nor file: the embedded recipe fits only the embedded model. */
export const PRESET_FOR_ENGINES = 'parallel';

/**
 * Resolves what the flags ask for and lets `adapt` turn it into the command's own recipe. Where `stored`, the recipe of
 * a run, is given, the flags are laid over it. Throws `UsageError` for a fault in the configuration, and for what is
 * missing to run it.
 */
export function loadRecipe(
  args: ServerArgs & { readonly quick?: boolean },
  adapt: (config: RunConfig) => RunConfig = (config) => config,
  stored: Recipe | null = null,
): Recipe {
  const needsOwnPreset = args.preset === undefined && args.config === undefined && args.engine !== undefined;
  const loaded = loadRunConfig({
    preset: stored?.preset ?? (needsOwnPreset ? PRESET_FOR_ENGINES : args.preset),
    stored: stored?.config,
    file: args.config,
    sets: args.set,
    overrides: args.overrides,
  });
  const adapted = adapt(loaded.config);
  const config = args.quick === true ? shrinkRecipe(adapted) : adapted;
  requireRunnable(config, {});
  return { config, preset: loaded.preset };
}

/**
 * Throws `UsageError`, before anything is connected, when the engine cannot load the weights of another run, or when none
 * but the trainer of that run has them and it is not named.
 */
export function requireTakesWeights(config: RunConfig, runId: string | null = null): void {
  const { kind } = config.engine;
  if (!ENGINE_KINDS[kind].loadWeights)
    throw new UsageError(`engine.kind: ${kind} ${describeLack('loadWeights', ', which --from needs')}`);
  if (runId !== null) requireTrainerOf(config, runId);
}
