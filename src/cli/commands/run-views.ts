import type { CommandSpec } from '../command.ts';
import { choice, count, file, flag, neededWord, one, text, word, words } from '../options.ts';

/** Commands that show what is in a run: its report, single rollouts and answers, the page, two runs side by side. */

const RUN = word('id or name of the run; default: the newest', text);

/** `show`: the report of one run, or lists of what is in it. */
export const showCommand = {
  name: 'show [run]',
  task: 'look',
  describe: 'the report of a run; with --rollouts, --attempts or --analyses what is in it; default: the newest run',
  options: {
    run: RUN,
    rollouts: flag('list its rollouts; `why ID` explains one'),
    attempts: flag('print the answers of its teacher'),
    analyses: flag('how its answers think in parallel, over the steps'),
    stage: one('only of that stage', text),
    purpose: one('only rollouts made for that', choice(['train', 'eval', 'pilot'])),
    step: one('only rollouts of that step', count()),
    wrong: flag('only rollouts whose answer is not right'),
    problem: one('only rollouts of the problem with that id', text),
    code: one('only rollouts, or answers, whose first fault has that code', text),
    limit: one('at most so many; default: 20 rollouts, 5 answers', count(1, 10_000)),
    after: one('those after the rollout or answer of that id: the next page', count(1)),
  },
  examples: [
    ['$0 show --rollouts --wrong --stage rl-hard', 'wrong answers of a stage'],
    ['$0 show --attempts --code wrong_answer', 'what the teacher got wrong'],
  ],
} as const satisfies CommandSpec;

/** `why`: one rollout, explained. */
export const whyCommand = {
  name: 'why <rollout>',
  task: 'look',
  describe:
    'one rollout explained: what was written in which path, format, verdict, reward, advantage, what was trained on',
  options: {
    rollout: neededWord('id of the rollout, as `show --rollouts` lists it', count(1)),
    tokens: flag('every token with its log-prob and who wrote it'),
  },
} as const satisfies CommandSpec;

/** `compare`: runs side by side. */
export const compareCommand = {
  name: 'compare <runs..>',
  task: 'judge',
  describe: 'two or more runs side by side: settings that differ, held-out problems won and lost, with an interval',
  options: { runs: words('ids or names of runs; each is compared with the first') },
} as const satisfies CommandSpec;

/** `view`: the live page. */
export const viewCommand = {
  name: 'view [run]',
  task: 'look',
  describe:
    'a page on a run in your browser, live: curves, every trajectory, problems, rejected answers; Ctrl-C ends it',
  options: {
    run: RUN,
    port: one('port on 127.0.0.1; 0: any free one', count(0, 65_535), 0),
  },
} as const satisfies CommandSpec;

/** `report`: the page as a file. */
export const reportCommand = {
  name: 'report [run]',
  task: 'look',
  describe: 'the same page as one HTML file, with all counts and a sample of the trajectories; opens without a network',
  options: {
    run: RUN,
    out: one('file to write; default: the id of the run with .html', file),
  },
} as const satisfies CommandSpec;

/** `figures`: the figures of a run as tables for other programs. */
export const figuresCommand = {
  name: 'figures <table> [run]',
  task: 'look',
  describe: 'the figures of a run as a table, CSV or JSONL, for a spreadsheet or a program; default: the newest run',
  options: {
    table: neededWord(
      'series: a figure a row; steps: a step a row; evaluations; problems: a problem and step a row; rollouts; funnel',
      choice(['series', 'steps', 'evaluations', 'problems', 'rollouts', 'funnel']),
    ),
    run: RUN,
    format: one('default: that of the name of the file, else csv', choice(['csv', 'jsonl'])),
    out: one('file to write; default: stdout', file),
  },
  examples: [
    ['$0 figures steps --out steps.csv', 'training curves for a spreadsheet'],
    ['$0 figures rollouts --json | jq .verdict', 'every rollout as a line of JSON'],
  ],
  epilogue: 'Columns: docs/seeing-a-run.md.',
} as const satisfies CommandSpec;
