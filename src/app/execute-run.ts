import { resolve } from 'node:path';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import { InterruptedError, ParallelR1Error, StoreError, UsageError } from '../errors.ts';
import { BudgetSpent } from '../pipeline/cold-start/spending.ts';
import { GateRefusal } from '../pipeline/rl/rl-stage.ts';
import { runCurriculum } from '../pipeline/run-loop.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RunRecord, RunStore } from '../ports/run-store.ts';
import { checkForeignRows, checkInputs } from './check-inputs.ts';
import { findRun } from './find-run.ts';
import { saveForeignState, takeLastState } from './last-state.ts';
import { openRun } from './open-run.ts';
import { createRunRecord, hashConfig, listStageRecords } from './run-record.ts';

/** The one place that opens the store for writing, runs a curriculum and records how it ended. */

export interface ExecuteOptions {
  /** Database file. */
  readonly db: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * Creates a run from a configuration and runs it. Returns the id of the run, which is
 * done or at the end of its token budget. `weightsOf` names a
 * run of the same store whose last weights it begins with. Unreadable inputs are refused before
 * anything is written.
 */
export async function executeNewRun(
  config: RunConfig,
  preset: string | null,
  options: ExecuteOptions & { readonly weightsOf?: string | null | undefined },
): Promise<string> {
  await checkInputs(config, options.signal);
  using _lock = acquireRunLock(options.db);
  using store = openRunStore(options.db);
  checkForeignRows(config, store);
  const weights = options.weightsOf == null ? null : takeLastState(store, options.weightsOf);
  const run = createRunRecord(config, preset);
  store.createRun(run, listStageRecords(config));
  if (weights !== null) saveForeignState(store, run.id, weights);
  await execute(run, config, store, options);
  return run.id;
}

/**
 * Continues a run where its store stands. `adapt` may change where the run connects to (URLs), not
 * what it does.
 */
export async function executeResumedRun(
  runId: string | null,
  options: ExecuteOptions,
  adapt: (config: RunConfig) => RunConfig = (config) => config,
): Promise<string> {
  using _lock = acquireRunLock(options.db);
  using store = openRunStore(options.db);
  const run = runId === null ? findUnfinished(store) : findRun(store, runId);
  if (run.status === 'done') throw new UsageError(`run ${run.id} is done; there is nothing to resume`);
  await execute(run, adapt(readStoredConfig(run, store)), store, options);
  return run.id;
}

/** A run goes on under the very configuration it began with. */
function readStoredConfig({ id, configJson, configHash }: RunRecord, { file }: RunStore): RunConfig {
  if (hashConfig(configJson) !== configHash) {
    throw new StoreError(`${file}: the configuration of run ${id} was changed in the store; it cannot be resumed`);
  }
  return JSON.parse(configJson) as RunConfig;
}

function findUnfinished(store: RunStore): RunRecord {
  const unfinished = store.listRuns().find(({ status }) => status !== 'done');
  if (unfinished === undefined) throw new UsageError(`there is no unfinished run in ${store.file}`);
  return unfinished;
}

async function execute(run: RunRecord, config: RunConfig, store: RunStore, options: ExecuteOptions): Promise<void> {
  store.setRunStatus(run.id, 'running', null);
  try {
    const { reporter, signal } = options;
    await using opened = await openRun({ runId: run.id, config, store, reporter, signal, requireServers: true });
    await runCurriculum(opened.ctx);
    store.setRunStatus(run.id, 'done', null);
  } catch (error) {
    if (options.signal.aborted) {
      store.setRunStatus(run.id, 'interrupted', null);
      throw new InterruptedError(`stopped; continue with: ${describeResume(run.id, options.db)}`, { cause: error });
    }
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof BudgetSpent) {
      // As it was asked to: no failure.
      store.setRunStatus(run.id, 'interrupted', message);
      options.reporter.warn(message);
      return;
    }
    store.setRunStatus(run.id, 'failed', message);
    // Resumed, a refused gate would only be refused again.
    if (!(error instanceof ParallelR1Error) || error instanceof GateRefusal) throw error;
    options.reporter.warn(
      `run ${run.id} stopped; nothing finished is lost. Continue with: ${describeResume(run.id, options.db)}`,
    );
    throw error;
  }
}

/** The command that continues a run, as a user would type it. */
export function describeResume(runId: string, db: string): string {
  const option = resolve(db) === resolve('runs.db') ? '' : ` --db ${db}`;
  return `parallel-r1 resume ${runId}${option}`;
}
