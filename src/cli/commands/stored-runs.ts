import { DEFAULT_LATENCY_MODEL } from '../../core/replay/latency-model.ts';
import type { CommandSpec } from '../command.ts';
import { choice, count, decimal, flag, many, neededWord, one, path, text, url, word, words } from '../options.ts';
import { join } from '../recipe/replay-policies.ts';
import { SERVER_OPTIONS } from './shared-options.ts';

/** Commands that look at what the store holds. */

const RUN = word('id or name of the run; default: the newest', text);

/** `runs`: what the store holds. */
export const runsCommand = {
  name: 'runs [what] [run]',
  task: 'look',
  describe: 'list the runs of the store, newest first; end RUN: never resume it again',
  options: {
    what: word('what to do; default: list', choice(['list', 'end'])),
    run: word('end: id or name of the run', text),
  },
} as const satisfies CommandSpec;

/** `track`: the series of a stored run, for other programs. */
export const trackCommand = {
  name: 'track [run]',
  task: 'look',
  describe: 'send the stored figures of a run to TensorBoard or MLflow, or print them as lines of JSON',
  options: {
    run: RUN,
    tensorboard: one('folder that TensorBoard is started with', path),
    mlflow: one('base URL of an MLflow tracking server', url),
    experiment: one('MLflow experiment', text, 'parallel-r1'),
  },
  examples: [
    ['$0 track --tensorboard ./tb', 'event files of the newest run, in a folder of its own'],
    ['$0 track --json > figures.jsonl', 'one point a line'],
  ],
  epilogue:
    'Without a tracker on the command line those of the configuration of the run are brought up to date. What is there already is not sent again.',
} as const satisfies CommandSpec;

/** `replay`: stored trajectories under other policies. */
export const replayCommand = {
  name: 'replay [run]',
  task: 'judge',
  describe:
    'what the stored rollouts of a run would take under other join, width and budget policies (needs no engine), or what its answers owe to each path',
  options: {
    run: RUN,
    join: many('when paths are joined: all, first, quorum:N; may be repeated', join, 'all, each quorum, first'),
    order: many('order of joined paths in the text; may be repeated', choice(['emitted', 'longest-first']), 'both'),
    width: many('only the first N paths of a block; may be repeated', count(1, 1_000_000), 'all paths'),
    budget: many('cut each path after N tokens; may be repeated', count(1, 1_000_000), 'none'),
    purpose: one('which rollouts; default: all', choice(['train', 'eval', 'pilot'])),
    stage: one('rollouts of that stage only', text),
    forked: flag('only rollouts with a fork'),
    'without-path': flag(
      'ask the engine again: do right answers stand when a path is taken out, or the paths change places',
    ),
    engine: SERVER_OPTIONS.engine,
    trainer: SERVER_OPTIONS.trainer,
    limit: one('rollouts that are asked again with --without-path, at most', count(1, 1_000_000), 50),
    'decode-ms': one('milliseconds per generated token', decimal(0.001), DEFAULT_LATENCY_MODEL.decodeMs),
    'prefill-rate': one('prompt tokens computed per second', decimal(0.001), DEFAULT_LATENCY_MODEL.prefillPerSecond),
    'call-ms': one('milliseconds a call costs beside its tokens', decimal(), DEFAULT_LATENCY_MODEL.callMs),
    'cache-block': one(
      'tokens per block of the prefix cache; 0: nothing is cached',
      count(0, 65_536),
      DEFAULT_LATENCY_MODEL.cacheBlock ?? 0,
    ),
  },
  examples: [
    ['$0 replay --purpose eval --forked', 'held-out rollouts with a fork, under every join'],
    ['$0 replay --join first --join all --budget 64 --cache-block 0', 'shorter paths, without a cache'],
    ['$0 replay --without-path --purpose eval --limit 100', 'what the answer owes to each path'],
  ],
} as const satisfies CommandSpec;

/** `reverify`: stored answers judged again. */
export const reverifyCommand = {
  name: 'reverify <run>',
  task: 'judge',
  describe: 'judge the stored answers of a run with this version of the verifier and show which verdicts change',
  options: {
    run: neededWord('id or name of the run', text),
    apply: flag('write the new verdicts and the rewards that follow from them; what they replace is kept'),
  },
  examples: [['$0 reverify 20261124-101500-ab12', 'what would change']],
} as const satisfies CommandSpec;

/** `analyse`: figures that an older version did not store. */
export const analyseCommand = {
  name: 'analyse [run]',
  task: 'judge',
  describe: 'add the analyses of parallel thinking to a run that was stored without them; default: the newest run',
  options: { run: RUN },
  examples: [['$0 analyse && $0 show --analyses', 'bring the newest run up to date, and look']],
  epilogue: 'Definitions: docs/analyses.md. Figures that are there already stay as they are.',
} as const satisfies CommandSpec;

/** `prune`: space back. */
export const pruneCommand = {
  name: 'prune [ids..]',
  task: 'setUp',
  describe: 'show what can be freed of runs that are over (log-probs, kept answers, saved weights), and free it',
  options: {
    ids: words('ids or names of runs; default: all of the store'),
    only: many('free only that; may be repeated', choice(['log-probs', 'answers', 'weights']), 'all of them'),
    runs: flag('remove the runs named, with everything that is theirs'),
    yes: flag('free it without asking'),
  },
  examples: [
    ['$0 prune', 'what can be freed in the store, and a question'],
    ['$0 prune --only log-probs --yes', 'keeps weights; texts and token ids stay anyway'],
    ['$0 prune 20261124-101500-ab12 --runs', 'a run that nobody needs'],
  ],
  epilogue:
    'Of a run that can be resumed nothing goes that a resume needs; of one that is done its last weights stay, for solve and --from.',
} as const satisfies CommandSpec;
