import { keepEval, keepRl, keepSft, pairSets } from '../../app/cut-recipe.ts';
import type { ArgsOf } from '../command.ts';
import type { evalCommand, rlCommand, sftCommand } from '../commands/training.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { scoreCompletions } from './eval-completions.ts';
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

/** `eval`: one evaluation of all sets, or figures of completions that are there already. */
export async function startEval(args: ArgsOf<typeof evalCommand>): Promise<number> {
  if (args.fromJsonl.length > 0) return scoreCompletions(args);
  const recipe = loadRecipe(args, (config) => (args.sequential ? pairSets(keepEval(config)) : keepEval(config)));
  return startRecipe(args, recipe, args.from);
}
