import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';
import { addRecipeOptions } from './recipe-options.ts';

/** `generate`: cold-start data alone. */
export const generateCommand = defineCommand({
  name: 'generate',
  describe: 'cold-start data: problems -> teacher -> checked and verified answers -> store; resumable',
  builder: (yargs) =>
    addRecipeOptions(yargs)
      .option('problems', {
        type: 'string',
        requiresArg: true,
        describe: 'JSONL file of {problem, answer}, or a set in a datasets folder; default: those of the recipe',
        coerce: takeOne('problems'),
      })
      .option('teacher', {
        type: 'string',
        requiresArg: true,
        describe: 'URL of the teacher; default: the engine',
        coerce: takeOne('teacher'),
      })
      .option('teacher-model', {
        type: 'string',
        requiresArg: true,
        describe: 'model of the teacher',
        coerce: takeOne('teacher-model'),
      })
      .option('samples', {
        type: 'string',
        requiresArg: true,
        describe: 'answers asked per problem',
        coerce: takeOne('samples'),
      })
      .example(
        '$0 generate --engine http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --problems my.jsonl',
        'a data set out of a local vLLM',
      ),
  load: async () => (await import('../actions/start-run.ts')).startColdStart,
});
