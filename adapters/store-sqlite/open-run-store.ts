import type { Clock } from '../../src/ports/clock.ts';
import type { RunStore } from '../../src/ports/run-store.ts';
import { openAnswersTable } from './answers-table.ts';
import { openAttemptsTable } from './attempts-table.ts';
import { openCheckpointsTable } from './checkpoints-table.ts';
import { openConnection } from './connection.ts';
import { openMetricsTable } from './metrics-table.ts';
import { openProblemIndex } from './problem-index.ts';
import { openPromptsTable } from './prompts-table.ts';
import { openRevisionsTable } from './revisions-table.ts';
import { openRolloutsTable } from './rollouts-table.ts';
import { openRunsTable } from './runs-table.ts';
import { openTrainerRequestsTable } from './trainer-requests-table.ts';

export interface RunStoreOptions {
  /** Look only: the file must exist and is not changed. Default false. */
  readonly readonly?: boolean;
  /** Stamps the rows; the system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Upper limit of the file in pages of 4 KiB; beyond it a write fails as on a full disk. No limit by default. */
  readonly maxPages?: number;
}

/**
 * Opens the run store in `file`, creating or migrating it as needed. Every method is one short
 * transaction; everything thrown, here and later, is a `StoreError` of one line. Hold the run
 * lock (`acquireRunLock`) while writing a run.
 */
export function openRunStore(file: string, options: RunStoreOptions = {}): RunStore {
  const clock = options.clock ?? Date;
  const connection = openConnection(file, {
    readonly: options.readonly ?? false,
    maxPages: options.maxPages ?? null,
    now: () => clock.now(),
  });
  const problems = openProblemIndex(connection);
  return {
    file: connection.file,
    saveTogether: connection.write,
    ...openRunsTable(connection),
    ...openPromptsTable(connection),
    ...openAnswersTable(connection),
    ...openAttemptsTable(connection, problems),
    ...openRolloutsTable(connection, problems),
    ...openRevisionsTable(connection, problems),
    ...openMetricsTable(connection),
    ...openCheckpointsTable(connection),
    ...openTrainerRequestsTable(connection),
    [Symbol.dispose]: connection.close,
  };
}
