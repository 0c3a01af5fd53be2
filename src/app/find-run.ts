import { UsageError } from '../errors.ts';
import type { RunRecord, RunStore } from '../ports/run-store.ts';

/** The run of that id, or the newest one for null. Throws `UsageError`. */
export function findRun(store: RunStore, runId: string | null): RunRecord {
  const run = runId === null ? store.listRuns()[0] : store.getRun(runId);
  if (run != null) return run;
  throw new UsageError(
    runId === null
      ? `there is no run in ${store.file}`
      : `there is no run ${runId} in ${store.file}; list them with: parallel-r1 runs`,
  );
}
