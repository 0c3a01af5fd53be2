import { createJsonlSource } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import type { Problem } from '../core/problem.ts';
import { generateWordSums } from '../core/word-sums/generate.ts';
import { UsageError } from '../errors.ts';
import { findSetFile } from './dataset-folders.ts';

/** Turns references into problems; each reference is read once per process. */
export function createProblemResolver(folders: readonly string[], signal: AbortSignal) {
  const known = new Map<string, Promise<readonly Problem[]>>();
  const resolveOne = (ref: ProblemsRef): Promise<readonly Problem[]> => {
    const key = JSON.stringify(ref);
    const problems = known.get(key) ?? readProblems(ref, folders, signal);
    known.set(key, problems);
    return problems;
  };
  return async (refs: readonly ProblemsRef[]): Promise<readonly Problem[]> =>
    (await Promise.all(refs.map(resolveOne))).flat();
}

async function readProblems(ref: ProblemsRef, folders: readonly string[], signal: AbortSignal): Promise<Problem[]> {
  if (ref.kind === 'word-sums') return generateWordSums(ref);
  const file = ref.kind === 'file' ? ref.path : findSet(ref.name, folders);
  const name = ref.kind === 'file' ? ref.path : ref.name;
  const source = createJsonlSource(file, { name, ...(ref.limit === null ? {} : { limit: ref.limit }) });
  const problems: Problem[] = [];
  for await (const problem of source.read(signal)) problems.push(problem);
  if (problems.length === 0) throw new UsageError(`problem set ${name} is empty (${file})`);
  return problems;
}

function findSet(name: string, folders: readonly string[]): string {
  const file = findSetFile(name, folders);
  if (file !== null) return file;
  throw new UsageError(
    `problem set "${name}" is not here: fetch it (parallel-r1 datasets pull ${name}), put ${name}.jsonl (one {"problem", "answer"} per line) into ${folders.join(' or ')}, or give its file with {kind: file, path: ...}`,
  );
}
