import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';
import { addServerOptions } from './recipe-options.ts';

/** `solve`: one question, shown live. */
export const solveCommand = defineCommand({
  name: 'solve <question>',
  describe: 'answer one question and show the thought live: main, paths side by side, summary, answer',
  builder: (yargs) =>
    addServerOptions(yargs)
      .positional('question', { type: 'string', demandOption: true, describe: 'the question, in quotes' })
      .option('from', {
        type: 'string',
        requiresArg: true,
        describe: 'run of this store whose weights answer; default without a server: the newest finished one',
        coerce: takeOne('from'),
      })
      .option('answer', {
        type: 'string',
        requiresArg: true,
        describe: 'reference answer: the answer is verified against it',
        coerce: takeOne('answer'),
      })
      .option('sequential', {
        type: 'boolean',
        default: false,
        describe: 'answer once more without forks, and compare',
      })
      .example('$0 solve "Dan has 18 keys, then makes 31. How many in all?"', 'the built-in model, trained by `run`')
      .example('$0 solve "What is 17 * 24?" --engine http://127.0.0.1:8000/v1 --model ./my-model', 'a model on vLLM')
      .epilogue('Sampling is as in evaluations (eval.temperature, eval.topP, run.seed); nothing is stored.'),
  load: async () => (await import('../actions/solve-question.ts')).solveQuestion,
});
