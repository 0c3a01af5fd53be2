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
        describe: 'file of {gold, answer, id?, options?} per line ("-": stdin); one verdict per line out, in order',
        coerce: takeOne('jsonl'),
      })
      .option('mode', {
        choices: ['math', 'reference-dapo', 'reference-gsm8k'] as const,
        default: 'math' as const,
        describe: 'how answers are compared; the reference modes are for parity',
      })
      .option('policy', {
        type: 'string',
        requiresArg: true,
        default: [] as string[],
        defaultDescription: 'those of docs/verification.md',
        describe:
          'key=value, may be repeated: prefer=label|box|last, boxes=join-adjacent|last|join-all, percent=sign|strict|ignore, order=set|sequence, precision=0..15, rounding=strict|as-printed, fractions=value|reduced, simplify=value|trivial, units=absent-ok|ignore|strict, variables=named|positional, setFromRelation=false|true, base=strict|digits; the first value is the default (precision: 6)',
        coerce: (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat()),
      })
      .option('threads', {
        type: 'string',
        requiresArg: true,
        default: '1',
        describe: 'threads that judge the rows of --jsonl',
        coerce: (value: string | string[]): string => takeOne('threads')(value)!,
      })
      .example("$0 verify --gold '\\frac{1}{2}' --answer '0.5'", 'one comparison')
      .example('$0 verify --jsonl cases.jsonl --policy order=sequence', 'a file, the order of lists counts'),
  load: async () => (await import('../actions/verify-answers.ts')).verifyAnswers,
});
