import { createJsonlSource } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import type { Problem } from '../core/problem.ts';
import { generateWordSums } from '../core/word-sums/generate.ts';
import { UsageError } from '../errors.ts';
import { findSetFile } from './set-folders.ts';

/** Turns references into problems. */
export interface ProblemResolver {
  /** All of them, in order; each reference is read once per process. */
  readAll(refs: readonly ProblemsRef[]): Promise<readonly Problem[]>;
  /** One after the other, from the files each time. */
  read(refs: readonly ProblemsRef[]): AsyncGenerator<Problem>;
}

/** Both throw `SourceError` for a bad row and `UsageError` for a set that is missing or empty. */
export function createProblemResolver(folders: readonly string[], signal: AbortSignal): ProblemResolver {
  const known = new Map<string, Promise<readonly Problem[]>>();
  const resolveOne = (ref: ProblemsRef): Promise<readonly Problem[]> => {
    const key = JSON.stringify(ref);
    const problems = known.get(key) ?? readProblems(ref, folders, signal);
    known.set(key, problems);
    return problems;
  };
  return {
    readAll: async (refs) => (await Promise.all(refs.map(resolveOne))).flat(),
    read: async function* (refs) {
      for (const ref of refs) yield* streamProblems(ref, folders, signal);
    },
  };
}

async function readProblems(ref: ProblemsRef, folders: readonly string[], signal: AbortSignal): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const problem of streamProblems(ref, folders, signal)) problems.push(problem);
  return problems;
}

async function* streamProblems(
  ref: ProblemsRef,
  folders: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Problem> {
  if (ref.kind === 'word-sums') return yield* generateWordSums(ref);
  const file = ref.kind === 'file' ? ref.path : findSet(ref.name, folders);
  const name = ref.kind === 'file' ? ref.path : ref.name;
  const source = createJsonlSource(file, { name, ...(ref.limit === null ? {} : { limit: ref.limit }) });
  let isEmpty = true;
  for await (const problem of source.read(signal)) {
    isEmpty = false;
    yield problem;
  }
  if (isEmpty) throw new UsageError(`problem set ${name} is empty (${file})`);
}

function findSet(name: string, folders: readonly string[]): string {
  const file = findSetFile(name, folders);
  if (file !== null) return file;
  throw new UsageError(
    `problem set "${name}" is not here: fetch it (parallel-r1 datasets pull ${name}), put ${name}.jsonl (one {"problem", "answer"} per line) into ${folders.join(' or ')}, or give its file with {kind: file, path: ...}`,
  );
}
