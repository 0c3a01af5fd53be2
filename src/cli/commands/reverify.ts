import { defineCommand } from '../define-command.ts';

/** `reverify`: stored answers judged anew. */
export const reverifyCommand = defineCommand({
  name: 'reverify <run>',
  describe: 'judge the stored answers of a run with this version of the verifier and show which verdicts change',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true, describe: 'id of the run' })
      .option('apply', {
        type: 'boolean',
        default: false,
        describe: 'write the new verdicts and the rewards that follow from them; what they replace is kept',
      })
      .example('$0 reverify 20261124-101500-ab12', 'what would change'),
  load: async () => (await import('../actions/reverify-run.ts')).reverifyRun,
});
