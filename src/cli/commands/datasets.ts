import { defineCommand } from '../define-command.ts';
import { takeOne } from '../take-one.ts';

/** `datasets`: problem sets. */
export const datasetsCommand = defineCommand({
  name: 'datasets <what> [names..]',
  describe: 'problem sets: pull them from a hub, list those at hand, check files, find overlaps, generate word sums',
  builder: (yargs) =>
    yargs
      .positional('what', {
        choices: ['list', 'pull', 'check', 'overlap', 'generate'] as const,
        demandOption: true,
        describe: 'what to do',
      })
      .positional('names', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'pull: a known set (gsm8k, math-500, ...) or owner/name; check, overlap: JSONL files',
      })
      .option('out', text('out', 'pull: folder, default ./datasets; generate: file, default stdout'))
      .option('split', text('split', 'pull: train, test, ...; generate: train or heldout, which share no operands'))
      .option('subset', text('subset', "pull: the set's configuration, for instance main"))
      .option('revision', text('revision', 'pull: branch, tag or commit; default main'))
      .option('endpoint', text('endpoint', "pull: the hub's address; default HF_ENDPOINT, then huggingface.co"))
      .option('problem-column', text('problem-column', 'pull: where the problem stands (prompt.0.content)'))
      .option('answer-column', text('answer-column', 'pull: where the answer stands'))
      .option('answer-rule', {
        choices: ['column', 'after-hashes', 'last-boxed'] as const,
        describe: 'pull: the answer is the cell, what follows ####, or the last box in it',
      })
      .option('keep-duplicates', {
        type: 'boolean',
        default: false,
        describe: 'pull: keep repeated problems and those with several answers',
      })
      .option('max-length', {
        ...text('max-length', 'check: longer problems are told, in characters'),
        default: '4000',
      })
      .option('level', { ...text('level', 'generate: easy, hard, or 2 to 8 operands'), default: 'easy' })
      .option('count', { ...text('count', 'generate: how many problems'), default: '100' })
      .option('seed', { ...text('seed', 'generate: another seed, other problems'), default: '1' })
      .epilogue('A gated set needs a token in HF_TOKEN; it is sent to the hub only and never stored.'),
  load: async () => (await import('../actions/datasets.ts')).handleDatasets,
});

/** An option with one text. */
function text(name: string, describe: string) {
  return { type: 'string', requiresArg: true, describe, coerce: takeOne(name) } as const;
}
