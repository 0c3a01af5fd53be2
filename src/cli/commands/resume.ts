import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** `resume`: continue a run from the store. */
export const resumeCommand = defineCommand({
  name: 'resume [run]',
  describe: 'continue a run after Ctrl-C, a crash, kill -9 or power loss; default: the last unfinished one',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'id of the run' })
      .option('engine', {
        type: 'string',
        requiresArg: true,
        describe: 'the server moved: its new URL',
        coerce: takeOne('engine'),
      })
      .option('trainer', {
        type: 'string',
        requiresArg: true,
        describe: 'the trainer moved: its new URL',
        coerce: takeOne('trainer'),
      })
      .option('budget-tokens', {
        type: 'string',
        requiresArg: true,
        describe: 'cold start: stop once prompts and answers took so many tokens, earlier ones included',
        coerce: takeOne('budget-tokens'),
      })
      .option('budget-usd', {
        type: 'string',
        requiresArg: true,
        describe: 'cold start: stop once they cost so many US dollars, earlier ones included',
        coerce: takeOne('budget-usd'),
      }),
  load: async () => (await import('../actions/resume-run.ts')).resumeRun,
});
