import pLimit from 'p-limit';
import type { Rng } from '../../core/rng.ts';
import { Deadlines } from '../../edge/deadlines.ts';
import { EngineError, RunError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { LoadWatch, type ReadLoad } from './load-watch.ts';
import { classifyRetry, isCongestion, isRefusal, type RetryCause, RetryTally } from './retry-causes.ts';

/** Bounds how many engine calls run at once and repeats those that may succeed later: the one place of retries. */
export interface CallPolicy {
  /**
   * Runs `call` when a place is free, with a signal that follows `signal` and fires at the deadline. A retryable
   * `EngineError` is repeated with growing pauses; when the attempts are used up it becomes a `RunError`, because
   * the engine and not this request is at fault. Other errors pass through at once.
   */
  run<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Calls that were repeated since the start. */
  readonly retries: number;
  stats(): CallStats;
}

/** What the policy did since the start, and where it stands. */
export interface CallStats {
  readonly retries: Readonly<Record<RetryCause, number>>;
  /** Calls that may be in flight now. */
  readonly limit: number;
  /** How often the limit was cut. */
  readonly cuts: number;
  readonly inFlight: number;
  /** Calls that wait for a place. */
  readonly waiting: number;
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
  /** Never more calls than this in flight. */
  readonly maxInFlight: number;
  /** Where the limit begins; it grows from there, and shrinks when the server is busy. Default: `maxInFlight`. */
  readonly startInFlight?: number;
  /** Attempts per call, the first included; refusals of a busy server that serves others count for less. */
  readonly attempts: number;
  /** Pause before the second attempt; doubles up to `maxPauseMs`. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** Longest one attempt may take; absent: as long as the engine waits. */
  readonly deadlineMs?: number;
  /** Shortens pauses by up to half, so that calls refused together do not come back together. Absent: exact pauses. */
  readonly rng?: Rng;
  /** What the server tells of its load, where it does. */
  readonly readLoad?: ReadLoad;
  readonly clock: Clock;
}

/** A call refused by a server that answers others goes on this many times longer before it is given up. */
const PATIENCE = 8;

/** Creates the policy of one engine. */
export function createCallPolicy(options: CallPolicyOptions): CallPolicy {
  return new AdaptivePolicy(options);
}

class AdaptivePolicy implements CallPolicy {
  readonly #options: CallPolicyOptions;
  readonly #adaptive: AdaptiveLimit;
  readonly #places: ReturnType<typeof pLimit>;
  readonly #tally = new RetryTally();
  readonly #watch: LoadWatch | null;
  readonly #deadlines: Deadlines | null;
  /** Calls that succeeded. */
  #answers = 0;

  constructor(options: CallPolicyOptions) {
    const { maxInFlight, startInFlight = maxInFlight, deadlineMs: ms, readLoad, clock } = options;
    this.#options = options;
    this.#adaptive = new AdaptiveLimit(startInFlight, maxInFlight);
    this.#places = pLimit(this.#adaptive.value);
    const heed = (load: Parameters<AdaptiveLimit['heed']>[0]) =>
      this.#adapt(() => this.#adaptive.heed(load, this.#places.activeCount));
    this.#deadlines = ms === undefined ? null : new Deadlines({ clock, ms, who: 'the engine' });
    this.#watch = readLoad === undefined ? null : new LoadWatch(readLoad, clock, heed);
  }

  run<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#places(() => this.#repeat(call, signal));
  }

  get retries(): number {
    return this.#tally.total;
  }

  stats(): CallStats {
    const { activeCount, pendingCount } = this.#places;
    const { value: limit, cuts } = this.#adaptive;
    return { retries: this.#tally.byCause(), limit, cuts, inFlight: activeCount, waiting: pendingCount };
  }

  async #repeat<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { attempts, clock } = this.#options;
    let used = 0;
    let answersSeen = this.#answers;
    for (let tried = 1; ; tried += 1) {
      signal.throwIfAborted();
      this.#watch?.look(signal);
      const cuts = this.#adaptive.cuts;
      try {
        const answer = await (this.#deadlines === null ? call(signal) : this.#deadlines.run(signal, call));
        this.#answers += 1;
        this.#adapt(() => this.#adaptive.grow(cuts, this.#places.activeCount));
        return answer;
      } catch (error) {
        if (!(error instanceof EngineError) || !error.retryable) throw error;
        const cause = classifyRetry(error);
        if (isCongestion(cause)) this.#adapt(() => this.#adaptive.shrink(cuts, this.#places.activeCount));
        const isServing = isRefusal(cause) && this.#answers > answersSeen;
        answersSeen = this.#answers;
        if (!isServing) used += 1;
        if (used >= attempts || tried >= attempts * PATIENCE) {
          throw new RunError(`engine gave up after ${tried} attempts: ${error.message}`, { cause: error });
        }
        this.#tally.add(cause);
        await clock.sleep(this.#pauseMs(Math.max(1, used), error.retryAfterMs ?? 0), signal);
      }
    }
  }

  /** The server's own pause wins when it is longer, and is spread too. */
  #pauseMs(used: number, retryAfterMs: number): number {
    const { firstPauseMs, maxPauseMs, rng } = this.#options;
    const fullMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (used - 1));
    const spreadMs = (rng?.next() ?? 0) * (fullMs / 2);
    return retryAfterMs > fullMs - spreadMs ? retryAfterMs + spreadMs : fullMs - spreadMs;
  }

  #adapt(change: () => void): void {
    change();
    const { value } = this.#adaptive;
    if (value !== this.#places.concurrency) this.#places.concurrency = value;
  }
}
