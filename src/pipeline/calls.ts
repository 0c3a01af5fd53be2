import pLimit from 'p-limit';
import { EngineError, RunError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';

/** Bounds how many engine calls run at once and repeats those that may succeed later: the one place of retries. */
export interface CallPolicy {
  /**
   * Runs `call` when a place is free. A retryable `EngineError` is repeated with growing pauses; when the
   * attempts are used up it becomes a `RunError`, because the engine and not this request is at fault.
   * Other errors pass through at once.
   */
  run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Calls that were repeated since the start. */
  readonly retries: number;
}

/** Statuses of a request that is itself at fault: the same one would be refused again, others would not. */
const REQUEST_FAULTS: ReadonlySet<number | null> = new Set([400, 413, 422]);

/**
 * The message of a request the engine refused for good. Anything else (a wrong key, weights the engine lost,
 * an answer that is no answer) is no fault of this request and is thrown on: it must end the stage, not
 * turn every rollout into a failed one.
 */
export function describeRefusal(error: unknown): string {
  if (error instanceof EngineError && !error.retryable && REQUEST_FAULTS.has(error.status)) return error.message;
  throw error;
}

export interface CallPolicyOptions {
  readonly maxInFlight: number;
  /** Attempts per call, the first included. */
  readonly attempts: number;
  /** Pause before the second attempt; doubles up to `maxPauseMs`. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  readonly clock: Clock;
}

/** Creates the policy of one engine. */
export function createCallPolicy(options: CallPolicyOptions): CallPolicy {
  const limit = pLimit(options.maxInFlight);
  let retries = 0;

  async function attempt<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof EngineError) || !error.retryable) throw error;
        if (tried >= options.attempts) {
          throw new RunError(`engine gave up after ${tried} attempts: ${error.message}`, { cause: error });
        }
        retries += 1;
        const pauseMs = Math.min(options.maxPauseMs, options.firstPauseMs * 2 ** (tried - 1));
        await options.clock.sleep(Math.max(pauseMs, error.retryAfterMs ?? 0), signal);
      }
    }
  }

  return {
    run: (call, signal) => limit(() => attempt(call, signal)),
    get retries() {
      return retries;
    },
  };
}
