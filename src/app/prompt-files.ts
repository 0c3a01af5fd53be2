import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTextFile } from '../edge/text-file.ts';
import { UsageError } from '../errors.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { PromptRecord, StoredRuns } from '../ports/run-store/runs.ts';

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
    text = readTextFile(file).replace(/\n$/, '');
  } catch (error) {
    throw new UsageError(`prompt template ${(error as Error).message}`, { cause: error });
  }
  return { name: nameOrPath, text, hash: createHash('sha256').update(text).digest('hex') };
}

/** Where a run keeps its templates, and who is told when one has changed. */
export interface TemplateUse {
  readonly store: Pick<StoredRuns, 'listPrompts'>;
  readonly runId: string;
  /** `student`, `teacher:<stage>`, `solution:<stage>`. */
  readonly role: string;
  readonly reporter: Pick<Reporter, 'warn'>;
}

/**
 * The template a run uses in a role: the text it began with if it has begun, otherwise what the file holds. A file that
 * has changed since is reported; one that has been removed is not needed.
 */
export function readRunTemplate(packageRoot: string, nameOrPath: string, use: TemplateUse): PromptRecord {
  const { store, runId, role, reporter } = use;
  const begun = store.listPrompts(runId).find((one) => one.role === role);
  if (begun === undefined) return readPromptTemplate(packageRoot, nameOrPath);
  const { hash, name, text } = begun;
  const now = readHash(packageRoot, nameOrPath);
  if (now !== hash) {
    const what = now === null ? 'is gone' : 'has changed';
    reporter.warn(`prompt template ${name} ${what} since run ${runId} began; the run keeps the text it began with`);
  }
  return { hash, name, text };
}

/** Null where the file cannot be read. */
function readHash(packageRoot: string, nameOrPath: string): string | null {
  try {
    return readPromptTemplate(packageRoot, nameOrPath).hash;
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
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
