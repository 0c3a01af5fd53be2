import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** `verify`: the answer verifier by hand. */
export const verifyCommand = defineCommand({
  name: 'verify',
  describe: 'compare an answer with a reference (--gold, --answer), or a JSONL of {gold, answer} (--jsonl)',
  builder: (yargs) =>
    yargs
      .option('gold', { type: 'string', requiresArg: true, describe: 'reference answer', coerce: takeOne('gold') })
      .option('answer', {
        type: 'string',
        requiresArg: true,
        describe: 'answer, or a whole response',
        coerce: takeOne('answer'),
      })
      .option('jsonl', {
        type: 'string',
        requiresArg: true,
        describe: 'file of {gold, answer, id?} per line ("-": stdin); one verdict per line out',
        coerce: takeOne('jsonl'),
      })
      .option('mode', {
        choices: ['math', 'reference-dapo', 'reference-gsm8k'] as const,
        default: 'math' as const,
        describe: 'how answers are compared; the reference modes are for parity',
      })
      .example("$0 verify --gold '\\frac{1}{2}' --answer '0.5'", 'one comparison'),
  load: async () => (await import('../actions/verify-answers.ts')).verifyAnswers,
});
