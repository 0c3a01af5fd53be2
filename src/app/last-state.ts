import { UsageError } from '../errors.ts';
import type { CheckpointRecord, RunStore } from '../ports/run-store.ts';
import { findRun } from './find-run.ts';

/** The weights a run ended with, and how another run begins with them. */

/** Where the weights of a run stand that another run begins with. Lower than the index of any stage. */
const FOREIGN_STAGE = -1;

/** The state a run's last stage was left with; null when it saved none of its own. */
export function findLastState(store: RunStore, runId: string): CheckpointRecord | null {
  const states = store.listCheckpoints(runId, 'state').filter(({ stageIndex }) => stageIndex !== FOREIGN_STAGE);
  return states.sort((a, b) => a.stageIndex - b.stageIndex || a.step - b.step).at(-1) ?? null;
}

/** The same for a run that a user names. Throws `UsageError` when there is no such run, or no state. */
export function takeLastState(store: RunStore, runId: string): CheckpointRecord {
  findRun(store, runId);
  const state = findLastState(store, runId);
  if (state === null) throw new UsageError(`run ${runId} has saved no weights yet`);
  return state;
}

/** Lets a run begin with the state of another. */
export function saveForeignState(store: RunStore, runId: string, state: CheckpointRecord): void {
  store.saveCheckpoint(runId, { ...state, stageIndex: FOREIGN_STAGE });
}
