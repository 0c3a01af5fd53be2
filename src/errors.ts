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

/**
 * The inference server failed, or answered something that is not its protocol. `status` is the HTTP status, null
 * without an answer; `retryAfterMs` the pause the server asked for, null when it asked for none; `timedOut` that
 * waiting was given up.
 */
export class EngineError extends ParallelR1Error {
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly timedOut: boolean;

  constructor(
    message: string,
    options: {
      cause?: unknown;
      retryable?: boolean;
      status?: number | null;
      retryAfterMs?: number | null;
      timedOut?: boolean;
    } = {},
  ) {
    super(message, options);
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.timedOut = options.timedOut ?? false;
  }
}

/** The trainer failed, refused an operation, or answered something that is not its protocol. */
export class TrainerError extends ParallelR1Error {
  readonly status: number | null;

  constructor(message: string, options: { cause?: unknown; retryable?: boolean; status?: number | null } = {}) {
    super(message, options);
    this.status = options.status ?? null;
  }
}

/** Verification threads cannot be started, or the pool of them was closed. A single case that fails is a verdict, never this. */
export class VerifierError extends ParallelR1Error {}

/** The run store cannot be opened, is in use, is of a newer schema, or cannot be written (disk full). */
export class StoreError extends ParallelR1Error {}

/** A tracker (TensorBoard, MLflow) cannot be written to, or refuses what it is sent. The run warns and goes on. */
export class TrackerError extends ParallelR1Error {}

/** A problem source or data file cannot be read. The message names file and line. */
export class SourceError extends ParallelR1Error {}

/** A run cannot go on by its own rules (a stage gate was not met, an alarm fired). */
export class RunError extends ParallelR1Error {}

/** The user interrupted (Ctrl-C): exit code 130. */
export class InterruptedError extends ParallelR1Error {}
