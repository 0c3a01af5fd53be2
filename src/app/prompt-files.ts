import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { PromptRecord } from '../ports/run-store.ts';

/**
 * Reads a prompt template: a path to a file, a name with version (`sequential.v1`), or a bare name,
 * which means its newest version in the package's prompts folder.
 */
export function readPromptTemplate(packageRoot: string, nameOrPath: string): PromptRecord {
  const folder = join(packageRoot, 'prompts');
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.md');
  const file = isPath ? nameOrPath : join(folder, `${pickVersion(folder, nameOrPath)}.md`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\n$/, '');
  } catch (error) {
    throw new UsageError(`prompt template ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return { name: nameOrPath, text, hash: createHash('sha256').update(text).digest('hex') };
}

function pickVersion(folder: string, name: string): string {
  const names = readdirSync(folder)
    .filter((file) => /\.v\d+\.md$/.test(file))
    .map((file) => file.slice(0, -3));
  if (names.includes(name)) return name;
  const versions = names.filter((file) => file.startsWith(`${name}.v`)).sort((a, b) => versionOf(a) - versionOf(b));
  const newest = versions.at(-1);
  if (newest !== undefined) return newest;
  const known = [...new Set(names.map((file) => file.replace(/\.v\d+$/, '')))].sort();
  throw new UsageError(`there is no prompt template "${name}"; known: ${known.join(', ')}, or give a path to a file`);
}

function versionOf(name: string): number {
  return Number(/\.v(\d+)$/.exec(name)?.[1] ?? 0);
}
