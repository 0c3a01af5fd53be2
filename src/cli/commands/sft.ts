import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `sft`: supervised training alone. */
export const sftCommand = defineCommand({
  name: 'sft',
  describe: 'supervised training alone, on a data set (--data) or on the rows of a run (--from)',
  builder: (yargs) =>
    addRecipeOptions(yargs)
      .option('data', {
        type: 'string',
        requiresArg: true,
        describe: 'JSONL file of {problem, answer, target}',
        coerce: takeOne('data'),
      })
      .option('from', {
        type: 'string',
        requiresArg: true,
        describe: 'run of this store whose cold-start rows are used',
        coerce: takeOne('from'),
      })
      .conflicts('data', 'from'),
  load: async () => (await import('../actions/start-run.ts')).startSft,
});
