import { createJsonlSource } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import type { Problem } from '../core/problem.ts';
import { generateWordSums } from '../core/word-sums/generate.ts';
import { ParallelR1Error, UsageError } from '../errors.ts';
import type { ProblemSource } from '../ports/problem-source.ts';
import { findSetFile, listDatasetFolders } from './set-folders.ts';

/** Turns references into problems. */
export interface ProblemResolver {
  /** All of them, in order; each reference is read once per process. */
  readAll(refs: readonly ProblemsRef[]): Promise<readonly Problem[]>;
  /** How many there are; each reference is read through once per process, and none is kept. */
  count(refs: readonly ProblemsRef[]): Promise<number>;
  /** One after the other, from the files each time. */
  read(refs: readonly ProblemsRef[]): AsyncGenerator<Problem>;
}

/**
 * Resolves sets among `sources` by name, then in the folders. Reading rejects with `SourceError` for a bad row and
 * with `UsageError` for a set that is missing or empty.
 */
export function createProblemResolver(
  folders: readonly string[],
  signal: AbortSignal,
  sources: readonly ProblemSource[] = [],
): ProblemResolver {
  const places: Places = { folders, signal, sources };
  const readOne = once((ref) => readProblems(ref, places));
  const countOne = once((ref) => countRows(ref, places));
  return {
    readAll: async (refs) => (await Promise.all(refs.map(readOne))).flat(),
    count: async (refs) => (await Promise.all(refs.map(countOne))).reduce((sum, count) => sum + count, 0),
    read: async function* (refs) {
      for (const ref of refs) yield* streamProblems(ref, places);
    },
  };
}

/** Where sets are looked for. */
interface Places {
  readonly folders: readonly string[];
  readonly signal: AbortSignal;
  readonly sources: readonly ProblemSource[];
}

/** Remembers the answer for each reference, so that it is asked for once. */
function once<T>(ask: (ref: ProblemsRef) => Promise<T>): (ref: ProblemsRef) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (ref) => {
    const key = JSON.stringify(ref);
    const answer = known.get(key) ?? ask(ref);
    known.set(key, answer);
    return answer;
  };
}

/** How many problems the references hold now; null when one of them cannot be read. */
export async function countProblems(refs: readonly ProblemsRef[]): Promise<number | null> {
  try {
    return await createProblemResolver(listDatasetFolders(), new AbortController().signal).count(refs);
  } catch (error) {
    if (error instanceof ParallelR1Error) return null;
    throw error;
  }
}

async function countRows(ref: ProblemsRef, places: Places): Promise<number> {
  let count = 0;
  for await (const _problem of streamProblems(ref, places)) count += 1;
  return count;
}

async function readProblems(ref: ProblemsRef, places: Places): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const problem of streamProblems(ref, places)) problems.push(problem);
  return problems;
}

async function* streamProblems(ref: ProblemsRef, places: Places): AsyncGenerator<Problem> {
  if (ref.kind === 'word-sums') return yield* generateWordSums(ref);
  const { source, place } = findSource(ref, places);
  const limit = ref.limit ?? Number.POSITIVE_INFINITY;
  let count = 0;
  for await (const problem of source.read(places.signal)) {
    count += 1;
    yield problem;
    if (count >= limit) break;
  }
  if (count === 0) throw new UsageError(`problem set ${source.name} is empty (${place})`);
}

/** The source of a reference, and how messages describe where it is. */
function findSource(
  ref: Exclude<ProblemsRef, { kind: 'word-sums' }>,
  { folders, sources }: Places,
): { readonly source: ProblemSource; readonly place: string } {
  const own = ref.kind === 'set' ? sources.find(({ name }) => name === ref.name) : undefined;
  if (own !== undefined) return { source: own, place: 'passed in by the program that started the run' };
  const file = ref.kind === 'file' ? ref.path : findSet(ref.name, folders);
  return { source: createJsonlSource(file, { name: ref.kind === 'file' ? ref.path : ref.name }), place: file };
}

function findSet(name: string, folders: readonly string[]): string {
  const file = findSetFile(name, folders);
  if (file !== null) return file;
  throw new UsageError(
    `problem set "${name}" is not here: fetch it (parallel-r1 datasets pull ${name}), put ${name}.jsonl (one {"problem", "answer"} per line) into ${folders.join(' or ')}, or give its file with {kind: file, path: ...}`,
  );
}
