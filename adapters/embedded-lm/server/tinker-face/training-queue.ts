import { HttpFailure } from '../http/route.ts';
import type { FutureTable } from './futures.ts';

/** One numbered operation of a model. */
export interface NumberedOperation {
  /** From 1, consecutive. */
  readonly seqId: number;
  /** Hash of operation name and body: equal means "the same request again". */
  readonly payloadHash: string;
  run(): Promise<unknown>;
}

interface Waiting {
  readonly run: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Numbers ahead of the next one that may wait for a gap to close. */
const MAX_WAITING = 1024;

/** Numbers that are known when they are repeated: as many as there are results kept. A run of a week makes millions. */
const MAX_RECORDS = 1024;

/**
 * The operations of one model in the order of their numbers, one at a time; a gap makes later ones
 * wait. A number repeated with its payload gives the same future again, with another payload a 409. A
 * failed operation keeps its number: repeated, it gives the same failure.
 */
export class TrainingQueue {
  readonly #futures: FutureTable;
  readonly #records = new Map<number, { readonly payloadHash: string; readonly requestId: string }>();
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #isRunning = false;
  #closedBecause: string | null = null;

  constructor(futures: FutureTable) {
    this.#futures = futures;
  }

  /**
   * The request id of a number that was submitted before with this payload, or null. Throws 409 for another payload, and for
   * a number so old that its result is not kept.
   */
  findReplay(seqId: number, payloadHash: string): string | null {
    const record = this.#records.get(seqId);
    if (record === undefined) {
      if (seqId >= this.#next) return null;
      throw new HttpFailure(409, `Training request sequence number ${seqId} is too old: its result is not kept`);
    }
    if (record.payloadHash === payloadHash) return record.requestId;
    throw new HttpFailure(409, `Training request sequence number was reused: ${seqId}`);
  }

  /** Queues a new number and returns its request id. */
  submit(operation: NumberedOperation): string {
    if (this.#waiting.size >= MAX_WAITING) {
      throw new HttpFailure(429, `${MAX_WAITING} operations wait for sequence number ${this.#next}`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const requestId = this.#futures.add(promise);
    this.#records.set(operation.seqId, { payloadHash: operation.payloadHash, requestId });
    this.#waiting.set(operation.seqId, { run: () => operation.run(), resolve, reject });
    void this.#drain();
    return requestId;
  }

  /** Fails everything that has not begun. */
  close(reason: string): void {
    this.#closedBecause = reason;
    for (const waiting of this.#waiting.values()) waiting.reject(new HttpFailure(400, reason));
    this.#waiting.clear();
  }

  async #drain(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let waiting = this.#waiting.get(this.#next); waiting !== undefined; waiting = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      await waiting.run().then(waiting.resolve, waiting.reject);
      this.#next += 1;
      this.#records.delete(this.#next - 1 - MAX_RECORDS);
      if (this.#closedBecause !== null) this.close(this.#closedBecause);
    }
    this.#isRunning = false;
  }
}
