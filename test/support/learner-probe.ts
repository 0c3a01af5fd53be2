/** The learner of the embedded transformer in this thread, one sequence list at a time, without workers. */
import type { LossSequence, ModelShape } from '../../adapters/embedded-lm/model/contract.ts';
import { loadKernelModule, MAX_PAGES } from '../../adapters/embedded-lm/model/kernels.ts';
import { buildShards, runShard, type ShardResult } from '../../adapters/embedded-lm/model/learner/run-shard.ts';
import { type Capacity, planMemory, SHARDS } from '../../adapters/embedded-lm/model/memory-plan.ts';
import { buildParameterLayout, initWeights } from '../../adapters/embedded-lm/model/parameter-layout.ts';
import { fillRopeTable } from '../../adapters/embedded-lm/model/rope-table.ts';
import { createRuntime, type Runtime, viewFloats } from '../../adapters/embedded-lm/model/runtime.ts';
import type { TokenLoss } from '../../src/core/datum.ts';

const CAPACITY: Capacity = { threads: 1, maxModels: 1, maxSnapshots: 1, kvSlots: 1 };

export interface LearnerProbe {
  readonly runtime: Runtime;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The live weights: writing here changes the model. */
  readonly weights: Float32Array;
  /** Log-probs per sequence. */
  score(sequences: readonly LossSequence[]): Float32Array[];
  /** Loss and gradient, summed over the shards in their order. */
  differentiate(
    sequences: readonly LossSequence[],
    spec: TokenLoss,
  ): { readonly logprobs: Float32Array[]; readonly lossSum: number; readonly gradient: Float32Array };
}

/** `fill` is what the memory holds before anything is written. */
export function openLearnerProbe(shape: ModelShape, seed: number, fill = 0): LearnerProbe {
  const layout = buildParameterLayout(shape);
  const plan = planMemory(shape, layout, CAPACITY);
  const memory = new WebAssembly.Memory({ initial: plan.pages, maximum: MAX_PAGES, shared: true });
  const module = loadKernelModule();
  new Float32Array(memory.buffer).fill(fill, plan.rope / 4);
  const runtime = createRuntime({ shape, capacity: CAPACITY, module, memory });
  const headWidth = shape.width / shape.heads;
  fillRopeTable(viewFloats(runtime, plan.rope, shape.maxLength * headWidth), shape.maxLength, headWidth);
  const place = plan.models[0]!.weights;
  const weights = viewFloats(runtime, place, layout.count);
  initWeights(layout, seed, weights);

  const run = (sequences: readonly LossSequence[], spec: TokenLoss | null) => {
    const results = buildShards(sequences, spec).map((batch, i) => runShard(runtime, i, place, batch));
    return { logprobs: splitLogprobs(sequences, results), lossSum: results.reduce((sum, r) => sum + r.lossSum, 0) };
  };
  return {
    runtime,
    memory,
    module,
    weights,
    score: (sequences) => run(sequences, null).logprobs,
    differentiate(sequences, spec) {
      const result = run(sequences, spec);
      const gradient = new Float32Array(layout.count);
      for (const shard of plan.shards) {
        viewFloats(runtime, shard.gradient, layout.count).forEach((v, i) => {
          gradient[i]! += v;
        });
      }
      return { ...result, gradient };
    },
  };
}

function splitLogprobs(sequences: readonly LossSequence[], results: readonly ShardResult[]): Float32Array[] {
  const used = results.map(() => 0);
  return sequences.map(({ tokens }, i) => {
    const start = used[i % SHARDS]!;
    used[i % SHARDS] = start + tokens.length;
    return results[i % SHARDS]!.logprobs.slice(start, start + tokens.length);
  });
}
