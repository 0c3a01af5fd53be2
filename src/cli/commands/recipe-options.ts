import type { Argv } from 'yargs';
import type { GlobalArgs } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** Options of every command that reaches servers: which recipe, and where engine and trainer are. */
export function addServerOptions(yargs: Argv<GlobalArgs>) {
  return yargs
    .option('preset', {
      type: 'string',
      requiresArg: true,
      describe: 'recipe: embedded, seen, unseen-s1, unseen-s2, scaffold, sequential [default: embedded]',
      coerce: takeOne('preset'),
    })
    .option('engine', {
      type: 'string',
      requiresArg: true,
      describe: 'inference server, for instance http://127.0.0.1:8000/v1 (vLLM); default: the embedded one',
      coerce: takeOne('engine'),
    })
    .option('trainer', {
      type: 'string',
      requiresArg: true,
      describe: 'Tinker-API trainer, for instance http://127.0.0.1:8001; default: the embedded one',
      coerce: takeOne('trainer'),
    })
    .option('model', {
      type: 'string',
      requiresArg: true,
      describe: 'model as the server names it',
      coerce: takeOne('model'),
    })
    .option('seed', {
      type: 'string',
      requiresArg: true,
      describe: 'every seed of the run derives from it',
      coerce: takeOne('seed'),
    });
}

/** Options of every command that starts a run. */
export function addRecipeOptions(yargs: Argv<GlobalArgs>) {
  return addServerOptions(yargs)
    .option('quick', {
      type: 'boolean',
      default: false,
      describe: 'a small version of the recipe: minutes become seconds',
    })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'print the resolved configuration and what would be done',
    });
}

/** What `addServerOptions` parses to. */
export interface ServerArgs extends GlobalArgs {
  readonly preset: string | undefined;
  readonly engine: string | undefined;
  readonly trainer: string | undefined;
  readonly model: string | undefined;
  readonly seed: string | undefined;
}

/** What `addRecipeOptions` parses to. */
export interface RecipeArgs extends ServerArgs {
  readonly quick: boolean;
  readonly dryRun: boolean;
}
