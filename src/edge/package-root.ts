import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the package that the module at `moduleUrl` belongs to: the nearest one above it with a package.json. */
export function findPackageRoot(moduleUrl: string): string {
  for (let folder = dirname(fileURLToPath(moduleUrl)); ; folder = dirname(folder)) {
    if (readPackage(folder) !== null) return folder;
    if (dirname(folder) === folder) throw new Error(`no package.json above ${fileURLToPath(moduleUrl)}`);
  }
}

/** Version of this software, as its package.json names it. */
export function readSoftwareVersion(): string {
  return readPackage(findPackageRoot(import.meta.url))!.version;
}

function readPackage(folder: string): { version: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  } catch {
    return null;
  }
}
