import { Worker } from 'node:worker_threads';
import { EmbeddedLmError, type SampleChoice } from './contract.ts';
import type { ShardBatch, ShardResult } from './learner/run-shard.ts';
import type { RuntimeSeed } from './runtime.ts';
import type { DecodeRequest, ThreadOrder, ThreadReport, ThreadSeed } from './thread-messages.ts';

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  readonly thread: number;
}

/**
 * The worker threads and their pending work. A thread that dies takes the pool with it: its part
 * of the work is lost, so everything pending and everything later is rejected with `closed`.
 */
export class ThreadPool {
  readonly #workers: readonly Worker[];
  readonly #pending = new Map<number, Pending>();
  readonly #load: number[];
  #lastId = 0;
  #endedBecause: string | null = null;

  constructor(seed: RuntimeSeed, onWorker: (worker: Worker) => void) {
    this.#workers = Array.from({ length: seed.capacity.threads }, (_, thread) => {
      const worker = startThread({ seed, thread });
      worker.on('message', (report: ThreadReport) => this.#receive(report));
      worker.on('error', (error) => this.#end(`a worker thread of the embedded model failed: ${error.message}`));
      worker.on('exit', () => this.#end('a worker thread of the embedded model ended'));
      onWorker(worker);
      return worker;
    });
    this.#load = this.#workers.map(() => 0);
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Choices being sampled per thread. */
  get load(): readonly number[] {
    return this.#load;
  }

  runShard(shard: number, weights: number, batch: ShardBatch): Promise<ShardResult> {
    const thread = shard % this.size;
    return this.#post<ShardResult>(thread, (id) => ({ kind: 'shard', id, shard, weights, batch }));
  }

  /** Rejects with the signal's reason at once when it fires; the thread is told to forget the request. */
  async sample(thread: number, request: DecodeRequest, signal: AbortSignal | undefined): Promise<SampleChoice[]> {
    signal?.throwIfAborted();
    let requestId = 0;
    const sampled = this.#post<SampleChoice[]>(thread, (id) => {
      requestId = id;
      return { kind: 'sample', id, request };
    });
    const abort = () => {
      const pending = this.#take(requestId);
      if (pending === null) return;
      this.#workers[thread]!.postMessage({ kind: 'abort', id: requestId } satisfies ThreadOrder);
      pending.reject(signal!.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#load[thread]! += request.n;
    try {
      return await sampled;
    } finally {
      this.#load[thread]! -= request.n;
      signal?.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    this.#end('the embedded model was closed');
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #post<T>(thread: number, toOrder: (id: number) => ThreadOrder): Promise<T> {
    if (this.#endedBecause !== null) return Promise.reject(new EmbeddedLmError('closed', this.#endedBecause));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject, thread });
      this.#workers[thread]!.postMessage(toOrder(id));
    });
  }

  #receive(report: ThreadReport): void {
    if (report.kind === 'shard') {
      this.#take(report.id)?.resolve(report.result as never);
      return;
    }
    for (const { id, choices } of report.finished) this.#take(id)?.resolve(choices as never);
  }

  #take(id: number): Pending | null {
    const pending = this.#pending.get(id) ?? null;
    this.#pending.delete(id);
    return pending;
  }

  #end(reason: string): void {
    if (this.#endedBecause !== null) return;
    this.#endedBecause = reason;
    for (const { reject } of this.#pending.values()) reject(new EmbeddedLmError('closed', reason));
    this.#pending.clear();
  }
}

function startThread(workerData: ThreadSeed): Worker {
  // The extension is that of this file: `.ts` in the source tree, `.js` in the published package.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  // The thread must not inherit the parent's flags: `--input-type` or `--test` would stop it from starting.
  return new Worker(new URL(`./thread.${extension}`, import.meta.url), { workerData, execArgv: [] });
}

/** Prompts remembered; more than a step of rollouts has. */
const MAX_REMEMBERED = 4096;

/** Tokens that tell problems apart: the shortest prompt has about as many. */
const KEY_TOKENS = 14;

/**
 * Sends prompts with one beginning to one thread, where their keys and values are cached, and new
 * beginnings to the thread with the least to do. Changes no result.
 */
export class ThreadAffinity {
  readonly #threads = new Map<string, number>();

  choose(prompt: readonly number[], load: readonly number[]): number {
    const key = prompt.slice(0, KEY_TOKENS).join(' ');
    const thread = this.#threads.get(key) ?? load.indexOf(Math.min(...load));
    this.#threads.delete(key);
    this.#threads.set(key, thread);
    if (this.#threads.size > MAX_REMEMBERED) this.#threads.delete(this.#threads.keys().next().value!);
    return thread;
  }
}
