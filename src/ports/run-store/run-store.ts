import type { StoredAnswers } from './answers.ts';
import type { StoredAttempts } from './attempts.ts';
import type { StoredListings } from './listings.ts';
import type { StoredRemovals } from './removals.ts';
import type { StoredRollouts } from './rollouts.ts';
import type { StoredRuns } from './runs.ts';
import type { StoredTraining } from './training.ts';

/**
 * The run store as the pipeline sees it: every fact of a run, in families that a function may ask for one by one.
 *
 * All calls are synchronous. Each is one transaction: after a crash it has happened as a whole or not at all, and once it
 * has returned it survives the death of the process and, where it says so, the loss of power. A row under an existing key
 * is left as it is unless a method says otherwise, so that work repeated after a resume doubles nothing. Everything
 * thrown is a `StoreError` of one line.
 */
export interface RunStore
  extends StoredRuns,
    StoredAnswers,
    StoredAttempts,
    StoredRollouts,
    StoredListings,
    StoredTraining,
    StoredRemovals {
  /** Absolute path of the database file. */
  readonly file: string;

  /** Runs synchronous writes as one transaction: all of them, or none when one throws. */
  saveTogether(writes: () => void): void;

  /** Closes the file; what is written to it afterwards throws. */
  [Symbol.dispose](): void;
}
