import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createJsonlSource } from '../../adapters/source-jsonl/create-jsonl-source.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import type { Problem } from '../core/problem.ts';
import { generateWordSums } from '../core/word-sums/generate.ts';
import { UsageError } from '../errors.ts';

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

/** `gsm8k/train` is looked for as datasets/gsm8k/train.jsonl, datasets/gsm8k_train.jsonl and datasets/gsm8k-train.jsonl. */
function findSet(name: string, folders: readonly string[]): string {
  const spellings = [
    name,
    name.replaceAll('/', '_'),
    name.replaceAll('/', '-'),
    name.replaceAll('-', '_').replaceAll('/', '_'),
  ];
  for (const folder of folders) {
    for (const spelling of spellings) {
      const file = join(folder, `${spelling}.jsonl`);
      if (existsSync(file)) return file;
    }
  }
  throw new UsageError(
    `problem set "${name}" is not here: put ${spellings[0]}.jsonl (one {"problem", "answer"} per line) into ${folders.join(' or ')}, or give its file with {kind: file, path: ...}`,
  );
}
