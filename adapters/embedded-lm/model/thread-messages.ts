import type { SampleChoice, SampleRequest } from './contract.ts';
import type { ShardBatch, ShardResult } from './learner/run-shard.ts';
import type { Runtime, RuntimeSeed } from './runtime.ts';

/** What a thread is started with. */
export interface ThreadSeed {
  readonly seed: RuntimeSeed;
  /** Which decoder region is its own. */
  readonly thread: number;
}

/** Where a snapshot's packed weights lie. `generation` is never used twice: cached keys and values carry it. */
export interface SnapshotRef {
  readonly address: number;
  readonly generation: number;
}

/** A request as a thread gets it: the snapshot is resolved, everything is checked. */
export type DecodeRequest = Omit<SampleRequest, 'snapshot'> & { readonly snapshot: SnapshotRef };

/** To a thread. */
export type ThreadOrder =
  | {
      readonly kind: 'shard';
      readonly id: number;
      readonly shard: number;
      readonly weights: number;
      readonly batch: ShardBatch;
    }
  | { readonly kind: 'sample'; readonly id: number; readonly request: DecodeRequest }
  | { readonly kind: 'abort'; readonly id: number };

/** A finished request of a decoder. */
export interface Sampled {
  readonly id: number;
  readonly choices: readonly SampleChoice[];
}

/** From a thread. */
export type ThreadReport =
  | { readonly kind: 'shard'; readonly id: number; readonly result: ShardResult }
  | { readonly kind: 'sampled'; readonly finished: readonly Sampled[] };

/** Counters of one thread's decoder. Running, waiting and slots are of now, the others sums since the start. */
export interface BoardNumbers {
  readonly running: number;
  readonly waiting: number;
  readonly usedSlots: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly cachedTokens: number;
}

/** Order of the doubles on a board. */
const KEYS = ['running', 'waiting', 'usedSlots', 'promptTokens', 'generatedTokens', 'cachedTokens'] as const;

/** Writes a thread's board; the main thread may read a mixture of two writings, which is good enough for /metrics. */
export function writeBoard(runtime: Runtime, thread: number, numbers: BoardNumbers): void {
  const at = runtime.plan.decoders[thread]!.board / 8;
  KEYS.forEach((key, i) => {
    runtime.doubles[at + i] = numbers[key];
  });
}

/** Sums the boards of all threads. */
export function readBoards(runtime: Runtime): BoardNumbers {
  const sums = { running: 0, waiting: 0, usedSlots: 0, promptTokens: 0, generatedTokens: 0, cachedTokens: 0 };
  for (const { board } of runtime.plan.decoders) {
    KEYS.forEach((key, i) => {
      sums[key] += runtime.doubles[board / 8 + i]!;
    });
  }
  return sums;
}
