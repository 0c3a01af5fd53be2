import type { Problem } from '../../core/problem.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import type { AttemptRecord } from './attempts.ts';
import type { RolloutPurpose, RolloutRecord } from './rollouts.ts';

/** A problem as the store keeps it: once, for all runs. */
export interface ListedProblem extends Problem {
  /** Of its row; a text that changed under the same id is another row. */
  readonly key: number;
}

/** A rollout as a list shows it: everything but its text and tokens. */
export interface ListedRollout extends Omit<RolloutRecord, 'trajectory' | 'problem'> {
  /** Of its row, unique in the store. */
  readonly id: number;
  readonly problem: ListedProblem;
  /** Null when the rollout failed for good. */
  readonly end: Trajectory['end'] | null;
  /** Executed blocks. */
  readonly blocks: number;
  /** Sampled tokens, all of them and those on the longest chain. */
  readonly policyTokens: number;
  readonly criticalTokens: number;
}

/** Which rollouts are listed; what is left out does not matter. */
export interface RolloutFilter {
  readonly stageIndex?: number;
  readonly purpose?: RolloutPurpose;
  readonly step?: number;
  readonly group?: number;
  readonly set?: string;
  /** Key of a problem. */
  readonly problem?: number;
  /** Only those whose answer is right (true), or is not (false). Failed rollouts are neither. */
  readonly correct?: boolean;
  /** Only those whose first violation has this code. */
  readonly code?: string;
  /** Only those with an executed block, or without. */
  readonly forked?: boolean;
}

/** One page of a list. */
export interface Page {
  /** Id of the last row of the page before; null for the first page. */
  readonly after: number | null;
  /** At most so many rows, from 1. */
  readonly size: number;
}

/** What became of one group of rollouts, which all answer the same problem. */
export interface GroupOutcome {
  readonly stageIndex: number;
  readonly step: number;
  /** Key of the problem. */
  readonly problem: number;
  readonly set: string | null;
  readonly rollouts: number;
  readonly correct: number;
  readonly forked: number;
}

/** A stored attempt with the id of its row. */
export interface ListedAttempt extends AttemptRecord {
  readonly id: number;
}

/** Which attempts of a stage are listed; what is left out does not matter. */
export interface AttemptFilter {
  readonly status?: AttemptRecord['status'];
  readonly code?: string;
}

/** The family of `RunStore` that looks: lists in pages, and single rows by their id. Nothing here reads a whole run. */
export interface StoredListings {
  /** In order of (stage, purpose, step, group, sample). */
  listRollouts(runId: string, filter: RolloutFilter, page: Page): ListedRollout[];
  /** How many rollouts a filter lets through. */
  countRollouts(runId: string, filter: RolloutFilter): number;
  /** A rollout with what it says; null when the store has none of that id. */
  findRollout(
    id: number,
  ): { readonly runId: string; readonly listed: ListedRollout; readonly trajectory: Trajectory | null } | null;
  /** Those of one purpose in order of (stage, step, group), read page by page as they are asked for. */
  listGroupOutcomes(runId: string, purpose: RolloutPurpose): Iterable<GroupOutcome>;
  /** Key of a problem by its id, as a source names it, if a rollout of the run answers it; null otherwise. */
  findProblemKey(runId: string, id: string): number | null;
  /** Problems by their keys; those that are not there are left out. */
  findProblems(keys: readonly number[]): ListedProblem[];
  /** In the order in which they were stored. */
  pageAttempts(runId: string, stageIndex: number, filter: AttemptFilter, page: Page): ListedAttempt[];
  /** A number that changes when somebody else has written to the store since. */
  dataVersion(): number;
}
