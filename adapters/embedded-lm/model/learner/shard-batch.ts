import type { LossSpec } from '../../../../src/core/datum.ts';
import type { LossSequence, ScoreSequence } from '../contract.ts';
import { SHARDS } from '../memory-plan.ts';

/** The sequences of one gradient shard, concatenated: cheap to post to a thread. */
export interface ShardBatch {
  readonly lengths: Int32Array;
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
  readonly positions: Int32Array;
  /** Null when no sequence has path ids. */
  readonly paths: Int32Array | null;
  /** Null for a forward pass without gradient. */
  readonly loss: ShardLoss | null;
}

/** What the loss needs per row: weights for cross entropy, else old log-probs and advantages. */
export interface ShardLoss {
  readonly spec: LossSpec;
  readonly weights: Float64Array;
  readonly oldLogprobs: Float64Array;
  readonly advantages: Float64Array;
}

/** Splits a batch: sequence i goes to shard i mod `SHARDS`. */
export function buildShards(sequences: readonly (ScoreSequence | LossSequence)[], loss: LossSpec | null): ShardBatch[] {
  return Array.from({ length: SHARDS }, (_, shard) =>
    buildShard(
      sequences.filter((_, i) => i % SHARDS === shard),
      loss,
    ),
  );
}

function buildShard(sequences: readonly LossSequence[], spec: LossSpec | null): ShardBatch {
  const isStructured = sequences.some(({ attnPath }) => attnPath !== undefined);
  return {
    lengths: Int32Array.from(sequences, ({ tokens }) => tokens.length),
    tokens: joinIntegers(sequences, ({ tokens }) => tokens),
    targets: joinIntegers(sequences, ({ targets }) => targets),
    positions: joinIntegers(sequences, ({ tokens, positionIds }) => positionIds ?? tokens.map((_, i) => i)),
    paths: isStructured ? joinIntegers(sequences, ({ tokens, attnPath }) => attnPath ?? tokens.map(() => 0)) : null,
    loss: spec && {
      spec,
      weights: joinDoubles(sequences, 'weights'),
      oldLogprobs: joinDoubles(sequences, 'logprobs'),
      advantages: joinDoubles(sequences, 'advantages'),
    },
  };
}

function joinIntegers(sequences: readonly LossSequence[], read: (s: LossSequence) => readonly number[]): Int32Array {
  return Int32Array.from(sequences.flatMap((sequence) => read(sequence)));
}

function joinDoubles(sequences: readonly LossSequence[], field: 'weights' | 'logprobs' | 'advantages'): Float64Array {
  return Float64Array.from(sequences.flatMap((sequence) => sequence[field] ?? sequence.tokens.map(() => 0)));
}
