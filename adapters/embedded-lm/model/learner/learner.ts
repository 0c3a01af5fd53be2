import type { AdamSettings, TokenLoss } from '../../../../src/core/datum.ts';
import { EmbeddedLmError, type LossSequence, type ScoreResult, type ScoreSequence } from '../contract.ts';
import { SHARDS } from '../memory-plan.ts';
import type { TrainableModel } from '../model-table.ts';
import { type Runtime, viewFloats } from '../runtime.ts';
import type { ThreadPool } from '../thread-pool.ts';
import { buildShards, type ShardResult } from './run-shard.ts';

/** Runs training work one piece after another: the shard workspaces are shared by all models. */
export class Learner {
  readonly #runtime: Runtime;
  readonly #pool: ThreadPool;
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, pool: ThreadPool) {
    this.#runtime = runtime;
    this.#pool = pool;
  }

  /** Runs `work` when everything submitted before is done, whether that succeeded or not. */
  queue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Log-probs of all sequences; with a loss also adds its gradient to the model's, in shard order. */
  async score(
    model: TrainableModel,
    sequences: readonly (ScoreSequence | LossSequence)[],
    loss: TokenLoss | null,
  ): Promise<ScoreResult> {
    const shards = buildShards(sequences, loss);
    const { weights, gradient } = model.region;
    const results = await Promise.all(shards.map((batch, shard) => this.#pool.runShard(shard, weights, batch)));
    const { kernels, layout, plan } = this.#runtime;
    if (loss !== null) for (const shard of plan.shards) kernels.addTo(gradient, shard.gradient, layout.count);
    return {
      logprobs: splitLogprobs(sequences, results),
      lossSum: results.reduce((sum, result) => sum + result.lossSum, 0),
    };
  }
}

/** One array per sequence, in request order. */
function splitLogprobs(sequences: readonly ScoreSequence[], results: readonly ShardResult[]): Float32Array[] {
  const from = results.map(() => 0);
  return sequences.map(({ tokens }, i) => {
    const shard = i % SHARDS;
    const start = from[shard]!;
    from[shard] = start + tokens.length;
    return results[shard]!.logprobs.subarray(start, start + tokens.length);
  });
}

/**
 * Clips the gradient by its global norm, applies AdamW and clears the gradient. Returns the norm before clipping.
 * Throws `bad_request` for a gradient that is not finite, which it clears too: one such step would spoil every weight.
 */
export function stepOptimizer(runtime: Runtime, model: TrainableModel, adam: AdamSettings): number {
  const { kernels, layout } = runtime;
  const { weights, gradient, moment1, moment2 } = model.region;
  const { learningRate, beta1, beta2, eps, weightDecay, clipNorm } = adam;
  const norm = Math.sqrt(kernels.sumSquares(gradient, layout.count));
  if (!Number.isFinite(norm)) {
    viewFloats(runtime, gradient, layout.count).fill(0);
    throw new EmbeddedLmError(
      'bad_request',
      `the gradient norm is ${norm}; a loss weight or a ratio is too large, no step was taken`,
    );
  }
  const scale = clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1;
  model.step += 1;
  kernels.stepAdamW(
    weights,
    gradient,
    moment1,
    moment2,
    layout.count,
    scale,
    learningRate,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / (1 - power(beta1, model.step)),
    1 / (1 - power(beta2, model.step)),
    eps,
    1 - learningRate * weightDecay,
  );
  viewFloats(runtime, gradient, layout.count).fill(0);
  return norm;
}

/** By multiplication: library powers may differ between platforms. Beyond some thousand steps the factor is 0 anyway. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent && result > 0; i += 1) result *= base;
  return result;
}
