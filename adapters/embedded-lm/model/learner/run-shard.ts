import type { TokenLoss } from '../../../../src/core/datum.ts';
import type { LossSequence, ScoreSequence } from '../contract.ts';
import { SHARDS, type ShardRegion } from '../memory-plan.ts';
import { packBackward, packForward, type Runtime, viewFloats, viewIntegers } from '../runtime.ts';
import { runBackward } from './backward.ts';
import { type Chunk, cutChunks, runForward } from './forward.ts';
import { computeTargetLoss, type TargetLoss } from './losses.ts';

/** What a shard gives back: log-probs of its rows in order, and its part of the loss. */
export interface ShardResult {
  /** Of all rows of the shard, in order, before any update. */
  readonly logprobs: Float32Array;
  readonly lossSum: number;
}

/** Scores a shard's sequences; with a loss also leaves its gradient, from zero, in the shard's region. */
export function runShard(runtime: Runtime, shardIndex: number, weights: number, batch: ShardBatch): ShardResult {
  const shard = runtime.plan.shards[shardIndex]!;
  const logprobs = new Float32Array(batch.tokens.length);
  let lossSum = 0;
  packForward(runtime, weights, shard.packed);
  if (batch.loss !== null) {
    packBackward(runtime, weights, shard.packedTransposed);
    viewFloats(runtime, shard.gradient, runtime.layout.count).fill(0);
  }
  for (const chunk of cutChunks(batch.lengths, shard.rows)) {
    fillInputs(runtime, shard, chunk, batch);
    runForward(runtime, shard, chunk, batch.paths !== null);
    logprobs.set(viewFloats(runtime, shard.logprobs, chunk.rows), chunk.firstRow);
    if (batch.loss === null) continue;
    lossSum += fillLossWeights(runtime, shard, chunk, logprobs, batch.loss);
    runBackward(runtime, shard, chunk);
  }
  return { logprobs, lossSum };
}

function fillInputs(runtime: Runtime, shard: ShardRegion, { firstRow, rows }: Chunk, batch: ShardBatch): void {
  const put = (address: number, values: Int32Array) =>
    viewIntegers(runtime, address, rows).set(values.subarray(firstRow, firstRow + rows));
  put(shard.tokens, batch.tokens);
  put(shard.targets, batch.targets);
  put(shard.positions, batch.positions);
  if (batch.paths !== null) put(shard.paths, batch.paths);
}

/** Writes one loss weight per row and returns the chunk's loss. */
function fillLossWeights(
  runtime: Runtime,
  shard: ShardRegion,
  { firstRow, rows }: Chunk,
  logprobs: Float32Array,
  loss: ShardLoss,
): number {
  const weights = viewFloats(runtime, shard.weights, rows);
  const given = loss.spec.kind === 'cross_entropy' ? loss.weights : loss.advantages;
  const target: TargetLoss = { term: 0, weight: 0 };
  let sum = 0;
  for (let i = 0; i < rows; i += 1) {
    const row = firstRow + i;
    computeTargetLoss(loss.spec, logprobs[row]!, loss.oldLogprobs[row]!, given[row]!, target);
    weights[i] = target.weight;
    sum += target.term;
  }
  return sum;
}

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
  readonly spec: TokenLoss;
  readonly weights: Float64Array;
  readonly oldLogprobs: Float64Array;
  readonly advantages: Float64Array;
}

/** Splits a batch: sequence i goes to shard i mod `SHARDS`. */
export function buildShards(
  sequences: readonly (ScoreSequence | LossSequence)[],
  loss: TokenLoss | null,
): ShardBatch[] {
  return Array.from({ length: SHARDS }, (_, shard) =>
    buildShard(
      sequences.filter((_, i) => i % SHARDS === shard),
      loss,
    ),
  );
}

function buildShard(sequences: readonly LossSequence[], spec: TokenLoss | null): ShardBatch {
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
