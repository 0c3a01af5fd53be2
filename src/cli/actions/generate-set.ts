import type { Problem } from '../../core/problem.ts';
import { generateWordSums, MAX_WORD_SUMS, type WordSumLevel } from '../../core/word-sums/generate.ts';
import { replaceFile } from '../../edge/whole-file.ts';
import { UsageError } from '../../errors.ts';
import type { DatasetsArgs } from '../datasets-args.ts';
import { printJson, printJsonLine, tell } from '../output.ts';
import { readWholeNumber } from '../whole-number.ts';

/** `datasets generate`: word sums. */
export function generateSet(args: DatasetsArgs): number {
  const problems = generateWordSums({
    level: readLevel(args.level!),
    split: readSplit(args.split ?? 'train'),
    count: readWholeNumber('count', args.count!, 1, MAX_WORD_SUMS),
    seed: readWholeNumber('seed', args.seed!, 0, 2 ** 31 - 1),
  });
  if (args.out === undefined) {
    for (const problem of problems) printJsonLine(toRow(problem));
    return 0;
  }
  replaceFile(args.out, (write) => write(problems.map((problem) => `${JSON.stringify(toRow(problem))}\n`).join('')));
  if (args.json) printJson({ file: args.out, problems: problems.length });
  tell(args, `${problems.length} problems in ${args.out}`);
  return 0;
}

function readLevel(text: string): WordSumLevel {
  if (text === 'easy' || text === 'hard') return text;
  if (/^[2-8]$/.test(text)) return Number(text);
  throw new UsageError(
    `--level is ${JSON.stringify(text)}; it must be easy, hard, or a number of operands from 2 to 8`,
  );
}

function readSplit(text: string): 'train' | 'heldout' {
  if (text === 'train' || text === 'heldout') return text;
  throw new UsageError(`--split is ${JSON.stringify(text)}; word sums have train and heldout`);
}

function toRow({ id, text, answer, level }: Problem) {
  return { id, problem: text, answer, level };
}
