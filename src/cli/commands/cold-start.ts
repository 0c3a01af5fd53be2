import type { CommandSpec } from '../command.ts';
import { choice, count, decimal, flag, forKey, one, text, word } from '../options.ts';
import { BUDGET_OPTIONS, COLD_START, RECIPE_OPTIONS, TEACHER_OPTIONS } from './shared-options.ts';

/** Commands that make cold-start data and write it out. */

/** `generate`: cold-start data. */
export const generateCommand = {
  name: 'generate',
  task: 'data',
  describe: 'cold-start data: problems -> teacher -> checked and verified answers -> store; resumable',
  options: {
    ...RECIPE_OPTIONS,
    ...TEACHER_OPTIONS,
    method: forKey(
      `${COLD_START}.method`,
      one(
        'annotate: the teacher puts blocks into its own verified solutions; for hard problems',
        choice(['prompt', 'annotate']),
      ),
    ),
    limit: forKey(`${COLD_START}.limit`, one('take only the first N problems', count(1))),
    samples: forKey(`${COLD_START}.samplesPerProblem`, one('answers asked per problem', count(1))),
    retry: forKey(
      `${COLD_START}.retries`,
      one('further rounds of answers, with other seeds, for problems without an accepted one', count()),
    ),
    'retry-temperature': forKey(
      `${COLD_START}.retryTemperature`,
      one("sampling temperature of those rounds; default: the teacher's", decimal()),
    ),
    ...BUDGET_OPTIONS,
    preview: forKey(
      `${COLD_START}.limit`,
      one('ask about the first N problems only, show prompt, answer and outcome of each, store nothing', count(1)),
    ),
    keep: forKey(
      `${COLD_START}.keep`,
      one(
        'which accepted answers of a problem become rows; diverse: those whose paths differ most [default: first]',
        choice(['first', 'shortest', 'diverse']),
      ),
    ),
    'rows-per-problem': forKey(
      `${COLD_START}.rowsPerProblem`,
      one('how many accepted answers of a problem become rows, at most [default: 1]', count(1)),
    ),
  },
  examples: [
    [
      '$0 generate --engine http://127.0.0.1:8000/v1 --model Qwen/Qwen3-8B --problems my.jsonl',
      'a data set from a local vLLM',
    ],
  ],
} as const satisfies CommandSpec;

/** `export`: the SFT rows of a run as a file. */
export const exportCommand = {
  name: 'export [run]',
  task: 'data',
  describe:
    'write the accepted rows of a run as messages, sharegpt, alpaca, trl, verl or text, with a manifest and a card, or its evaluations as logs of inspect_ai; default: the newest run',
  options: {
    run: word('id or name of the run; default: the newest', text),
    format: one(
      'messages, sharegpt, alpaca, trl, trl-chat, verl (parquet), text; inspect: evaluations',
      text,
      'messages',
    ),
    out: one('file to write, or a folder (ending in /): its card is README.md; inspect: a folder of logs', text),
    'tokenizer-notes': flag('print what a trainer must add for the tags; needs no run'),
  },
} as const satisfies CommandSpec;
