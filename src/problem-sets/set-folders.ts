import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findPackageRoot } from '../edge/package-root.ts';

/** Where problem sets are looked for by name: `datasets` here, then that of the package. */
export function listDatasetFolders(): string[] {
  return [...new Set([resolve('datasets'), join(findPackageRoot(import.meta.url), 'datasets')])];
}

/**
 * The file of a set, or null. `gsm8k/train` is looked for as datasets/gsm8k/train.jsonl,
 * datasets/gsm8k_train.jsonl and datasets/gsm8k-train.jsonl.
 */
export function findSetFile(name: string, folders: readonly string[]): string | null {
  const spellings = [
    name,
    name.replaceAll('/', '_'),
    name.replaceAll('/', '-'),
    name.replaceAll('-', '_').replaceAll('/', '_'),
  ];
  const files = folders.flatMap((folder) => spellings.map((spelling) => join(folder, `${spelling}.jsonl`)));
  return files.find((file) => existsSync(file)) ?? null;
}
