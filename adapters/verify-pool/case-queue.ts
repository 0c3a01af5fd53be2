import type { Judgement, VerifyCase } from '../../src/ports/verifier.ts';

/** What `verify` was called with and what has come of it so far. */
export interface VerifyCall {
  readonly judgements: Judgement[];
  left: number;
  isOver: boolean;
  resolve(judgements: Judgement[]): void;
  reject(error: unknown): void;
}

/** One case that waits for its judgement. */
export interface WaitingCase {
  readonly call: VerifyCall;
  readonly position: number;
  readonly one: VerifyCase;
  /** A thread died over a batch that held it, and nobody knows over which case: it goes alone. */
  isSuspect: boolean;
}

/** A batch is small enough that a thread's death costs little, large enough that the hop between threads does. */
const BATCH_CASES = 64;
const BATCH_CODE_UNITS = 4_000_000;

/** The cases that wait, first come, first served. */
export class CaseQueue {
  #waiting: WaitingCase[] = [];
  #from = 0;

  get size(): number {
    return this.#waiting.length - this.#from;
  }

  add(cases: readonly WaitingCase[]): void {
    for (const one of cases) this.#waiting.push(one);
  }

  /** Puts cases back at the head. */
  putBack(cases: readonly WaitingCase[]): void {
    this.#waiting = [...cases, ...this.#waiting.slice(this.#from)];
    this.#from = 0;
  }

  /** The next batch for one of `threads` threads. Cases of calls that are over are dropped. */
  take(threads: number): WaitingCase[] {
    const batch: WaitingCase[] = [];
    const most = Math.min(BATCH_CASES, Math.ceil(this.size / threads));
    let codeUnits = 0;
    while (this.size > 0 && batch.length < most) {
      const next = this.#waiting[this.#from]!;
      codeUnits += next.one.gold.length + next.one.text.length;
      if (batch.length > 0 && (next.isSuspect || codeUnits > BATCH_CODE_UNITS)) break;
      this.#from += 1;
      if (next.call.isOver) continue;
      batch.push(next);
      if (next.isSuspect) break;
    }
    if (this.#from > 1000 && this.#from * 2 > this.#waiting.length) this.putBack([]);
    return batch;
  }

  /** Empties the queue and returns what waited. */
  clear(): WaitingCase[] {
    const rest = this.#waiting.slice(this.#from);
    this.#waiting = [];
    this.#from = 0;
    return rest;
  }
}
