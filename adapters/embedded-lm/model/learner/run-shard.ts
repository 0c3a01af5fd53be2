import type { ShardRegion } from '../memory-plan.ts';
import { packBackward, packForward } from '../pack-weights.ts';
import { type Runtime, viewFloats, viewIntegers } from '../runtime.ts';
import { runBackward } from './backward.ts';
import { type Chunk, cutChunks } from './chunk.ts';
import { runForward } from './forward.ts';
import { computeTargetLoss, type TargetLoss } from './losses.ts';
import type { ShardBatch, ShardLoss } from './shard-batch.ts';

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
