import { keepEval, keepRl, keepSft } from '../../app/cut-recipe.ts';
import type { ArgsOf } from '../command.ts';
import type { evalCommand, rlCommand, sftCommand } from '../commands/training.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { startRecipe } from './run.ts';

/** Commands that run one stage of a recipe alone; like `run` they may begin with the weights of another run. */

/** `sft`: supervised training. */
export function startSft(args: ArgsOf<typeof sftCommand>): Promise<number> {
  const hasRows = args.data !== undefined || args.from !== undefined;
  const recipe = loadRecipe(args, (config) => keepSft(config, hasRows));
  return startRecipe(args, recipe);
}

/** `rl`: reinforcement learning. */
export function startRl(args: ArgsOf<typeof rlCommand>): Promise<number> {
  const recipe = loadRecipe(args, (config) => keepRl(config, args.stage ?? null));
  return startRecipe(args, recipe, args.from);
}

/** `eval`: one evaluation. */
export function startEval(args: ArgsOf<typeof evalCommand>): Promise<number> {
  return startRecipe(args, loadRecipe(args, keepEval), args.from);
}
