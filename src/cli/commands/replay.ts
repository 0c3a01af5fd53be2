import { DEFAULT_LATENCY_MODEL } from '../../core/replay/latency-model.ts';
import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

const takeMany = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

const takeNumber = (name: string) => (value: string | string[]) => takeOne(name)(value)!;

/** `replay`: stored trajectories under other policies. */
export const replayCommand = defineCommand({
  name: 'replay [run]',
  describe: 'what the stored rollouts of a run would take under other join, width and budget policies; needs no engine',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'id of the run; default: the newest' })
      .option('join', {
        type: 'string',
        requiresArg: true,
        default: [] as string[],
        defaultDescription: 'all, each quorum, first',
        describe: 'when paths are joined: all, first, quorum:N; may be repeated',
        coerce: takeMany,
      })
      .option('order', {
        choices: ['emitted', 'longest-first'] as const,
        array: true,
        nargs: 1,
        default: [] as ('emitted' | 'longest-first')[],
        defaultDescription: 'both',
        describe: 'how joined paths stand in the text; may be repeated',
      })
      .option('width', {
        type: 'string',
        requiresArg: true,
        default: [] as string[],
        defaultDescription: 'all paths',
        describe: 'only the first so many paths of a block; may be repeated',
        coerce: takeMany,
      })
      .option('budget', {
        type: 'string',
        requiresArg: true,
        default: [] as string[],
        defaultDescription: 'none',
        describe: 'cut a path after so many tokens; may be repeated',
        coerce: takeMany,
      })
      .option('purpose', { choices: ['train', 'eval', 'pilot'] as const, describe: 'which rollouts; default: all' })
      .option('stage', {
        type: 'string',
        requiresArg: true,
        describe: 'rollouts of that stage only',
        coerce: takeOne('stage'),
      })
      .option('forked', { type: 'boolean', default: false, describe: 'only rollouts with a fork' })
      .option('decode-ms', {
        type: 'string',
        requiresArg: true,
        default: String(DEFAULT_LATENCY_MODEL.decodeMs),
        describe: 'milliseconds per generated token',
        coerce: takeNumber('decode-ms'),
      })
      .option('prefill-rate', {
        type: 'string',
        requiresArg: true,
        default: String(DEFAULT_LATENCY_MODEL.prefillPerSecond),
        describe: 'prompt tokens computed per second',
        coerce: takeNumber('prefill-rate'),
      })
      .option('call-ms', {
        type: 'string',
        requiresArg: true,
        default: String(DEFAULT_LATENCY_MODEL.callMs),
        describe: 'milliseconds a call costs beside its tokens',
        coerce: takeNumber('call-ms'),
      })
      .option('cache-block', {
        type: 'string',
        requiresArg: true,
        default: String(DEFAULT_LATENCY_MODEL.cacheBlock),
        describe: 'tokens per block of the prefix cache; 0: nothing is cached',
        coerce: takeNumber('cache-block'),
      })
      .example('$0 replay --purpose eval --forked', 'held-out attempts with a fork, under every join')
      .example('$0 replay --join first --join all --budget 64 --cache-block 0', 'shorter paths, without a cache'),
  load: async () => (await import('../actions/replay-run.ts')).replayRun,
});
