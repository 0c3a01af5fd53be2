import { VERIFIER } from '../../src/core/verify/verdict.ts';
import { SignalFollowers } from '../../src/edge/waiting.ts';
import { VerifierError } from '../../src/errors.ts';
import type { Judgement, Verifier, VerifyCase } from '../../src/ports/verifier.ts';
import { type BatchOutcome, type ThreadEnd, VerifyThread } from './verify-thread.ts';

/** One call of `verify` and its judgements so far. */
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
  /** A thread died over a batch that held this case, and nobody knows over which case: it is judged alone. */
  isSuspect: boolean;
}

/** A batch is small enough for a thread's death to cost little, and large enough for the messages between threads to cost little. */
const BATCH_CASES = 64;
const BATCH_CODE_UNITS = 4_000_000;

/** The waiting cases, first come, first served. */
class CaseQueue {
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

/** How many threads there are, and what bounds them. */
export interface VerifyPoolOptions {
  /** Threads, started when there is work for them. Default 1. */
  readonly threads?: number;
  /**
   * Milliseconds a case may take once a thread has taken it up. Default 5,000: far above what the bounds of the
   * verifier allow, so that a busy machine changes no verdict.
   */
  readonly deadlineMs?: number;
  /** Limit of each thread's heap in MB. Default 256. */
  readonly memoryMb?: number;
  /** Module to run in the threads instead of our verifier, built on `serveCases`: a grader of one's own. */
  readonly entry?: URL;
}

/** Threads that judge answers. Close it, or let `await using` do so. */
export interface VerifyPool extends Verifier {
  /** Ends the threads at once; what is pending is rejected with `VerifierError`. */
  close(): Promise<void>;
}

/** How many threads may die in a row before they are ready; then there is no point in starting more. */
const MAX_FAILED_STARTS = 3;

/** Opens a pool of verification threads. No thread is started before the first case. */
export function openVerifyPool(options: VerifyPoolOptions = {}): VerifyPool {
  const pool = new ThreadPool({ threads: 1, deadlineMs: 5_000, memoryMb: 256, entry: findOwnEntry(), ...options });
  const close = () => pool.close();
  return { verify: (cases, signal) => pool.verify(cases, signal), close, [Symbol.asyncDispose]: close };
}

/** The extension is that of this file: `.ts` in the source tree, `.js` in the published package. */
function findOwnEntry(): URL {
  return new URL(`./thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}

class ThreadPool {
  readonly #options: Required<VerifyPoolOptions>;
  readonly #queue = new CaseQueue();
  readonly #calls = new Set<VerifyCall>();
  readonly #followers = new SignalFollowers();
  #threads: VerifyThread[] = [];
  #failedStarts = 0;
  #endedBecause: VerifierError | null = null;

  constructor(options: Required<VerifyPoolOptions>) {
    this.#options = options;
  }

  verify(cases: readonly VerifyCase[], signal?: AbortSignal): Promise<Judgement[]> {
    if (this.#endedBecause !== null) return Promise.reject(this.#endedBecause);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (cases.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const abort = () => call.reject(signal!.reason);
      const end = () => {
        call.isOver = true;
        this.#calls.delete(call);
        leave?.();
      };
      const call: VerifyCall = {
        judgements: new Array<Judgement>(cases.length),
        left: cases.length,
        isOver: false,
        resolve: (judgements) => {
          end();
          resolve(judgements);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const leave = signal && this.#followers.follow(signal, abort);
      this.#calls.add(call);
      this.#queue.add(cases.map((one, position) => ({ call, position, one, isSuspect: false })));
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#endWith(new VerifierError('the verification pool was closed'));
    await Promise.all(this.#threads.splice(0).map((thread) => thread.terminate()));
  }

  #dispatch(): void {
    while (this.#queue.size > 0 && this.#endedBecause === null) {
      this.#threads = this.#threads.filter(({ isBusy, hasEnded }) => isBusy || !hasEnded);
      const thread = this.#threads.find(({ isBusy }) => !isBusy) ?? this.#startThread();
      if (thread === null) return;
      const batch = this.#queue.take(this.#options.threads);
      if (batch.length > 0) void this.#runBatch(thread, batch);
    }
  }

  #startThread(): VerifyThread | null {
    if (this.#threads.length >= this.#options.threads) return null;
    const thread = new VerifyThread(this.#options);
    this.#threads.push(thread);
    return thread;
  }

  async #runBatch(thread: VerifyThread, batch: readonly WaitingCase[]): Promise<void> {
    const outcome: BatchOutcome = await thread.run(batch.map(({ one }) => one));
    if (this.#endedBecause !== null) return;
    if ('end' in outcome) this.#replace(thread, batch, outcome.end);
    else {
      this.#failedStarts = 0;
      for (const [k, judgement] of outcome.judgements.entries()) settle(batch[k]!, judgement);
    }
    this.#dispatch();
  }

  /** The case that was being judged is the culprit; the rest of its batch is queued again. */
  #replace(thread: VerifyThread, batch: readonly WaitingCase[], end: ThreadEnd): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
    this.#failedStarts = end.hadStarted ? 0 : this.#failedStarts + 1;
    if (this.#failedStarts >= MAX_FAILED_STARTS) {
      this.#endWith(new VerifierError(`verification threads cannot be started: ${end.message}`));
      return;
    }
    const culprit = batch[end.position ?? (end.hadStarted && batch.length === 1 && batch[0]!.isSuspect ? 0 : -1)];
    if (culprit !== undefined) settle(culprit, toKilled(end));
    const rest = batch.filter((one) => one !== culprit);
    if (culprit === undefined && end.hadStarted) for (const one of rest) one.isSuspect = true;
    this.#queue.putBack(rest);
  }

  #endWith(error: VerifierError): void {
    this.#endedBecause ??= error;
    this.#queue.clear();
    for (const call of [...this.#calls]) call.reject(this.#endedBecause);
  }
}

function settle({ call, position }: WaitingCase, judgement: Judgement): void {
  if (call.isOver) return;
  call.judgements[position] = judgement;
  call.left -= 1;
  if (call.left === 0) call.resolve(call.judgements);
}

/** The rule says what was exceeded: `deadline`, `memory`, or `died` for anything else. */
function toKilled({ kind }: ThreadEnd): Judgement {
  return { verdict: 'unparsable', rule: kind, reason: 'killed', extracted: null, verifier: VERIFIER, ms: 0 };
}
