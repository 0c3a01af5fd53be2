import { EXPERIMENT_NAMES } from '../../experiments/catalogue.ts';
import type { CommandSpec } from '../command.ts';
import {
  choice,
  count,
  decimal,
  file,
  flag,
  forKey,
  many,
  type OptionTable,
  one,
  path,
  text,
  url,
  word,
} from '../options.ts';
import { nameSets } from '../recipe/name-sets.ts';
import { BUDGET_OPTIONS, RECIPE_OPTIONS, RL, SERVER_OPTIONS, SFT } from './shared-options.ts';

/** Commands that train and measure: the whole curriculum, resuming it, single stages. */

/** `init`: a configuration to begin with. */
export const initCommand = {
  name: 'init',
  task: 'setUp',
  describe: 'write a configuration with comments; asks for what no flag gives',
  options: {
    file: one('file to write', text, './run.yaml'),
    kind: one(
      'embedded: the tiny model of this package; cold-start: data from a teacher alone; servers: a vLLM and a trainer',
      choice(['embedded', 'cold-start', 'servers']),
    ),
    engine: one('servers: URL of the vLLM server', url),
    model: one('servers: its model', text),
    trainer: one('servers: URL of the trainer', url),
    teacher: one('cold-start, servers: URL of the teacher', url),
    'teacher-model': one('cold-start, servers: its model', text),
    problems: one('cold-start: JSONL file, or a pulled set', text),
  },
  examples: [
    ['$0 init --kind cold-start --teacher http://127.0.0.1:8002/v1 --teacher-model NAME --problems my.jsonl', ''],
  ],
} as const satisfies CommandSpec;

/** `run`: the whole curriculum. */
export const runCommand = {
  name: 'run',
  task: 'train',
  describe: 'the whole curriculum: cold start, SFT, RL on easy and on hard problems; ends with a report',
  options: RECIPE_OPTIONS,
  examples: [
    ['$0 run', 'train the embedded tiny model on this machine, no GPU needed'],
    [
      '$0 run --preset parallel --engine http://127.0.0.1:8000/v1 --trainer http://127.0.0.1:8001',
      'with a vLLM and a trainer of your own',
    ],
  ],
} as const satisfies CommandSpec;

/** `resume`: continuing a run from the store. */
export const resumeCommand = {
  name: 'resume [run]',
  task: 'train',
  describe: 'continue a run after Ctrl-C, a crash, kill -9 or power loss; default: the last unfinished one',
  options: {
    run: word('id or name of the run', text),
    engine: { ...SERVER_OPTIONS.engine, describe: 'the server has moved: its new URL' },
    trainer: { ...SERVER_OPTIONS.trainer, describe: 'the trainer has moved: its new URL' },
    'budget-tokens': {
      ...BUDGET_OPTIONS['budget-tokens'],
      describe: 'cold start: stop once prompts and answers have taken this many tokens, earlier ones included',
    },
    'budget-usd': {
      ...BUDGET_OPTIONS['budget-usd'],
      describe: 'cold start: stop once they have cost this many US dollars, earlier ones included',
    },
    'accept-changed-data': flag('go on although a problem or data file is not what it was when the run read it'),
    watchdog: forKey(
      'watchdog.action',
      one('what is done when a reward is earned without the work', choice(['off', 'warn', 'stop'])),
    ),
  },
} as const satisfies CommandSpec;

/** `sft`: supervised training alone. */
export const sftCommand = {
  name: 'sft',
  task: 'train',
  describe: 'supervised training alone, on a data set (--data) or on the rows of a run (--from)',
  options: {
    ...RECIPE_OPTIONS,
    data: forKey(`${SFT}.data`, one('JSONL file of {problem, answer, target}', path)),
    from: forKey(
      `${SFT}.data`,
      one('run of this store (id or name) whose cold-start rows are used', text),
      (runId) => `run:${runId}`,
    ),
  },
  conflicts: ['data', 'from'],
} as const satisfies CommandSpec;

