import { basename } from 'node:path';
import type { Problem } from '../../src/core/problem.ts';
import { extractGsm8kAnswer } from '../../src/core/problem-set/gsm8k-answer.ts';
import { parseProblemRow } from '../../src/core/problem-set/problem-row.ts';
import { MAX_LINE_BYTES, readTextLines } from '../../src/edge/jsonl.ts';
import { SourceError } from '../../src/errors.ts';
import type { ProblemSource } from '../../src/ports/problem-source.ts';

/** How a file is read. */
export interface JsonlSourceOptions {
  /** `Problem.source` of every row; the file's name without `.jsonl` by default. */
  readonly name?: string;
  /** How many rows to read; what follows is not even checked. */
  readonly limit?: number | null;
  readonly maxLineBytes?: number;
}

/**
 * Problems from a JSONL file: UTF-8, one object `{id?, problem, answer, level?, subject?}` per line, other keys
 * ignored. `answer` may be a number, or a worked solution in GSM8K's format, of which the final answer is taken; a row without `id` is named after its line (`line-12`). Blank
 * lines, CRLF and a byte order mark are tolerated. Streams: memory is bounded by the longest line.
 * Reading rejects with `SourceError` (`file:line: what is wrong`).
 */
export function createJsonlSource(file: string, options: JsonlSourceOptions = {}): ProblemSource {
  const name = options.name ?? basename(file).replace(/\.jsonl$/i, '');
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const maxBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  return { name, read: (signal) => readProblems(file, name, limit, maxBytes, signal) };
}

async function* readProblems(
  file: string,
  name: string,
  limit: number,
  maxBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<Problem> {
  signal?.throwIfAborted();
  let count = 0;
  if (count >= limit) return;
  for await (const { number, text } of readTextLines(file, maxBytes)) {
    signal?.throwIfAborted();
    const row = parseProblemRow(text, name, `line-${number}`);
    if ('fault' in row) throw new SourceError(`${file}:${number}: ${row.fault}`);
    yield { ...row.problem, answer: extractGsm8kAnswer(row.problem.answer) ?? row.problem.answer };
    count += 1;
    if (count >= limit) return;
  }
}
