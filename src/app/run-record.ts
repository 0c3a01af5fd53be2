import { createHash, randomBytes } from 'node:crypto';
import type { RunConfig } from '../config/schema.ts';
import { readSoftwareVersion } from '../edge/package-root.ts';
import { UsageError } from '../errors.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord, StageRecord } from '../ports/run-store/runs.ts';
import type { CheckpointRecord } from '../ports/run-store/training.ts';

/** The row of a run and its stages: creating and finding it, and handing the weights of one run to another. */

/** The row of a run that begins now; its id sorts by time. */
export function createRunRecord(config: RunConfig, preset: string | null): RunRecord {
  const now = new Date();
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const configJson = JSON.stringify(config);
  return {
    id: `${stamp}-${randomBytes(2).toString('hex')}`,
    name: config.run.name,
    preset,
    seed: config.run.seed,
    configJson,
    configHash: hashConfig(configJson),
    softwareVersion: readSoftwareVersion(),
    status: 'running',
    message: null,
    createdAtMs: now.getTime(),
    updatedAtMs: now.getTime(),
  };
}

/** SHA-256 of a configuration as it is stored, hex. */
export function hashConfig(configJson: string): string {
  return createHash('sha256').update(configJson).digest('hex');
}

/** The rows of a run's stages, none of which has begun. */
export function listStageRecords(config: RunConfig): StageRecord[] {
  return config.stages.map(({ id, kind }, index) => ({ index, id, kind, status: 'pending', stateJson: '{}' }));
}

/** Runs of one name that a message lists. */
const LISTED_RUNS = 3;

/** The run of that id, or of that name where no other run has it; the newest one for null. Throws `UsageError`. */
export function findRun(store: RunStore, wanted: string | null): RunRecord {
  if (wanted === null) {
    const [newest] = store.listRuns();
    if (newest === undefined) throw new UsageError(`there are no runs in ${store.file}`);
    return newest;
  }
  const known = store.getRun(wanted);
  if (known !== null) return known;
  const named = store.listRuns().filter(({ name }) => name === wanted);
  if (named.length === 1) return named[0]!;
  if (named.length === 0)
    throw new UsageError(`there is no run ${wanted} in ${store.file}; list them with: parallel-r1 runs`);
  const ids = named.slice(0, LISTED_RUNS).map(({ id }) => id);
  const newest = named.length > LISTED_RUNS ? `, the newest ${LISTED_RUNS}` : '';
  throw new UsageError(`${named.length} runs are named ${wanted}: give an id (${ids.join(', ')}${newest})`);
}

/** The newest run that is not done. Throws `UsageError` when there is none. */
export function findUnfinished(store: RunStore): RunRecord {
  const unfinished = store.listRuns().find(({ status }) => status !== 'done');
  if (unfinished === undefined) throw new UsageError(`there is no unfinished run in ${store.file}`);
  return unfinished;
}

/** Stage index of the weights that a run takes over from another; lower than that of any stage. */
const FOREIGN_STAGE = -1;

/** The last state that a run saved itself; null when it saved none. */
export function findLastState(store: RunStore, runId: string): CheckpointRecord | null {
  const states = store.listCheckpoints(runId, 'state').filter(({ stageIndex }) => stageIndex !== FOREIGN_STAGE);
  return states.sort((a, b) => a.stageIndex - b.stageIndex || a.step - b.step).at(-1) ?? null;
}

/** `findLastState` of a run that a user names. Throws `UsageError` when there is no such run, or no state. */
export function takeLastState(store: RunStore, wanted: string): CheckpointRecord {
  const { id } = findRun(store, wanted);
  const state = findLastState(store, id);
  if (state === null) throw new UsageError(`run ${id} has saved no weights yet`);
  return state;
}

/** Path of the state that a run began with, of another run; null where it began with none. */
export function findForeignPath(store: RunStore, runId: string): string | null {
  return store.listCheckpoints(runId, 'state').find(({ stageIndex }) => stageIndex === FOREIGN_STAGE)?.path ?? null;
}

/** Makes a run begin with the state of another. */
export function saveForeignState(store: RunStore, runId: string, state: CheckpointRecord): void {
  store.saveCheckpoint(runId, { ...state, stageIndex: FOREIGN_STAGE });
}
