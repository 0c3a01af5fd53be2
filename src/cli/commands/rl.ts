import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `rl`: reinforcement learning alone. */
export const rlCommand = defineCommand({
  name: 'rl',
  describe: 'the RL stages alone, from the base model or from the weights a run ended with (--from)',
  builder: (yargs) =>
    addRecipeOptions(yargs)
      .option('stage', {
        type: 'string',
        requiresArg: true,
        describe: 'id of the one RL stage to run; default: all of the recipe',
        coerce: takeOne('stage'),
      })
      .option('from', {
        type: 'string',
        requiresArg: true,
        describe: 'run of this store whose weights are taken',
        coerce: takeOne('from'),
      })
      .option('problems', {
        type: 'string',
        requiresArg: true,
        describe: 'JSONL file of {problem, answer}, or a set in a datasets folder',
        coerce: takeOne('problems'),
      }),
  load: async () => (await import('../actions/start-run.ts')).startRl,
});
