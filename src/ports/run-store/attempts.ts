import type { Problem } from '../../core/problem.ts';
import type { Verdict } from '../../core/verify/verdict.ts';

/** One cold-start attempt: a teacher's answer to a problem and what the filters said about it. */
export interface AttemptRecord {
  readonly problem: Problem;
  /** Which of the answers to this problem, from 0. */
  readonly sample: number;
  readonly status: 'accepted' | 'rejected' | 'failed';
  /**
   * Code of the filter that stopped it (`missing_summary`, `wrong_answer`, ...). Of a failed attempt: `http_400` and the like,
   * `timeout`, `no_answer`, `odd_answer` or `unfinished` (`transport` in older rows). Null when accepted.
   */
  readonly code: string | null;
  /** Seed of the call. */
  readonly seed: number;
  /** What the teacher wrote. Of a failed attempt: why there is no answer. Null when there is neither. */
  readonly raw: string | null;
  /** What the teacher thought, where the server tells it apart; with method `annotate` the sequential answer. */
  readonly reasoning: string | null;
  /** Canonical target text; null unless accepted. */
  readonly target: string | null;
  /** The verdict on the answer; null when an earlier filter objected, and in rows older than the column. */
  readonly verdict: Verdict | null;
  /** The answer that was found; the verdict's own where there is one. */
  readonly extracted: string | null;
  /** As the server counted; null where it did not. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Hash of the teacher prompt template. */
  readonly promptHash: string;
}

/** A cold-start attempt that was judged again, and what becomes of it. */
export type AttemptRevision = Pick<AttemptRecord, 'problem' | 'sample' | 'status' | 'code' | 'target'> & {
  readonly stageIndex: number;
  readonly verdict: Verdict;
};

/** What is known of an attempt without reading its text. */
export type AttemptStatus = Pick<AttemptRecord, 'sample' | 'status'>;

/** How many attempts of a stage ended in one way. */
export interface AttemptCount extends Pick<AttemptRecord, 'code' | 'status'> {
  readonly count: number;
}

/** The failed attempts of a stage under one code. */
export interface FailedAttempts {
  readonly code: string;
  readonly count: number;
  /** What the server said, or what was wrong with its answer, the last time. */
  readonly message: string;
}

/** Sums over the stored attempts of a stage. */
export interface AttemptTotals {
  readonly attempts: number;
  readonly problems: number;
  /** Problems with an accepted attempt. */
  readonly acceptedProblems: number;
  /** As the server counted, and by `estimateTokens` where it did not; of failed attempts only what it counted. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Time in which attempts arrived, pauses longer than a minute left out. */
  readonly activeMs: number;
}

/** The family of `RunStore` that holds cold-start attempts. */
export interface StoredAttempts {
  /** The first attempt under (run, stage, problem, sample) stays. */
  saveAttempts(runId: string, stageIndex: number, attempts: readonly AttemptRecord[]): void;
  /** In order of (problem source, problem id, sample), whatever order they were finished in; read one by one. */
  listAttempts(runId: string, stageIndex: number, status?: AttemptRecord['status']): Iterable<AttemptRecord>;
  /** What is stored of one problem, by sample. */
  findAttempts(runId: string, stageIndex: number, problem: Problem): AttemptStatus[];
  /** Sums over a stage; zeros where it has no attempts. */
  measureAttempts(runId: string, stageIndex: number): AttemptTotals;
  /** Failed attempts of a stage per code, most frequent first. */
  listFailedAttempts(runId: string, stageIndex: number): FailedAttempts[];
  /** Forgets failed attempts, so that their problems are asked about again; returns how many there were. */
  dropFailedAttempts(runId: string, stageIndex: number): number;
  /** Attempts of a stage per status and code. */
  countAttempts(runId: string, stageIndex: number): AttemptCount[];
}
