import { defineCommand } from '../define-command.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `run`: the whole curriculum. */
export const runCommand = defineCommand({
  name: 'run',
  describe: 'the whole curriculum: cold start, SFT, RL on easy and on hard problems; ends with a report',
  builder: (yargs) =>
    addRecipeOptions(yargs)
      .example('$0 run', 'train the embedded tiny model on this machine, no GPU needed')
      .example(
        '$0 run --preset seen --engine http://127.0.0.1:8000/v1 --trainer http://127.0.0.1:8001',
        'a vLLM and a trainer of yours',
      ),
  load: async () => (await import('../actions/start-run.ts')).startWholeRun,
});
