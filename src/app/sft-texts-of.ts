import { readFileSync } from 'node:fs';
import type { RunConfig } from '../config/schema.ts';
import { parseProblemRow } from '../core/problem-set/problem-row.ts';
import { describeReadError, parseRow } from '../edge/jsonl.ts';
import { SourceError, UsageError } from '../errors.ts';
import { selectRows } from '../pipeline/cold-start/select-rows.ts';
import type { SftText } from '../pipeline/context.ts';
import type { RunStore } from '../ports/run-store.ts';
import { findKeepSettings } from './sft-export.ts';

const RUN_PREFIX = 'run:';

/** How a configuration names the accepted rows of another run of the same store. */
export function nameRunRows(runId: string): string {
  return `${RUN_PREFIX}${runId}`;
}

/** The run whose rows `data` names, or null when it names a file. */
export function findRowsRun(data: string): string | null {
  return data.startsWith(RUN_PREFIX) ? data.slice(RUN_PREFIX.length) : null;
}

/** The rows behind `data` of an SFT stage: `run:ID`, or a JSONL file. Throws `SourceError`, `UsageError`. */
export function readSftTextsOf(store: RunStore, data: string): SftText[] {
  const runId = findRowsRun(data);
  return runId === null ? readSftFile(data) : readRunRows(store, runId);
}

function readRunRows(store: RunStore, runId: string): SftText[] {
  const run = store.getRun(runId);
  if (run === null) throw new UsageError(`there is no run ${runId} in ${store.file}; list them with: parallel-r1 runs`);
  const config = JSON.parse(run.configJson) as RunConfig;
  const texts: SftText[] = [];
  for (const { index, kind } of store.listStages(runId)) {
    if (kind !== 'cold-start') continue;
    const accepted = store.listAttempts(runId, index, 'accepted');
    for (const { problem, target } of selectRows(accepted, findKeepSettings(config, index)))
      texts.push({ problem, target });
  }
  if (texts.length === 0) throw new UsageError(`run ${runId} has no accepted cold-start rows`);
  return texts;
}

/** The rows of a JSONL file of `{problem, answer, target}`. Throws `SourceError`. */
export function readSftFile(file: string): SftText[] {
  const texts: SftText[] = [];
  readText(file)
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() !== '') texts.push(toText(line, file, index + 1));
    });
  if (texts.length === 0) throw new SourceError(`${file}: the file has no rows`);
  return texts;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new SourceError(describeReadError(file, error as NodeJS.ErrnoException), { cause: error });
  }
}

/** `text` is how the export format of that name spells the target. */
function toText(line: string, file: string, number: number): SftText {
  const row = parseProblemRow(line, file, `line-${number}`);
  if ('fault' in row) throw new SourceError(`${file}:${number}: ${row.fault}`);
  const { target, text } = parseRow(line, file, number);
  const solution = typeof target === 'string' ? target : text;
  if (typeof solution !== 'string' || solution.trim() === '')
    throw new SourceError(`${file}:${number}: "target" is missing or empty`);
  return { problem: row.problem, target: solution };
}
