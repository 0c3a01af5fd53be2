import { EngineError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { SignalFollowers } from './signals.ts';

export interface DeadlineOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Longest one piece of work may take. */
  readonly ms: number;
  /** Beginning of the message when time is up: who did not answer. */
  readonly who: string;
}

/** One piece of work under way. */
interface Attempt {
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
  /** In the order in which they end, because all may take equally long. */
  readonly #open = new Set<Attempt>();
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
      const attempt: Attempt = { endMs, own: new AbortController(), fail: reject };
      const leave = this.#followers.follow(signal, () => this.#end(attempt, signal.reason));
      this.#open.add(attempt);
      if (this.#timer === null) void this.#watch();
      const begin = async () => work(attempt.own.signal);
      void begin()
        .then(resolve, reject)
        .finally(() => {
          leave();
          this.#close(attempt);
        });
    });
  }

  #end(attempt: Attempt, reason: unknown): void {
    this.#close(attempt);
    attempt.fail(reason);
    attempt.own.abort(reason);
  }

  #close(attempt: Attempt): void {
    this.#open.delete(attempt);
    if (this.#open.size === 0) this.#timer?.abort();
  }

  /** Sleeps from one end to the next while anything is open. */
  async #watch(): Promise<void> {
    const { clock, ms, who } = this.#options;
    const timer = new AbortController();
    this.#timer = timer;
    for (const attempt of this.#open) {
      const leftMs = attempt.endMs - clock.monotonic();
      if (leftMs > 0) await clock.sleep(leftMs, timer.signal).catch(() => undefined);
      if (timer.signal.aborted) break;
      if (!this.#open.has(attempt)) continue;
      const text = `${who} gave no whole answer within ${ms / 1000} s`;
      this.#end(attempt, new EngineError(text, { retryable: true, timedOut: true }));
    }
    this.#timer = null;
    if (this.#open.size > 0) void this.#watch();
  }
}
