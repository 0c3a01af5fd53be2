import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { KeptBytes } from '../ports/run-store/removals.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { listSavedWeights, removeEmptyModels, removeSavedWeights, type SavedWeights } from './embedded-weights.ts';
import { readLiveStatus } from './live-status.ts';
import { findLastState, findRun } from './run-record.ts';

/** What can be freed of runs that stay. */
export type PrunedPart = 'log-probs' | 'answers' | 'weights';

/** What shall be freed. */
export interface PruneRequest {
  /** Ids; empty for all runs of the store. */
  readonly runs: readonly string[];
  /** Parts that are freed; empty for all of them. */
  readonly only: readonly PrunedPart[];
  /** Remove the runs themselves. */
  readonly wholeRuns: boolean;
}

/** What would be freed. Bytes are of the stored cells and files; how much smaller the store gets shows afterwards. */
export interface PrunePlan {
  readonly runs: readonly string[];
  /** Whole runs with all that is theirs; null where runs stay. Bytes are an estimate. */
  readonly wholeRuns: KeptBytes | null;
  /** Stages whose log-probs go. */
  readonly logprobs: readonly (KeptBytes & { readonly runId: string; readonly stageIndex: number })[];
  readonly answers: readonly (KeptBytes & { readonly runId: string })[];
  readonly weights: readonly SavedWeights[];
  /** Checkpoints of these runs at trainers that are not the built-in one: they are not touched. */
  readonly elsewhere: number;
  /** Copies of the store from before it got a newer schema. They are the way back, and stay. */
  readonly copies: readonly string[];
  readonly store: { readonly bytes: number; readonly unusedBytes: number };
}

/**
 * What a request would free. Of a run that can be resumed all stays that a resume reads: everything but the log-probs of
 * stages that are done. Of a run that is done its last state stays, which `solve`, `--from` and other runs begin with.
 * Throws `UsageError` for a run that is not there, that is running, or that another one reads.
 */
export function planPrune(store: RunStore, { runs: ids, only, wholeRuns }: PruneRequest): PrunePlan {
  if (wholeRuns && ids.length === 0) throw new UsageError('--runs removes runs for good: name them');
  if (wholeRuns && only.length > 0) throw new UsageError('--runs removes everything of a run: leave --only out');
  const all = store.listRuns();
  const chosen =
    ids.length === 0 ? all : [...new Map(ids.map((id) => findRun(store, id)).map((run) => [run.id, run])).values()];
  refuseRunning(store, chosen);
  if (wholeRuns) refuseReadByOthers(all, chosen);
  const frees = (part: PrunedPart) => !wholeRuns && (only.length === 0 || only.includes(part));
  return {
    runs: chosen.map(({ id }) => id),
    wholeRuns: wholeRuns ? addUp(chosen.map(({ id }) => store.measureRun(id))) : null,
    logprobs: frees('log-probs') ? chosen.flatMap((run) => measureLogprobs(store, run)) : [],
    answers: frees('answers') ? chosen.filter(isDone).flatMap(({ id }) => measureAnswers(store, id)) : [],
    weights: wholeRuns || frees('weights') ? listUnneededWeights(store, all, chosen, wholeRuns) : [],
    elsewhere: countElsewhere(store, chosen),
    copies: listCopies(store.file),
    store: store.measureStore(),
  };
}

/** What happened while a plan was carried out. */
export interface PruneProgress {
  readonly signal: AbortSignal;
  /** Is told, in one line, what could not be done; the rest is done all the same. */
  readonly tell: (line: string) => void;
}

/**
 * Frees what a plan says, piece by piece, each of which is whole or not at all: a process that is killed meanwhile leaves a
 * store in order, and the next call frees the rest. Returns the size of the store afterwards.
 */
export function carryOutPrune(store: RunStore, plan: PrunePlan, { signal, tell }: PruneProgress): PrunePlan['store'] {
  if (plan.wholeRuns !== null) {
    // Rows first: weights that no row speaks of are found again, rows without their weights would mislead.
    for (const id of plan.runs) {
      signal.throwIfAborted();
      store.removeRun(id);
    }
    store.removeUnreferenced();
  }
  for (const { runId, stageIndex } of plan.logprobs) {
    for (const step of store.listRolloutSteps(runId)) {
      signal.throwIfAborted();
      if (step.stageIndex === stageIndex) store.dropLogprobs(runId, step);
    }
  }
  for (const { runId } of plan.answers) store.dropAllAnswers(runId);
  removeWeights(store, plan.weights);
  signal.throwIfAborted();
  compact(store, tell);
  return store.measureStore();
}

