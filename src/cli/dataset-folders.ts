import { join, resolve } from 'node:path';
import { findPackageRoot } from './package-root.ts';

/** Where problem sets are looked for by name: `datasets` here, then that of the package. */
export function listDatasetFolders(): string[] {
  return [...new Set([resolve('datasets'), join(findPackageRoot(import.meta.url), 'datasets')])];
}
