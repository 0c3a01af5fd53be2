import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';
import { addRecipeOptions } from './recipe-options.ts';
import { addTeacherOptions } from './teacher-options.ts';

/** `generate`: cold-start data alone. */
export const generateCommand = defineCommand({
  name: 'generate',
  describe: 'cold-start data: problems -> teacher -> checked and verified answers -> store; resumable',
  builder: (yargs) =>
    addTeacherOptions(addRecipeOptions(yargs))
      .option('method', {
        choices: ['prompt', 'annotate'] as const,
        requiresArg: true,
        describe: 'annotate: the teacher puts blocks into its own verified solutions; for hard problems',
      })
      .option('limit', {
        type: 'string',
        requiresArg: true,
        describe: 'take only the first so many problems',
        coerce: takeOne('limit'),
      })
      .option('samples', {
        type: 'string',
        requiresArg: true,
        describe: 'answers asked per problem',
        coerce: takeOne('samples'),
      })
      .option('retry', {
        type: 'string',
        requiresArg: true,
        describe: 'further rounds of answers, with other seeds, for problems without an accepted one',
        coerce: takeOne('retry'),
      })
      .option('retry-temperature', {
        type: 'string',
        requiresArg: true,
        describe: "sampling temperature of those rounds; default: the teacher's",
        coerce: takeOne('retry-temperature'),
      })
      .option('budget-tokens', {
        type: 'string',
        requiresArg: true,
        describe: 'stop once prompts and answers took so many tokens; resume --budget-tokens MORE goes on',
        coerce: takeOne('budget-tokens'),
      })
      .option('budget-usd', {
        type: 'string',
        requiresArg: true,
        describe: 'stop once they cost so many US dollars, by teacher.prices of the configuration',
        coerce: takeOne('budget-usd'),
      })
      .option('preview', {
        type: 'string',
        requiresArg: true,
        describe: 'ask about so many problems only, show prompt, answer and judgement of each, and store nothing',
        coerce: takeOne('preview'),
      })
      .option('keep', {
        choices: ['first', 'shortest', 'diverse'] as const,
        requiresArg: true,
        describe: 'which accepted answers of a problem become rows; diverse: whose paths differ most [default: first]',
      })
      .option('rows-per-problem', {
        type: 'string',
        requiresArg: true,
        describe: 'how many accepted answers of a problem become rows, at most [default: 1]',
        coerce: takeOne('rows-per-problem'),
      })
      .example(
        '$0 generate --engine http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --problems my.jsonl',
        'a data set out of a local vLLM',
      ),
  load: async () => (await import('../actions/start-run.ts')).startColdStart,
});
