import { Worker } from 'node:worker_threads';
import type { Judgement, VerifyCase } from '../../src/ports/verifier.ts';
import { openCaseClock } from './case-clock.ts';
import type { ThreadReport, ThreadSeed } from './serve-cases.ts';

/** How long a thread may take to start, or to load what the second look needs. */
const START_MS = 60_000;

const STACK_MB = 4;

/** What a thread runs, and what bounds it. */
export interface ThreadOptions {
  readonly entry: URL;
  /** Milliseconds a case may take from the moment the thread takes it up. */
  readonly deadlineMs: number;
  /** Limit of the thread's heap. */
  readonly memoryMb: number;
}

/** Why a thread is gone. */
export interface ThreadEnd {
  readonly kind: 'deadline' | 'memory' | 'died';
  /** Position in its batch of the case that was being judged; null when none was. */
  readonly position: number | null;
  /** Whether the thread had ever been ready for work. */
  readonly hadStarted: boolean;
  readonly message: string;
}

/** What came of a batch: its judgements, or the end of its thread. */
export type BatchOutcome = { readonly judgements: readonly Judgement[] } | { readonly end: ThreadEnd };

/** One worker thread that judges batches, one at a time. Once it has ended it cannot be restarted: start another. */
export class VerifyThread {
  readonly #options: ThreadOptions;
  readonly #clock = openCaseClock();
  readonly #worker: Worker;
  #hasStarted = false;
  #batchSince = 0n;
  #end: ThreadEnd | null = null;
  #isAwaited = false;
  #finish: ((outcome: BatchOutcome) => void) | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.entry, {
      workerData: { clock: this.#clock.shared } satisfies ThreadSeed,
      // The thread must not inherit the parent's flags: `--input-type` or `--test` would stop it from starting.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb, stackSizeMb: STACK_MB },
    });
    this.#worker.on('message', (report: ThreadReport) => this.#receive(report));
    this.#worker.on('error', (error: NodeJS.ErrnoException) =>
      this.#stop(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'died', error.message),
    );
    this.#worker.on('exit', () => this.#stop('died', 'the thread ended'));
    this.#worker.unref();
  }

  get hasEnded(): boolean {
    return this.#end !== null;
  }

  get isBusy(): boolean {
    return this.#finish !== null;
  }

  /** Judges a batch; never rejects. Only one at a time. */
  run(cases: readonly VerifyCase[]): Promise<BatchOutcome> {
    if (this.#end !== null) return Promise.resolve({ end: this.#end });
    return new Promise((resolve) => {
      this.#finish = resolve;
      // An idle thread does not keep the process alive; a busy one does.
      this.#worker.ref();
      this.#batchSince = process.hrtime.bigint();
      this.#worker.postMessage(cases);
      this.#watch(this.#options.deadlineMs);
    });
  }

  /** Resolves when the thread is gone. Until then it keeps the process alive: whoever waits here would wait in vain. */
  async terminate(): Promise<void> {
    this.#stop('died', 'the pool was closed');
    this.#isAwaited = true;
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #receive(report: ThreadReport): void {
    this.#hasStarted = true;
    if (report.kind === 'done') this.#settle({ judgements: report.judgements });
  }

  #settle(outcome: BatchOutcome): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const finish = this.#finish;
    this.#finish = null;
    // A report that was on its way when the thread was stopped must not let go of it again.
    if (!this.#isAwaited) this.#worker.unref();
    finish?.(outcome);
  }

  /** Checks again when the case that is being judged now would be overdue. */
  #watch(afterMs: number): void {
    this.#timer = setTimeout(() => {
      const isJudging = this.#clock.readCurrent() !== null;
      const limitMs = isJudging ? this.#options.deadlineMs : START_MS;
      const nowNs = process.hrtime.bigint();
      // A thread that slept for long has not been at this batch for long.
      const ageNs = Math.min(Number(nowNs - this.#clock.readSince()), Number(nowNs - this.#batchSince));
      const leftMs = limitMs - ageNs / 1e6;
      if (leftMs > 0) this.#watch(Math.min(leftMs, this.#options.deadlineMs));
      else this.#stop('deadline', `no verdict after ${limitMs} ms`);
    }, Math.ceil(afterMs));
  }

  #stop(kind: ThreadEnd['kind'], message: string): void {
    if (this.#end !== null) return;
    this.#end = { kind, position: this.#clock.readCurrent(), hadStarted: this.#hasStarted, message };
    void this.#worker.terminate();
    this.#settle({ end: this.#end });
  }
}
