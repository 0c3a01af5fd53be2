import type { Judgement, Verifier, VerifyCase } from '../ports/verifier.ts';

/** Cases read ahead of the judgement that is yielded next: enough to keep several threads busy. */
const READ_AHEAD = 512;

/** A case and its judgement. */
export interface JudgedCase<C extends VerifyCase> {
  readonly one: C;
  readonly judgement: Judgement;
}

/**
 * Judges a stream of cases: one judgement per case, in order, each as soon as it and all earlier ones are there. Holds
 * a bounded number of cases. An error of the source comes after the judgements on what was read before it.
 */
export async function* verifyStream<C extends VerifyCase>(
  verifier: Verifier,
  cases: Iterable<C> | AsyncIterable<C>,
  signal?: AbortSignal,
): AsyncGenerator<JudgedCase<C>> {
  const window = new Window<Promise<JudgedCase<C>>>();
  const feed = async () => {
    for await (const one of cases) {
      const judged = verifier.verify([one], signal).then(([judgement]) => ({ one, judgement: judgement! }));
      // The error is thrown when this entry is taken out of the window.
      judged.catch(() => {});
      window.add(judged);
      while (window.size >= READ_AHEAD && !window.isClosed) await window.changed();
      if (window.isClosed) return;
    }
  };
  const feeding = feed().finally(() => window.close());
  feeding.catch(() => {});
  try {
    for (;;) {
      const next = window.take();
      if (next !== null) yield await next;
      else if (window.isClosed) break;
      else await window.changed();
    }
    await feeding;
  } finally {
    window.close();
  }
}

/** What was begun and has not been yielded yet, first in, first out. */
class Window<T> {
  readonly #items: T[] = [];
  #wake: (() => void)[] = [];
  isClosed = false;

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#notify();
  }

  take(): T | null {
    const item = this.#items.shift() ?? null;
    this.#notify();
    return item;
  }

  close(): void {
    this.isClosed = true;
    this.#notify();
  }

  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
