import { classifyRetry, type FailureCost, type RetryCause, RetryCourse, type RetryPolicy } from '../core/retry.ts';
import type { Rng } from '../core/rng.ts';
import { EngineError, OutsideError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';

/**
 * Lets many follow one signal through a single listener: on a signal that has thousands of listeners, adding or removing
 * one takes time in proportion to their number.
 */
export class SignalFollowers {
  readonly #groups = new WeakMap<AbortSignal, Group>();

  /** Calls `act` when the signal fires. Returns the function that stops following; a signal nobody follows keeps no listener. */
  follow(signal: AbortSignal, act: () => void): () => void {
    const group = this.#groups.get(signal) ?? this.#listen(signal);
    // One entry per follower, though the same function may follow twice.
    const entry = { act };
    group.entries.add(entry);
    return () => {
      if (!group.entries.delete(entry) || group.entries.size > 0) return;
      signal.removeEventListener('abort', group.listener);
      if (this.#groups.get(signal) === group) this.#groups.delete(signal);
    };
  }

  #listen(signal: AbortSignal): Group {
    const entries = new Set<{ readonly act: () => void }>();
    const listener = () => {
      for (const { act } of [...entries]) act();
    };
    const group = { entries, listener };
    this.#groups.set(signal, group);
    signal.addEventListener('abort', listener, { once: true });
    return group;
  }
}

interface Group {
  readonly entries: Set<{ readonly act: () => void }>;
  readonly listener: () => void;
}

/**
 * Runs `work` with a signal of its own that follows `signal` and is aborted when `work` fails: nothing it started
 * goes on, and no listener stays behind on a signal that lives as long as the run.
 */
export async function withLinkedAbort<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const own = new AbortController();
  const follow = () => own.abort(signal?.reason);
  signal?.addEventListener('abort', follow, { once: true });
  try {
    return await work(own.signal);
  } catch (error) {
    own.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', follow);
  }
}

export interface DeadlineOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Longest one piece of work may take. */
  readonly ms: number;
  /** Beginning of the message when time is up: who did not answer. */
  readonly who: string;
}

/** One piece of work under way. */
interface OpenWork {
  readonly endMs: number;
  readonly own: AbortController;
  fail(reason: unknown): void;
}

/**
 * A time limit for many pieces of work at once. Thousands share one timer and one listener per signal: a timer and
 * a listener for each would cost more than the request they guard.
 */
export class Deadlines {
  readonly #options: DeadlineOptions;
  /** In the order in which their time ends, because all may take equally long. */
  readonly #open = new Set<OpenWork>();
  readonly #followers = new SignalFollowers();
  #timer: AbortController | null = null;

  constructor(options: DeadlineOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` with a signal of its own that follows `signal` and fires when time is up. Then it rejects with a
   * retryable `EngineError` (`timedOut`), or with the signal's reason, whether or not the work heeds its signal.
   */
  run<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal.throwIfAborted();
      const endMs = this.#options.clock.monotonic() + this.#options.ms;
      const one: OpenWork = { endMs, own: new AbortController(), fail: reject };
      const leave = this.#followers.follow(signal, () => this.#end(one, signal.reason));
      this.#open.add(one);
      if (this.#timer === null) void this.#watch();
      const begin = async () => work(one.own.signal);
      void begin()
        .then(resolve, reject)
        .finally(() => {
          leave();
          this.#close(one);
        });
    });
  }

  #end(one: OpenWork, reason: unknown): void {
    this.#close(one);
    one.fail(reason);
    one.own.abort(reason);
  }

  #close(one: OpenWork): void {
    this.#open.delete(one);
    if (this.#open.size === 0) this.#timer?.abort();
  }

  /** Sleeps from one end to the next while anything is open. */
  async #watch(): Promise<void> {
    const { clock, ms, who } = this.#options;
    const timer = new AbortController();
    this.#timer = timer;
    for (;;) {
      // A fresh look each time: an iterator that is kept over a sleep keeps all that ended meanwhile in memory.
      const [one] = this.#open;
      if (one === undefined) break;
      const leftMs = one.endMs - clock.monotonic();
      if (leftMs > 0) await clock.sleep(leftMs, timer.signal).catch(() => undefined);
      if (timer.signal.aborted) break;
      if (!this.#open.has(one)) continue;
      const text = `${who} gave no whole answer within ${ms / 1000} s`;
      this.#end(one, new EngineError(text, { retryable: true, timedOut: true }));
    }
    this.#timer = null;
    if (this.#open.size > 0) void this.#watch();
  }
}

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
  /** What a failure costs; default: one of the tries. */
  costOf?(cause: RetryCause, error: unknown): FailureCost;
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
      const pauseMs = course.fail(cause, askedMs, options.costOf?.(cause, error));
      if (pauseMs === null || options.isOver?.() === true) throw error;
      options.onRepeat?.({ cause, error, pauseMs });
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    }
  }
}
