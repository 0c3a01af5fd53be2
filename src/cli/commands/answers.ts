import { LINT_CODES } from '../../core/format/format-report.ts';
import type { CommandSpec } from '../command.ts';
import { choice, count, flag, many, neededWord, one, text, words } from '../options.ts';
import { SERVER_OPTIONS } from './shared-options.ts';

/** Commands that produce one answer, and that judge answers from anywhere. */

/** `solve`: one question, shown live. */
export const solveCommand = {
  name: 'solve <question>',
  task: 'look',
  describe: 'answer one question and show the reasoning live: main, paths side by side, summary, answer',
  options: {
    question: neededWord('the question, in quotes', text),
    ...SERVER_OPTIONS,
    from: one(
      'run of this store (id or name) whose weights answer; default without a server: the newest finished one',
      text,
    ),
    answer: one('reference to verify the answer against', text),
    sequential: flag('answer once more without forks, and compare'),
  },
  examples: [
    ['$0 solve "Dan has 18 keys, then makes 31. How many in all?"', 'the built-in model, trained by `run`'],
    ['$0 solve "What is 17 * 24?" --engine http://127.0.0.1:8000/v1 --model ./my-model', 'a model on vLLM'],
  ],
  epilogue: 'Sampling is as in evaluations (eval.temperature, eval.topP, run.seed); nothing is stored.',
} as const satisfies CommandSpec;

/** `check`: the format checker on files. */
export const checkCommand = {
  name: 'check <files..>',
  task: 'judge',
  describe: 'check the format of responses, in text or JSONL ("-": stdin), and print violations with code and offset',
  options: {
    files: words('text files, or JSONL with text, target, output, completion or answer'),
    mode: one('which checker judges', choice(['strict', 'reference', 'algorithm1']), 'strict'),
    promote: many('a lint that makes a response invalid; may be repeated', choice(LINT_CODES), 'none'),
    as: one('how files are read; auto goes by their name and first line', choice(['auto', 'text', 'jsonl']), 'auto'),
  },
  examples: [
    ['$0 check answers.jsonl --json', 'one JSON object per response'],
    ['$0 check a.txt --promote lookalike_tag', 'invalid where a tag is misspelt'],
  ],
} as const satisfies CommandSpec;

/** `verify`: the answer verifier by hand. */
export const verifyCommand = {
  name: 'verify',
  task: 'judge',
  describe: 'compare an answer with a reference (--gold, --answer), or a JSONL of {gold, answer} (--jsonl)',
  options: {
    gold: one('reference answer', text),
    answer: one('answer, or a whole response', text),
    jsonl: one('file of {gold, answer, id?, options?} per line ("-": stdin); one verdict per line out, in order', text),
    mode: one(
      'how answers are compared; the reference modes reproduce the rules of the reference',
      choice(['math', 'reference-dapo', 'reference-gsm8k']),
      'math',
    ),
    policy: many(
      'key=value, may be repeated: prefer=label|box|last, boxes=join-adjacent|last|join-all, percent=sign|strict|ignore, order=set|sequence, precision=0..15, rounding=strict|as-printed, fractions=value|reduced, simplify=value|trivial, units=absent-ok|ignore|strict, variables=named|positional, setFromRelation=false|true, base=strict|digits; the first value is the default (precision: 6)',
      text,
      'those of docs/verification.md',
    ),
    threads: one('threads that judge the rows of --jsonl', count(1, 64), 1),
  },
  examples: [
    ["$0 verify --gold '\\frac{1}{2}' --answer '0.5'", 'one comparison'],
    ['$0 verify --jsonl cases.jsonl --policy order=sequence', 'a file, where the order of lists counts'],
  ],
  epilogue:
    'Exit code 1 when --answer is not correct. With --jsonl 0 says that every row was judged; the verdicts are in the rows.',
} as const satisfies CommandSpec;
