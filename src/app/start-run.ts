import { resolve } from 'node:path';
import { createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { checkRunnable, needsTrainer, type OwnParts } from '../config/check-runnable.ts';
import { describeConfigFault } from '../config/explain-issues.ts';
import { type ConfigOverride, changeRunConfig, loadRunConfig } from '../config/load.ts';
import type { RunConfig } from '../config/schema.ts';
import { parseStoredConfig } from '../config/stored.ts';
import { type CallerOption, findOptionFault } from '../core/options.ts';
import { InterruptedError, ParallelR1Error, StoreError, UsageError } from '../errors.ts';
import { BudgetSpent } from '../pipeline/cold-start/spending.ts';
import { GateRefusal } from '../pipeline/rl/rl-stage.ts';
import { runCurriculum } from '../pipeline/run-loop.ts';
import { DivergedError } from '../pipeline/weights/divergence.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { createProblemResolver, type ProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';
import { checkInputs, settleForeignRows } from './check-inputs.ts';
import { noteInputFiles, type ReadingRun, requireSameInputFiles } from './input-files.ts';
import { openRun } from './open-run.ts';
import { type ConfigChange, describeChange, listChanges, requireAllowed } from './resume-changes.ts';
import { joinObservers, type RunParts } from './run-parts.ts';
import {
  createRunRecord,
  findRun,
  findUnfinished,
  hashConfig,
  listStageRecords,
  saveForeignState,
  takeLastState,
} from './run-record.ts';
import { readVersions, takeUpVersions } from './run-versions.ts';
import { checkTrackers, trackRun } from './track-run.ts';

/**
 * Starting and resuming runs: the one place that opens the store for writing, runs a curriculum and records how it
 * ended. The command line, a library user and a server start runs here alike.
 */

/** What starting and resuming have in common. */
export interface RunOptions {
  /** Database file; it is created if it does not exist. */
  readonly db: string;
  /** What stands in for what the configuration would connect. */
  readonly parts?: RunParts;
  /** Stops the run at a clean place, where `resumeRun` goes on. */
  readonly signal?: AbortSignal;
}

export interface StartRunOptions extends RunOptions {
  /** A whole configuration, as `loadRunConfig` gives it. */
  readonly config: RunConfig;
  /** Name of the preset it began from, to be shown with the run. */
  readonly preset?: string | null;
  /** Run of the same store whose last weights the new one begins with. */
  readonly weightsOf?: string | null;
}

export interface ResumeRunOptions extends RunOptions {
  /** Missing or null: the last unfinished run. */
  readonly runId?: string | null;
  /** YAML file that is laid over the stored configuration, weakest of the three. */
  readonly file?: string | null;
  /** `key.path=value`, the value in YAML. */
  readonly sets?: readonly string[];
  /** What changes from now on, and is stored. Servers, keys, names, limits and budgets may change, the method may not. */
  readonly overrides?: readonly ConfigOverride[];
  /** Go on although a problem or data file is not what it was when the run read it; that is noted in the store. */
  readonly acceptChangedData?: boolean;
}

/** How a run ended that did not fail. */
export interface RunOutcome {
  readonly runId: string;
  /** `interrupted`: a budget of the configuration is used up. */
  readonly status: 'done' | 'interrupted';
  /** Why it stopped; null when it is done. */
  readonly message: string | null;
}

const RUN_OPTIONS = { db: 'text', parts: 'object?', signal: 'object?' } as const;
const START_OPTIONS = { ...RUN_OPTIONS, config: 'object', preset: 'text?', weightsOf: 'text?' } as const;
const RESUME_OPTIONS = {
  ...RUN_OPTIONS,
  runId: 'text?',
  file: 'text?',
  sets: 'list?',
  overrides: 'list?',
  acceptChangedData: 'boolean?',
} as const;
const PARTS = {
  engine: 'object?',
  trainer: 'object?',
  teacher: 'object?',
  problemSources: 'list?',
  rewards: 'object?',
  reporter: 'object?',
  observers: 'list?',
} as const satisfies Readonly<Record<keyof RunParts, CallerOption>>;

/**
 * Creates a run and runs it to its end. Rejects with `UsageError` and `SourceError` for a configuration or inputs that
 * cannot be used, before anything is written; with `InterruptedError` when the signal stopped it; otherwise with
 * whatever ended it. Everything that was finished is in the store then.
 */
export async function startRun(options: StartRunOptions): Promise<RunOutcome> {
  requireOptions('startRun', options, START_OPTIONS);
  const { db, preset = null, weightsOf = null, parts = {}, signal = new AbortController().signal } = options;
  const asked = changeRunConfig(options.config, []);
  requireRunnable(asked, parts);
  if (weightsOf !== null && parts.trainer === undefined) requireTrainerOf(asked, weightsOf);
  const problems = createProblemResolver(listDatasetFolders(), signal, parts.problemSources);
  await checkInputs(asked, problems);
  using _lock = acquireRunLock(db);
  using store = openForWriting(db, parts);
  const config = settleForeignRows(asked, store);
  const weights = weightsOf === null ? null : takeLastState(store, weightsOf);
  const run = createRunRecord(config, preset);
  store.createRun(run, listStageRecords(config));
  if (weights !== null) saveForeignState(store, run.id, weights);
  await noteInputFiles(toReadingRun(run, config, store, parts));
  return await execute({ run, config, store, db, problems, parts, signal });
}

/**
 * Continues a run where its store stands, under the configuration it began with and the changes that are asked for.
 * Rejects like `startRun`, and with `UsageError` for a run that is done and for a change that may not be made.
 */
export async function resumeRun(options: ResumeRunOptions): Promise<RunOutcome> {
  requireOptions('resumeRun', options, RESUME_OPTIONS);
  const { db, runId = null, acceptChangedData = false, parts = {} } = options;
  const { signal = new AbortController().signal } = options;
  using _lock = acquireRunLock(db);
  using store = openForWriting(db, parts);
  const run = runId === null ? findUnfinished(store) : findRun(store, runId);
  if (run.status === 'done') throw new UsageError(`run ${run.id} is done; there is nothing to resume`);
  const { config, changes } = applyChanges(readConfig(run, store), options);
  requireRunnable(config, parts);
  const reporter = parts.reporter ?? createSilentReporter();
  await requireSameInputFiles(toReadingRun(run, config, store, parts), { isAccepted: acceptChangedData, reporter });
  saveChanges(store, run, config, changes);
  for (const change of changes) reporter.info(`changed: ${describeChange(change)}`);
  return await execute({ run, config, store, db, parts, signal });
}

function applyChanges(stored: RunConfig, { file = null, sets = [], overrides = [] }: ResumeRunOptions) {
  if (file === null && sets.length === 0 && overrides.length === 0) return { config: stored, changes: [] };
  const { config } = loadRunConfig({ stored, file, sets, overrides });
  const changes = listChanges(stored, config);
  requireAllowed(changes);
  return { config, changes };
}

/**
 * Stores what changed. Attempts that failed are forgotten where the reason may be gone: after a change, and in a run that
 * ended for such a reason. A run that was merely stopped asks nothing again.
 */
function saveChanges(store: RunStore, run: RunRecord, config: RunConfig, changes: readonly ConfigChange[]): void {
  if (changes.length > 0 || run.status === 'failed') {
    for (const { index, kind, status } of store.listStages(run.id)) {
      if (kind === 'cold-start' && status !== 'done') store.dropFailedAttempts(run.id, index);
    }
  }
  if (changes.length === 0) return;
  const configJson = JSON.stringify(config);
  store.saveRunConfig(run.id, { name: config.run.name, configJson, configHash: hashConfig(configJson) });
}

/** Ends a run that is not done: it is not resumed any more, and keeps all it has. Returns its id. Throws `UsageError` for one that is done. */
export function endRun({ db, runId }: { readonly db: string; readonly runId: string }): string {
  using _lock = acquireRunLock(db);
  using store = openRunStore(db);
  const run = findRun(store, runId);
  if (run.status === 'done') throw new UsageError(`run ${run.id} is done already`);
  const stages = store.listStages(run.id);
  const done = stages.filter(({ status }) => status === 'done').length;
  const reason = run.message === null ? '' : `; before that: ${run.message}`;
  store.setRunStatus(run.id, 'done', `ended by hand after ${done} of ${stages.length} stages${reason}`);
  return run.id;
}

function toReadingRun(
  { id }: RunRecord,
  config: RunConfig,
  store: RunStore,
  { problemSources = [] }: RunParts,
): ReadingRun {
  const ownSets = problemSources.map(({ name }) => name);
  return { runId: id, store, config, folders: listDatasetFolders(), ownSets };
}

/** Brings an older store up to date and tells the reporter. */
function openForWriting(db: string, { reporter }: RunParts): RunStore {
  return openRunStore(db, { tell: (line) => reporter?.info(line) });
}

function requireOptions(name: string, options: RunOptions, known: Readonly<Record<string, CallerOption>>): void {
  const fault = findOptionFault(name, options, known) ?? findOptionFault(`${name}: parts`, options.parts ?? {}, PARTS);
  if (fault !== null) throw new UsageError(fault);
}

/** Throws `UsageError` for a configuration without the trainer that has the weights of a run. */
export function requireTrainerOf(config: RunConfig, runId: string): void {
  if (needsTrainer(config)) return;
  throw new UsageError(
    `the weights of run ${runId} are at its trainer, and none is named: give its URL (--trainer URL)`,
  );
}

/** Throws `UsageError` with one line for each thing that is missing. */
export function requireRunnable(config: RunConfig, parts: OwnParts): void {
  checkTrackers(config);
  const faults = checkRunnable(config, parts).map((fault) => describeConfigFault(fault, config));
  if (faults.length === 1) throw new UsageError(faults[0]!);
  if (faults.length > 1)
    throw new UsageError(['this cannot be run yet:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
}

/** A run continues under exactly the configuration it began with. */
function readConfig(run: RunRecord, { file }: RunStore): RunConfig {
  if (hashConfig(run.configJson) !== run.configHash) {
    throw new StoreError(
      `${file}: the configuration of run ${run.id} was changed in the store, so the run cannot be resumed`,
    );
  }
  return parseStoredConfig(run);
}

interface Execution {
  readonly run: RunRecord;
  readonly config: RunConfig;
  readonly store: RunStore;
  readonly db: string;
  readonly problems?: ProblemResolver | undefined;
  readonly parts: RunParts;
  readonly signal: AbortSignal;
}

async function execute({ run, config, store, db, problems, parts, signal }: Execution): Promise<RunOutcome> {
  const reporter = parts.reporter ?? createSilentReporter();
  const warn = (message: string) => reporter.warn(message);
  const tracking = trackRun({ run, config, store, warn });
  const observer = joinObservers([...(parts.observers ?? []), tracking.observer], warn);
  const end = (status: 'interrupted' | 'failed', message: string | null) => {
    store.setRunStatus(run.id, status, message);
    observer.runEnded?.({ runId: run.id, status, message });
  };
  takeUpVersions(
    { id: run.id, store, reporter, reverifyCommand: describeCommand('reverify', run.id, db) },
    readVersions(),
  );
  store.setRunStatus(run.id, 'running', null);
  try {
    await using opened = await openRun({
      ...{ runId: run.id, config, store, reporter, observer, problems, parts, signal },
      requireServers: true,
    });
    await runCurriculum(opened.ctx);
    store.setRunStatus(run.id, 'done', null);
  } catch (error) {
    await tracking.finish(signal.aborted || error instanceof BudgetSpent ? 'interrupted' : 'failed');
    return explainEnd(error, { runId: run.id, db, signal, reporter, end });
  }
  await tracking.finish('done', signal);
  observer.runEnded?.({ runId: run.id, status: 'done', message: null });
  return { runId: run.id, status: 'done', message: null };
}

interface EndedRun {
  readonly runId: string;
  readonly db: string;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  end(status: 'interrupted' | 'failed', message: string | null): void;
}

/** Records why a run stopped and rethrows the reason; a budget that is used up is not a failure. */
function explainEnd(error: unknown, { runId, db, signal, reporter, end }: EndedRun): RunOutcome {
  if (signal.aborted) {
    end('interrupted', null);
    throw new InterruptedError(`stopped; continue with: ${describeResume(runId, db)}`, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BudgetSpent) {
    end('interrupted', message);
    reporter.warn(message);
    return { runId, status: 'interrupted', message };
  }
  end('failed', message);
  // Resuming would only run into the same gate, or into the same divergence, again.
  if (error instanceof ParallelR1Error && !(error instanceof GateRefusal || error instanceof DivergedError)) {
    reporter.warn(`run ${runId} stopped; nothing finished is lost. Continue with: ${describeResume(runId, db)}`);
  }
  throw error;
}

/** The command that continues a run, as a user would type it. */
export function describeResume(runId: string, db: string): string {
  return describeCommand('resume', runId, db);
}

function describeCommand(command: 'resume' | 'reverify', runId: string, db: string): string {
  const option = resolve(db) === resolve('runs.db') ? '' : ` --db ${db}`;
  return `parallel-r1 ${command} ${runId}${option}`;
}
