/** Trackers: programs that show the figures of many runs side by side (TensorBoard, MLflow). They are sent series, and read nothing else of a run. */

/** One figure at one moment of a run. */
export interface SeriesPoint {
  readonly stageIndex: number;
  /** Step within the stage. */
  readonly step: number;
  /** Counts on through the stages of a run and never falls: the horizontal axis of a tracker. */
  readonly globalStep: number;
  /** Metric key, a path: `reward/mean`. */
  readonly key: string;
  readonly value: number;
  /** When it was measured, in milliseconds since the epoch. */
  readonly wallTimeMs: number;
}

/** How a run ended, or was interrupted. */
export type TrackedOutcome = 'done' | 'failed' | 'interrupted';

/** One run at one tracker. Every method rejects with a `TrackerError` of one line; a caller warns and goes on. */
export interface Tracker {
  /** For messages: `TensorBoard`. */
  readonly name: string;
  /**
   * Points up to this global step are there already, from earlier openings: the caller goes on after it. Null where the
   * tracker has nothing, even if something had been sent and somebody deleted it.
   */
  readonly lastStepSent: number | null;
  /**
   * Sends points of one or more whole steps, ascending in `globalStep`, at most one a key and step. They are there for good
   * when this resolves; then the caller stores the last global step, which it passes when it opens the tracker again.
   * Points that reached the tracker although the call failed are not doubled by sending them again.
   */
  send(points: readonly SeriesPoint[], signal: AbortSignal): Promise<void>;
  /** Says how the run ended and lets go of files and connections. */
  close(outcome: TrackedOutcome): Promise<void>;
}

/**
 * Runs a call, and runs it again while it fails with a retryable `TrackerError` and the policy allows: the caller's one
 * place where repetitions are paced and counted. Rejects with the last error, or the signal's reason.
 */
export type RepeatCall = <T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>;
