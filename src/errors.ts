/**
 * Every error the project throws on purpose is a child of `ParallelR1Error`, one child per boundary.
 *
 * Expected badness (a malformed answer, a failed completion) is a value and never thrown; these
 * errors are for the edges. The message is one line: what is wrong, where, what to do.
 */
export class ParallelR1Error extends Error {
  /** Whether the same call may succeed when repeated later. */
  readonly retryable: boolean;

  constructor(message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retryable = options.retryable ?? false;
  }
}

/** Bad flags, configuration or input files: exit code 2. */
export class UsageError extends ParallelR1Error {}

/** What is known of a failure at an outside server. */
export interface OutsideFacts {
  readonly cause?: unknown;
  readonly retryable?: boolean;
  /** HTTP status; null without an answer. */
  readonly status?: number | null;
  /** The pause the server asked for; null when it asked for none. */
  readonly retryAfterMs?: number | null;
  /** Waiting was given up. */
  readonly timedOut?: boolean;
  /** Nothing of the request left this machine, so that it cannot have been acted on. */
  readonly unsent?: boolean;
  /** The fault is this request's or its answer's own: others may well succeed. */
  readonly failsAlone?: boolean;
}

/** Something outside failed: a server, or a file of somebody else's. One shape for all of them, so that one policy repeats. */
export class OutsideError extends ParallelR1Error {
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly timedOut: boolean;
  readonly unsent: boolean;
  readonly failsAlone: boolean;

  constructor(message: string, facts: OutsideFacts = {}) {
    super(message, facts);
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.timedOut = facts.timedOut ?? false;
    this.unsent = facts.unsent ?? false;
    this.failsAlone = facts.failsAlone ?? false;
  }
}

/** The inference server failed, or answered something that is not its protocol. */
export class EngineError extends OutsideError {}

/** The trainer failed, refused an operation, or answered something that is not its protocol. */
export class TrainerError extends OutsideError {}

/** A hub failed, or a problem source or data file cannot be read. For a file, the message names the file and the line. */
export class SourceError extends OutsideError {}

/** A tracker (TensorBoard, MLflow) cannot be written to, or refuses what it is sent. The run warns and goes on. */
export class TrackerError extends OutsideError {}

/** Verification threads cannot be started, or the pool of them was closed. A single case that fails is a verdict, never this. */
export class VerifierError extends ParallelR1Error {}

/** The run store cannot be opened, is in use, is of a newer schema, or cannot be written (disk full). */
export class StoreError extends ParallelR1Error {}

/** A run cannot go on by its own rules (a stage gate was not met, an alarm fired). */
export class RunError extends ParallelR1Error {}

/** The user interrupted (Ctrl-C): exit code 130. */
export class InterruptedError extends ParallelR1Error {}
