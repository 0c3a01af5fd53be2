import { UsageError } from '../../src/errors.ts';
import type { HubFile } from './hub-listing.ts';
import type { PullPlan } from './plan-pull.ts';

const SPLIT_NAMES = ['train', 'test', 'validation', 'valid', 'dev', 'val', 'heldout'];
const SHOWN = 12;

/** The files of a set that hold the wanted split, parquet before JSONL, sorted. Throws `UsageError` that lists what there is. */
export function selectFiles(files: readonly HubFile[], plan: PullPlan): HubFile[] {
  const data = files
    .filter(({ path }) => /\.(parquet|jsonl)$/i.test(path) && !path.split('/').some((part) => part.startsWith('.')))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  if (data.length === 0)
    throw new UsageError(`${plan.id} has no parquet or JSONL file; it has ${showNames(files.map(({ path }) => path))}`);
  const chosen = preferParquet(filterSplit(filterSubset(data, plan), plan));
  if (chosen.length > 0) return chosen;
  throw new UsageError(
    `${plan.id} has no file for ${describeWish(plan)}; it has ${showNames(data.map(({ path }) => path))}`,
  );
}

function filterSubset(files: readonly HubFile[], { id, subset, allSubsets }: PullPlan): HubFile[] {
  if (subset !== null) return files.filter(({ path }) => hasWord(path, subset));
  const subsets = [...new Set(files.map(({ path }) => findSubset(path)).filter((name) => name !== null))];
  if (subsets.length > 1 && !allSubsets)
    throw new UsageError(`${id} has several subsets: choose one with --subset: ${showNames(subsets)}`);
  return [...files];
}

/** First folder of a path, when it names a subset. */
function findSubset(path: string): string | null {
  const folders = path.split('/').slice(0, -1);
  const first = folders[0];
  return first === undefined || first === 'data' || SPLIT_NAMES.includes(first) ? null : first;
}

function filterSplit(files: readonly HubFile[], { id, split }: PullPlan): HubFile[] {
  const known = SPLIT_NAMES.filter((name) => files.some(({ path }) => hasWord(path, name)));
  if (split === null) {
    if (known.length > 1)
      throw new UsageError(`${id} has several splits: choose one with --split: ${known.join(', ')}`);
    return [...files];
  }
  // A set whose files name no split is what the hub itself calls `train`.
  if (known.length === 0 && split === 'train') return [...files];
  return files.filter(({ path }) => hasWord(path, split));
}

/** Whether a folder, or a word of the file's name, is `word`. */
function hasWord(path: string, word: string): boolean {
  const parts = path.split('/');
  const stem = parts.pop()!.replace(/\.[^.]+$/, '');
  return (
    parts.includes(word) ||
    stem === word ||
    `-${stem.replaceAll(/[._]/g, '-')}-`.includes(`-${word.replaceAll(/[._]/g, '-')}-`)
  );
}

/** Keeps one form of each file: the same rows are often there in both. */
function preferParquet(files: readonly HubFile[]): HubFile[] {
  const parquet = files.filter(({ path }) => /\.parquet$/i.test(path));
  return parquet.length > 0 ? parquet : [...files];
}

function describeWish({ subset, split }: PullPlan): string {
  const parts = [subset === null ? null : `subset ${subset}`, split === null ? null : `split ${split}`];
  return parts.filter((part) => part !== null).join(', ') || 'it';
}

function showNames(names: readonly string[]): string {
  if (names.length === 0) return 'no files';
  const shown = names.slice(0, SHOWN).map((name) => JSON.stringify(name.slice(0, 80)));
  return `${shown.join(', ')}${names.length > SHOWN ? `, and ${names.length - SHOWN} more` : ''}`;
}
