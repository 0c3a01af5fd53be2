import { classifyRetry, type RetryCause, RetryCourse, type RetryPolicy } from '../core/retry.ts';
import type { Rng } from '../core/rng.ts';
import { OutsideError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';

/** One repetition that is about to happen. */
export interface Repetition {
  readonly cause: RetryCause;
  readonly error: unknown;
  readonly pauseMs: number;
}

export interface RepeatOptions {
  readonly policy: RetryPolicy;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal | undefined;
  /** Spreads the pauses; absent: they are exact. */
  readonly rng?: Pick<Rng, 'next'> | undefined;
  /** Why a failed try is worth repeating, or null. Default: decided by `retryable` and the status of an `OutsideError`. */
  causeOf?(error: unknown): RetryCause | null;
  /** Whether a failure costs none of the tries. */
  isSpared?(cause: RetryCause, tried: number): boolean;
  /** A number that grows while tries make progress, such as bytes received. Once it has grown, earlier failures no longer count. */
  progress?(): number;
  /** Whether the time for all tries together is over. */
  isOver?(): boolean;
  /** Called before the pause of every repetition. */
  onRepeat?(repetition: Repetition): void;
}

/** The cause of a failure at an outside server that may pass; null if the same request would only fail again. */
export function findRetryCause(error: unknown): RetryCause | null {
  return error instanceof OutsideError && error.retryable ? classifyRetry(error) : null;
}

/**
 * The one loop that repeats: runs `call` until it succeeds, with the pauses of the policy between. Rejects with the last
 * failure when it is not worth another try or the policy allows none, and with the signal's reason when aborted.
 * `call` is told which try it is, from 1.
 */
export async function repeatCall<T>(call: (tried: number) => Promise<T>, options: RepeatOptions): Promise<T> {
  const { policy, clock, signal, rng } = options;
  const causeOf = options.causeOf ?? findRetryCause;
  let course: RetryCourse | null = null;
  let reached = options.progress?.() ?? 0;
  for (let tried = 1; ; tried += 1) {
    signal?.throwIfAborted();
    try {
      return await call(tried);
    } catch (error) {
      const cause = causeOf(error);
      if (cause === null) throw error;
      signal?.throwIfAborted();
      course ??= new RetryCourse(policy, rng ?? null);
      const now = options.progress?.() ?? 0;
      if (now > reached) course.begin();
      reached = now;
      const askedMs = error instanceof OutsideError ? error.retryAfterMs : null;
      const pauseMs = course.fail(cause, askedMs, options.isSpared?.(cause, tried) ?? false);
      if (pauseMs === null || options.isOver?.() === true) throw error;
      options.onRepeat?.({ cause, error, pauseMs });
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    }
  }
}
