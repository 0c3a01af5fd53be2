import type { SampleChoice, SampleRequest } from './contract.ts';
import type { ShardResult } from './learner/run-shard.ts';
import type { ShardBatch } from './learner/shard-batch.ts';
import type { RuntimeSeed } from './runtime.ts';

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
