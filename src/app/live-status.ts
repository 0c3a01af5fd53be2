import { isRunLocked } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';

/**
 * Runs as they stand now, in the same order. The store says `running` of one whose process was killed, too; the lock tells.
 * One process at a time works on a store, and it stamped its run last.
 */
export function readLiveStatus(store: Pick<RunStore, 'file' | 'listRuns'>, runs: readonly RunRecord[]): RunRecord[] {
  if (!runs.some(({ status }) => status === 'running')) return [...runs];
  const live = isRunLocked(store.file) ? findLatest(store.listRuns()) : null;
  return runs.map((run) =>
    run.status !== 'running' || run.id === live?.id
      ? run
      : {
          ...run,
          status: 'interrupted',
          message: run.message ?? 'its process ended without a word: killed, or power was lost',
        },
  );
}

function findLatest(runs: readonly RunRecord[]): RunRecord | null {
  const running = runs.filter(({ status }) => status === 'running');
  return running.reduce<RunRecord | null>(
    (latest, run) => (latest === null || run.updatedAtMs > latest.updatedAtMs ? run : latest),
    null,
  );
}
