import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallerOption, findOptionFault } from '../../src/core/options.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { openAttemptsTable } from './attempts-table.ts';
import { openConnection } from './connection.ts';
import { openListings } from './listings.ts';
import { openRemovals } from './removals.ts';
import { openRevisionsTable } from './revisions-table.ts';
import { openRolloutsTable } from './rollouts-table.ts';
import { openRunsTable } from './runs-table.ts';
import { openProblemRows } from './shared-rows.ts';
import { openAnswersTable, openTrainingTables } from './training-tables.ts';

/** How the store is opened. */
export interface RunStoreOptions {
  /** Only read: the file must exist and is not changed; an older schema is shown as this one. Default false. */
  readonly readonly?: boolean;
  /** Stamps the rows; the system's clock by default. */
  readonly clock?: Pick<Clock, 'now'>;
  /** Upper limit of the file in pages of 4 KiB; beyond it a write fails as on a full disk. No limit by default. */
  readonly maxPages?: number;
  /** Is told, in one line, that an older store gets this schema and where a copy of it is kept. Default: nobody. */
  readonly tell?: (line: string) => void;
}

const OPTIONS = {
  readonly: 'boolean?',
  clock: 'object?',
  maxPages: 'number?',
  tell: 'function?',
} as const satisfies Readonly<Record<keyof RunStoreOptions, CallerOption>>;

/**
 * Opens the run store in `file`, creating or migrating it as needed. Every method is one short
 * transaction; everything thrown, here and later, is a `StoreError` of one line. Hold the run
 * lock (`acquireRunLock`) while writing a run.
 */
export function openRunStore(file: string, options: RunStoreOptions = {}): RunStore {
  const fault = findOptionFault('openRunStore', options, OPTIONS);
  if (fault !== null) throw new TypeError(fault);
  const { readonly = false, clock = Date, maxPages = null, tell = () => {} } = options;
  const connection = openConnection(file, { readonly, maxPages, clock, tell });
  const problems = openProblemRows(connection);
  return {
    file: connection.file,
    saveTogether: connection.write,
    ...openRunsTable(connection),
    ...openAnswersTable(connection),
    ...openAttemptsTable(connection, problems),
    ...openRolloutsTable(connection, problems),
    ...openListings(connection, problems),
    ...openRevisionsTable(connection, problems),
    ...openTrainingTables(connection),
    ...openRemovals(connection),
    [Symbol.dispose]: connection.close,
  };
}

/** A store in a folder of its own, for work whose rows nobody will ask for again; disposing it removes the folder. */
export function openThrowawayStore(): RunStore {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-'));
  try {
    const store = openRunStore(join(folder, 'runs.db'));
    return {
      ...store,
      [Symbol.dispose]: () => {
        store[Symbol.dispose]();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
