import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** `embedded serve`: the tiny engine and trainer as a server. */
export const embeddedCommand = defineCommand({
  name: 'embedded <what>',
  describe: 'serve: the tiny engine (vLLM interface) and trainer (Tinker API) as a server of its own',
  builder: (yargs) =>
    yargs
      .positional('what', { choices: ['serve'] as const, demandOption: true, describe: 'what to do' })
      .option('host', {
        type: 'string',
        default: '127.0.0.1',
        requiresArg: true,
        describe: 'address to listen on',
        coerce: takeOne('host'),
      })
      .option('port', {
        type: 'string',
        default: '8000',
        requiresArg: true,
        describe: 'port; 0: any free one',
        coerce: takeOne('port'),
      })
      .option('state-dir', {
        type: 'string',
        default: './embedded-state',
        requiresArg: true,
        describe: 'where checkpoints are kept',
        coerce: takeOne('state-dir'),
      })
      .option('threads', {
        type: 'string',
        default: '2',
        requiresArg: true,
        describe: 'worker threads; they change no result',
        coerce: takeOne('threads'),
      })
      .option('seed', {
        type: 'string',
        default: '7',
        requiresArg: true,
        describe: 'of the random initial weights',
        coerce: takeOne('seed'),
      })
      .epilogue('An API key is taken from EMBEDDED_API_KEY.'),
  load: async () => (await import('../actions/serve-embedded.ts')).serveEmbedded,
});
