import { defineCommand } from '../define-command.ts';

/** `runs`: what the store holds. */
export const runsCommand = defineCommand({
  name: 'runs',
  describe: 'list the runs of the store, newest first',
  builder: (yargs) => yargs,
  load: async () => (await import('../actions/list-runs.ts')).listRuns,
});
