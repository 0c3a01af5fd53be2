import type { Judgement, VerifyCase } from '../../src/ports/verifier.ts';

/** Pool to thread: judge these, in order. */
export type BatchOrder = readonly VerifyCase[];

/** Thread to pool. `ready`: the module has loaded; `done`: one judgement per case of the batch, in order. */
export type ThreadReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly judgements: readonly Judgement[] };

/** What a thread is started with. */
export interface ThreadSeed {
  readonly clock: SharedArrayBuffer;
}
