import type { Clock } from '../../ports/clock.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';

interface Queued {
  readonly write: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Transactions follow each other no sooner: what is written in one costs less the more there is of it. */
const PAUSE_MS = 4;

/**
 * Writes to the store as few transactions: with thousands of calls in flight, one for each would take longer than what
 * it holds. A write after a pause is made at the end of the turn; under load those of a few milliseconds go together.
 */
export class WriteBatch {
  readonly #store: Pick<RunStore, 'saveTogether'>;
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>;
  #queue: Queued[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<RunStore, 'saveTogether'>, clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Resolves when the write is in the store; rejects, with all others of its transaction, when one of them throws. */
  add(write: () => void): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#queue.length === 0) this.#schedule();
      this.#queue.push({ write, done, failed });
    });
  }

  #schedule(): void {
    const waitMs = this.#lastMs + PAUSE_MS - this.#clock.monotonic();
    if (waitMs > 0) void this.#clock.sleep(waitMs).then(() => this.#flush());
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    try {
      this.#store.saveTogether(() => {
        for (const { write } of queue) write();
      });
    } catch (error) {
      for (const { failed } of queue) failed(error);
      return;
    } finally {
      this.#lastMs = this.#clock.monotonic();
    }
    for (const { done } of queue) done();
  }
}
