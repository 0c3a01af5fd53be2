import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A Node on this machine that is older than the program needs, or null. */
export function findOldNode(): string | null {
  const folders = ['/usr/local/bin', '/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, 'node')).find(isOld) ?? null;
}

function isOld(node: string): boolean {
  if (!existsSync(node)) return false;
  try {
    const [major, minor] = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
      .split('.')
      .map(Number);
    return major! < 22 || (major === 22 && minor! < 19);
  } catch {
    return false;
  }
}
