import { randomBytes } from 'node:crypto';
import { HttpFailure } from '../http/failure.ts';

/** What a finished operation came to. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly failure: { readonly status: number; readonly detail: string } };

interface Future {
  outcome: Outcome | null;
  readonly done: Promise<void>;
}

/** Finished results kept for re-reading; older ones are forgotten. */
const MAX_KEPT = 1024;

/**
 * Results of operations by request id. They stay after they were read, so a client may poll again when
 * an answer got lost. Ids carry the process, so an id of an earlier process is never mistaken for one of this.
 */
export class FutureTable {
  readonly #boot = randomBytes(4).toString('hex');
  readonly #futures = new Map<string, Future>();
  #count = 0;

  /** Registers an operation and answers its request id at once. */
  add(operation: Promise<unknown>): string {
    this.#count += 1;
    const requestId = `${this.#boot}-${this.#count}`;
    const done = operation.then(
      (value) => this.#settle(requestId, { value }),
      (error: unknown) => this.#settle(requestId, { failure: describeFailure(error) }),
    );
    this.#futures.set(requestId, { outcome: null, done });
    return requestId;
  }

  /**
   * The outcome, waiting for it up to `waitMs`; null when it is not there yet. Throws 404 for an id
   * nobody gave out or that is forgotten; rejects when the signal aborts.
   */
  async wait(requestId: string, waitMs: number, signal: AbortSignal): Promise<Outcome | null> {
    const future = this.#futures.get(requestId);
    if (future === undefined)
      throw new HttpFailure(404, `Future ${requestId} not found: unknown, expired, or of an earlier server process`);
    if (future.outcome === null) await waitAtMost(future.done, waitMs, signal);
    return future.outcome;
  }

  #settle(requestId: string, outcome: Outcome): void {
    this.#futures.get(requestId)!.outcome = outcome;
    if (this.#futures.size <= MAX_KEPT) return;
    for (const [id, future] of this.#futures) {
      if (future.outcome === null || id === requestId) continue;
      this.#futures.delete(id);
      return;
    }
  }
}

function describeFailure(error: unknown): { status: number; detail: string } {
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 400, detail };
}

function waitAtMost(done: Promise<void>, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      resolve();
    };
    const cancel = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(finish, waitMs);
    signal.addEventListener('abort', cancel, { once: true });
    void done.then(finish);
  });
}
