import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** `export`: SFT rows of a run as a file. */
export const exportCommand = defineCommand({
  name: 'export [run]',
  describe: 'write the accepted rows of a run as messages, sharegpt, alpaca, trl, verl or text, with manifest and card',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'id of the run' })
      .option('format', {
        type: 'string',
        default: 'messages',
        requiresArg: true,
        describe: 'messages, sharegpt, alpaca, trl, verl (parquet), text',
        coerce: takeOne('format'),
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'file to write, or a folder',
        coerce: takeOne('out'),
      })
      .option('tokenizer-notes', {
        type: 'boolean',
        default: false,
        describe: 'print what a trainer must add for the tags; needs no run',
      }),
  load: async () => (await import('../actions/export-run.ts')).exportRun,
});
