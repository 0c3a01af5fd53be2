import type { RolloutStep } from './rollouts.ts';

/** How much of something a run keeps. Bytes are those of the stored cells, without what SQLite adds. */
export interface KeptBytes {
  readonly rows: number;
  readonly bytes: number;
}

/** The size of the file that a store is. */
export interface StoreSize {
  /** Database and write-ahead log. */
  readonly bytes: number;
  /** Of these, what holds nothing and what `compact` would give back. */
  readonly unusedBytes: number;
}

/** The family of `RunStore` that removes for good. Nothing here is called by a run. */
export interface StoredRemovals {
  /** Rollouts of a stage whose tokens have log-probs. Reads every segment of the stage once. */
  measureLogprobs(runId: string, stageIndex: number): KeptBytes;
  /** Forgets the log-probs of one step; ids and text stay. Returns the bytes that they took. */
  dropLogprobs(runId: string, step: RolloutStep): number;
  /** Answers of an engine that no finished attempt or rollout holds. */
  measureAnswers(runId: string): KeptBytes;
  dropAllAnswers(runId: string): void;
  /** Rollouts and attempts of a run, and about what they take. Reads every segment of the run once. */
  measureRun(runId: string): KeptBytes;
  /** Removes a run with everything that is its own, as one transaction; survives power loss. */
  removeRun(runId: string): void;
  /** Removes problems and prompts that no run refers to any more; survives power loss. */
  removeUnreferenced(): void;
  measureStore(): StoreSize;
  /**
   * Writes the store anew without its unused space. Throws a `StoreError` where the disk has no room for that; whatever
   * happens meanwhile, the store is as it was or as it shall be.
   */
  compact(): void;
}
