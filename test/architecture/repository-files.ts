import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Files that are committed or about to be, relative to the root; null outside a git work tree (an unpacked archive). */
export function listRepositoryFiles(): string[] | null {
  if (!existsSync(join(ROOT, '.git'))) return null;
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}