/** Less than this is not worth writing a whole store anew. */
const WORTH_COMPACTING = 0.02;

function compact(store: RunStore, tell: (line: string) => void): void {
  const { bytes, unusedBytes } = store.measureStore();
  if (unusedBytes < WORTH_COMPACTING * bytes) return;
  try {
    store.compact();
  } catch (error) {
    tell((error as Error).message);
  }
}

function refuseRunning(store: RunStore, runs: readonly RunRecord[]): void {
  const [running] = readLiveStatus(store, runs).filter(({ status }) => status === 'running');
  if (running !== undefined) throw new UsageError(`run ${running.id} is running: wait until it ends, or stop it`);
}

/** A run that is not done may still read the rows of another one (`data: run:ID`). */
function refuseReadByOthers(all: readonly RunRecord[], removed: readonly RunRecord[]): void {
  const ids = new Set(removed.map(({ id }) => id));
  for (const { id, configJson } of all.filter((run) => !isDone(run) && !ids.has(run.id))) {
    const read = removed.find((run) => configJson.includes(`"run:${run.id}"`));
    if (read !== undefined) {
      throw new UsageError(
        `run ${id} is not done and trains on the rows of run ${read.id}: finish it, or end it with: parallel-r1 runs end ${id}`,
      );
    }
  }
}

function isDone({ status }: RunRecord): boolean {
  return status === 'done';
}

/** A stage that is done is never trained again, and nothing else reads log-probs than whoever looks at a trajectory. */
function measureLogprobs(store: RunStore, run: RunRecord): PrunePlan['logprobs'] {
  return store
    .listStages(run.id)
    .filter(({ status }) => isDone(run) || status === 'done')
    .map(({ index }) => ({ runId: run.id, stageIndex: index, ...store.measureLogprobs(run.id, index) }))
    .filter(({ bytes }) => bytes > 0);
}

function measureAnswers(store: RunStore, runId: string): PrunePlan['answers'] {
  const kept = store.measureAnswers(runId);
  return kept.rows === 0 ? [] : [{ runId, ...kept }];
}

/** Saved weights that no run needs: neither those that stay as they are, nor the chosen ones. */
function listUnneededWeights(
  store: RunStore,
  all: readonly RunRecord[],
  chosen: readonly RunRecord[],
  wholeRuns: boolean,
): SavedWeights[] {
  const isChosen = new Set(chosen.map(({ id }) => id));
  const needed = new Set(
    all.flatMap((run) => {
      if (isChosen.has(run.id) && wholeRuns) return [];
      if (!isChosen.has(run.id) || !isDone(run)) return listPaths(store, run.id);
      return findLastState(store, run.id)?.path ?? [];
    }),
  );
  return listSavedWeights(store.file).filter(({ path }) => !needed.has(path));
}

function listPaths(store: RunStore, runId: string): string[] {
  return [...store.listCheckpoints(runId), ...store.listIntendedCheckpoints(runId)].map(({ path }) => path);
}

function listCopies(file: string): string[] {
  const folder = dirname(file);
  const isCopy = (name: string) => name.startsWith(`${basename(file)}.schema-`) && name.endsWith('.bak');
  return readdirSync(folder)
    .filter(isCopy)
    .map((name) => join(folder, name));
}

function countElsewhere(store: RunStore, runs: readonly RunRecord[]): number {
  const here = new Set(listSavedWeights(store.file).map(({ path }) => path));
  return runs.flatMap(({ id }) => store.listCheckpoints(id)).filter(({ path }) => !here.has(path)).length;
}

/** The mark comes after the deletion: what was marked is gone. */
function removeWeights(store: RunStore, weights: readonly SavedWeights[]): void {
  const runs = store.listRuns().map(({ id }) => id);
  for (const saved of weights) {
    removeSavedWeights(saved);
    for (const id of runs) store.markCheckpointDeleted(id, saved.path);
  }
  const paths = runs.flatMap((id) => listPaths(store, id));
  removeEmptyModels(store.file, (model) => paths.some((path) => path.startsWith(`tinker://${model}/`)));
}

/** Rows and bytes of several. */
export function addUp(parts: readonly KeptBytes[]): KeptBytes {
  return {
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
