import { defineCommand } from '../define-command.ts';

/** `show`: the report of one run. */
export const showCommand = defineCommand({
  name: 'show [run]',
  describe: 'the report of a run: stages, curves, held-out figures; default: the newest run',
  builder: (yargs) => yargs.positional('run', { type: 'string', describe: 'id of the run' }),
  load: async () => (await import('../actions/show-run.ts')).showRun,
});