/** `rl`: reinforcement learning alone. */
export const rlCommand = {
  name: 'rl',
  task: 'train',
  describe: 'the RL stages alone, from the base model or from the weights a run ended with (--from)',
  options: {
    ...RECIPE_OPTIONS,
    stage: one('id of the one RL stage to run; default: all of the recipe', text),
    from: one('run of this store (id or name) whose weights are taken', text),
    problems: forKey(`${RL}.problems`, one('JSONL file of {problem, answer}, or a set in a datasets folder', text)),
  },
} as const satisfies CommandSpec;

/** `eval`: held-out figures. */
export const evalCommand = {
  name: 'eval',
  task: 'judge',
  describe:
    'mean@k, pass@k, best@k and majority@k with intervals: of a server as it is, of the weights a run ended with (--from), or of completions in files (--from-jsonl)',
  options: {
    ...RECIPE_OPTIONS,
    from: one('run of this store (id or name) whose weights are evaluated', text),
    problems: forKey(
      'eval.sets',
      many(
        'JSONL file of {problem, answer}, or a set in a datasets folder; may be repeated',
        text,
        'the held-out sets of the recipe',
      ),
      nameSets,
    ),
    samples: forKey('eval.sets.*.samples', one('sampled answers per problem', count(1))),
    decoding: forKey('rollout.mode', one('default: that of the recipe', choice(['parallel', 'sequential']))),
    sequential: flag('answer every problem once more without forks, under the same seeds, and compare'),
    temperature: forKey('eval.temperature', one('of all sampling', decimal())),
    'top-p': forKey('eval.topP', one('of all sampling', decimal(0, 1))),
    'max-tokens': forKey('rollout.maxResponseTokens', one('of a whole answer', count(1))),
    'from-jsonl': many(
      'completions that verifiers, lighteval or another program wrote (JSONL, parquet, or the folder of a run); scored here, nothing is sampled or stored',
      text,
      'none',
    ),
  },
  examples: [
    [
      '$0 eval --engine http://127.0.0.1:8000/v1 --model NAME --problems aime24 --problems amc23 --samples 16',
      'a vLLM as it is, without a trainer',
    ],
    ['$0 eval --engine http://127.0.0.1:8000/v1 --model NAME --problems my.jsonl --sequential', 'do forks help?'],
    ['$0 eval --from-jsonl results.jsonl', 'completions from elsewhere'],
  ],
} as const satisfies CommandSpec;

/** Of the commands about arms: the recipe they change, and their seeds. */
const { seed: _, ...WITHOUT_SEED } = SERVER_OPTIONS;
const ARM_OPTIONS = {
  ...WITHOUT_SEED,
  quick: RECIPE_OPTIONS.quick,
  seeds: one('how many seeds; an interval needs two', count(1, 1000), 5),
  'first-seed': one('the first of them', count(0, 1_000_000), 1),
  markdown: one('write the result to this Markdown file too', file),
} satisfies OptionTable;

/** `experiment`: arms of an experiment against each other. */
export const experimentCommand = {
  name: 'experiment [name]',
  task: 'judge',
  describe: 'arms that differ in one thing, over several seeds, paired; without a name lists the experiments',
  options: {
    ...ARM_OPTIONS,
    name: word('which experiment, or all', choice([...EXPERIMENT_NAMES, 'all'])),
    'show-only': flag('run nothing; show what is in the store'),
  },
  examples: [
    ['$0 experiment reward --seeds 5 --db experiments.db', 'run what is missing, then show it'],
    ['$0 experiment all --db experiments.db --show-only --markdown results.md', 'write down what is there'],
  ],
} as const satisfies CommandSpec;

/** `reproduce`: the paper's tables beside ours. */
export const reproduceCommand = {
  name: 'reproduce',
  task: 'judge',
  describe: "the paper's tables and curves, row by row, beside what the runs of the store came to",
  options: ARM_OPTIONS,
  examples: [['$0 reproduce --db experiments.db --markdown reproduction.md', 'after experiment all']],
} as const satisfies CommandSpec;
