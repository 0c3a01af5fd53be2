import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `eval`: held-out figures. */
export const evalCommand = defineCommand({
  name: 'eval',
  describe: 'mean@k, pass@k, best@k and majority@k of the base model or of the weights a run ended with (--from)',
  builder: (yargs) =>
    addRecipeOptions(yargs)
      .option('from', {
        type: 'string',
        requiresArg: true,
        describe: 'run of this store whose weights are evaluated',
        coerce: takeOne('from'),
      })
      .option('problems', {
        type: 'string',
        requiresArg: true,
        describe:
          'JSONL file of {problem, answer}, or a set in a datasets folder; default: the held-out sets of the recipe',
        coerce: takeOne('problems'),
      })
      .option('samples', {
        type: 'string',
        requiresArg: true,
        describe: 'sampled answers per problem',
        coerce: takeOne('samples'),
      })
      .option('decoding', { choices: ['parallel', 'sequential'] as const, describe: 'default: that of the recipe' }),
  load: async () => (await import('../actions/start-run.ts')).startEval,
});
