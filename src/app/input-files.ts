import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { RunConfig } from '../config/schema.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import { describeReadError } from '../edge/text-file.ts';
import { SourceError, UsageError } from '../errors.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { InputFile, StoredRuns } from '../ports/run-store/runs.ts';
import { findSetFile } from '../problem-sets/set-folders.ts';
import { listForeignData, listProblemRefs } from './check-inputs.ts';
import { findRowsRun } from './sft-rows.ts';

/** A run that is about to read its files. */
export interface ReadingRun {
  readonly runId: string;
  readonly store: Pick<StoredRuns, 'listInputFiles' | 'saveInputFile' | 'listStages'>;
  readonly config: RunConfig;
  /** Where sets are looked for by name. */
  readonly folders: readonly string[];
  /** Sets that the caller passes in have no file. */
  readonly ownSets: readonly string[];
}

/** Notes what the files of a run hold when it begins. Rejects with `SourceError` for one that cannot be read. */
export async function noteInputFiles(run: ReadingRun): Promise<void> {
  for (const place of listPlaces(run)) run.store.saveInputFile(run.runId, await measureFile(place));
}

/** What becomes of files that have changed since a run began. */
export interface ChangedFiles {
  /** Go on all the same, and note it. */
  readonly isAccepted: boolean;
  readonly reporter: Pick<Reporter, 'warn'>;
}

/**
 * Compares the files that the stages still to come will read with what they held when the run last worked on them.
 * Rejects with `UsageError` where one has changed and that is not accepted: rows of the old and the new file would be
 * counted as one set. A run that an earlier version began has no notes, and gets them now.
 */
export async function requireSameInputFiles(run: ReadingRun, { isAccepted, reporter }: ChangedFiles): Promise<void> {
  const { runId, store } = run;
  const noted = new Map(store.listInputFiles(runId).map((one) => [one.input, one]));
  for (const place of listPlaces(run)) {
    const now = await measureFile(place);
    const before = noted.get(now.input);
    if (before?.sha256 === now.sha256) continue;
    if (before !== undefined) {
      const change = `${now.file} has changed since run ${runId} read it (sha256 ${before.sha256.slice(0, 12)} -> ${now.sha256.slice(0, 12)}, ${before.bytes} -> ${now.bytes} bytes)`;
      if (!isAccepted)
        throw new UsageError(
          `${change}: put the file back, start a new run, or go on with the file as it is now: --accept-changed-data`,
        );
      reporter.warn(`${change}; what is stored stays, and what comes is read from the file as it is now`);
    }
    store.saveInputFile(runId, now);
  }
}

interface Place {
  /** How the configuration names it. */
  readonly input: string;
  readonly file: string;
}

/** The files that stages which are not done will read; sets that are not found are reported by whoever reads them. */
function listPlaces({ runId, store, config, folders, ownSets }: ReadingRun): Place[] {
  const done = new Set(store.listStages(runId).flatMap(({ id, status }) => (status === 'done' ? [id] : [])));
  const rest = { ...config, stages: config.stages.filter(({ id }) => !done.has(id)) };
  const sets = listProblemRefs(rest).flatMap((ref) => findPlace(ref, folders, ownSets));
  // What an earlier stage of the run makes is no file.
  const own = new Set(config.stages.map(({ id }) => id));
  const data = listForeignData(rest).flatMap((file) =>
    own.has(file) || findRowsRun(file) !== null ? [] : [{ input: file, file }],
  );
  return [...new Map([...sets, ...data].map((place) => [place.input, place])).values()];
}

function findPlace(ref: ProblemsRef, folders: readonly string[], ownSets: readonly string[]): Place[] {
  if (ref.kind === 'file') return [{ input: ref.path, file: ref.path }];
  if (ref.kind === 'word-sums' || ownSets.includes(ref.name)) return [];
  const file = findSetFile(ref.name, folders);
  return file === null ? [] : [{ input: ref.name, file }];
}

async function measureFile({ input, file }: Place): Promise<InputFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (error) {
    throw new SourceError(describeReadError(file, error as NodeJS.ErrnoException), { cause: error });
  }
  return { input, file, sha256: hash.digest('hex'), bytes };
}
