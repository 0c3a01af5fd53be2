import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** `datasets`: problem sets. */
export const datasetsCommand = defineCommand({
  name: 'datasets <what> [files..]',
  describe: 'problem sets: list those at hand, check files, generate word sums',
  builder: (yargs) =>
    yargs
      .positional('what', {
        choices: ['list', 'check', 'generate'] as const,
        demandOption: true,
        describe: 'what to do',
      })
      .positional('files', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'check: JSONL files of {problem, answer}',
      })
      .option('level', {
        type: 'string',
        default: 'easy',
        requiresArg: true,
        describe: 'generate: easy, hard, or 2 to 8 operands',
        coerce: takeOne('level'),
      })
      .option('split', {
        choices: ['train', 'heldout'] as const,
        default: 'train' as const,
        describe: 'generate: the two share no set of operands',
      })
      .option('count', {
        type: 'string',
        default: '100',
        requiresArg: true,
        describe: 'generate: how many problems',
        coerce: takeOne('count'),
      })
      .option('seed', {
        type: 'string',
        default: '1',
        requiresArg: true,
        describe: 'generate: another seed, other problems',
        coerce: takeOne('seed'),
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'generate: file to write; default: stdout',
        coerce: takeOne('out'),
      }),
  load: async () => (await import('../actions/datasets.ts')).handleDatasets,
});
