import type { RunStore } from '../ports/run-store.ts';

interface Queued {
  readonly write: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes to the store that come in one turn of the event loop, as one transaction at its end: with thousands of calls
 * in flight a transaction for each would take longer than what it holds.
 */
export class WriteBatch {
  readonly #store: Pick<RunStore, 'saveTogether'>;
  #queue: Queued[] = [];

  constructor(store: Pick<RunStore, 'saveTogether'>) {
    this.#store = store;
  }

  /** Resolves when the write is in the store; rejects, with all others of this turn, when one of them throws. */
  add(write: () => void): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#queue.length === 0) setImmediate(() => this.#flush());
      this.#queue.push({ write, done, failed });
    });
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
    }
    for (const { done } of queue) done();
  }
}
