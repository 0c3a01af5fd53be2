import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../core/problem.ts';
import { countAtMost, generateWordSums, WORD_SUM_LEVELS, type WordSumLevel } from '../../core/word-sums/generate.ts';
import { replaceFile } from '../../edge/whole-file.ts';
import { UsageError } from '../../errors.ts';
import { listDatasetFolders } from '../../problem-sets/set-folders.ts';
import { readSetOrigin } from '../../problem-sets/set-origin.ts';
import type { ArgsOf } from '../command.ts';
import type { datasetsCommand } from '../commands/surroundings.ts';
import { printJson, printJsonLine, printLine, tell } from '../output.ts';

/** What every part of `datasets` is given. */
type DatasetsArgs = ArgsOf<typeof datasetsCommand>;

/** `datasets list | check | convert | overlap | pull | generate`; what reads files or a hub is loaded when it is asked for. */
export async function handleDatasets(args: DatasetsArgs): Promise<number> {
  if (args.what === 'check') return (await import('./datasets-check.ts')).checkSets(args);
  if (args.what === 'convert') return (await import('./datasets-check.ts')).convertRows(args);
  if (args.what === 'overlap') return (await import('./datasets-check.ts')).compareSets(args);
  if (args.what === 'pull') return (await import('./datasets-pull.ts')).pullSet(args);
  if (args.names.length > 0) throw new UsageError(`datasets ${args.what} takes no files`);
  return args.what === 'list' ? listSets(args) : generateSet(args);
}

/** `datasets list`: the sets at hand, with what their manifests say. */
function listSets(args: DatasetsArgs): number {
  const sets = listDatasetFolders().flatMap((folder) =>
    listJsonl(folder).map((path) => {
      const file = join(folder, path);
      return { name: path.replace(/\.jsonl$/, ''), file, ...readSetOrigin(file) };
    }),
  );
  const families = [
    { name: 'word-sums', levels: [...WORD_SUM_LEVELS, '2 to 8 operands'], splits: ['train', 'heldout'] },
  ];
  if (args.json) {
    printJson({ sets, families });
    return 0;
  }
  for (const { name, file, rows, source, revision, licence } of sets) {
    const known = [
      rows === null ? null : `${rows} rows`,
      source === null ? null : `from ${source}${revision === null ? '' : ` at ${revision.slice(0, 8)}`}`,
      licence,
    ].filter((part) => part !== null);
    printLine(`${name.padEnd(28)} ${file}${known.length === 0 ? '' : `   ${known.join(', ')}`}`);
  }
  printLine(
    `${'word-sums'.padEnd(28)} made on demand: datasets generate --level ${WORD_SUM_LEVELS.join('|')} --split train|heldout`,
  );
  return 0;
}

/** JSONL files of a folder and of the folders in it, as paths relative to it; the files of a pull in progress are left out. */
function listJsonl(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.jsonl') && !file.split(/[/\\]/).some((part) => part.startsWith('.')))
      .sort();
  } catch {
    return [];
  }
}

/** `datasets generate`: word sums. */
function generateSet(args: DatasetsArgs): number {
  const level = readLevel(args.level);
  const most = countAtMost(level);
  if (args.count > most) throw new UsageError(`--count is ${args.count}; level ${level} has lists of at most ${most}`);
  const problems = generateWordSums({
    level,
    split: readSplit(args.split ?? 'train'),
    count: args.count,
    seed: args.seed,
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
  const named = WORD_SUM_LEVELS.find((level) => level === text);
  if (named !== undefined) return named;
  if (/^[2-8]$/.test(text)) return Number(text);
  throw new UsageError(
    `--level is ${JSON.stringify(text)}; it must be ${WORD_SUM_LEVELS.join(', ')}, or a number of operands from 2 to 8`,
  );
}

function readSplit(text: string): 'train' | 'heldout' {
  if (text === 'train' || text === 'heldout') return text;
  throw new UsageError(`--split is ${JSON.stringify(text)}; word sums have train and heldout`);
}

function toRow({ id, text, answer, level }: Problem) {
  return { id, problem: text, answer, level };
}
