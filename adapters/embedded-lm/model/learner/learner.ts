import type { LossSpec } from '../../../../src/core/datum.ts';
import type { LossSequence, ScoreResult, ScoreSequence } from '../contract.ts';
import { SHARDS } from '../memory-plan.ts';
import type { TrainableModel } from '../model-table.ts';
import type { Runtime } from '../runtime.ts';
import type { ThreadPool } from '../thread-pool.ts';
import type { ShardResult } from './run-shard.ts';
import { buildShards } from './shard-batch.ts';

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
    loss: LossSpec | null,
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
