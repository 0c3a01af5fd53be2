import type { LayerRegion, ShardRegion } from '../memory-plan.ts';
import type { LayerTensors, Tensor } from '../parameter-layout.ts';
import type { Runtime } from '../runtime.ts';
import { type Chunk, forEachSequence } from './forward.ts';

/** Adds the gradient of -sum(weight * log-prob) to the shard's gradient, right after `runForward` of the chunk. */
export function runBackward(runtime: Runtime, shard: ShardRegion, chunk: Chunk): void {
  const { kernels, layout, shape, floats } = runtime;
  const { width: d, vocab } = shape;
  const { rows } = chunk;
  kernels.logitGradient(shard.logits, rows, vocab, shard.stats, shard.targets, shard.weights);
  addProductGradient(runtime, shard, layout.head, shard.outputNormed, shard.logits, rows);
  kernels.gemm(shard.logits, transposedOf(shard, layout.head), shard.dNormed, rows, vocab, d, 0);
  floats.fill(0, shard.dx / 4, shard.dx / 4 + rows * d);
  addNormGradient(runtime, shard, layout.finalGain, shard.output, shard.outputInverse, rows);
  for (let i = layout.layers.length - 1; i >= 0; i -= 1) {
    const tensors = layout.layers[i]!;
    const layer = shard.layers[i]!;
    runFeedForward(runtime, shard, tensors, layer, rows);
    runAttention(runtime, shard, chunk, tensors, layer);
  }
  kernels.embedBackward(shard.tokens, shard.dx, shard.gradient + layout.embedding.offset * 4, rows, d);
}

function transposedOf(shard: ShardRegion, tensor: Tensor): number {
  return shard.packedTransposed + tensor.offset * 4;
}

/** Gradient of input * matrix with respect to the matrix: transposed input times output gradient. */
function addProductGradient(
  { kernels }: Runtime,
  shard: ShardRegion,
  tensor: Tensor,
  input: number,
  dOutput: number,
  rows: number,
): void {
  kernels.transpose(input, rows, tensor.rows, shard.transposed);
  kernels.packPanels(dOutput, rows, tensor.columns, shard.panels);
  const to = shard.gradient + tensor.offset * 4;
  kernels.gemm(shard.transposed, shard.panels, to, tensor.rows, rows, tensor.columns, 1);
}

/** Takes the gradient in `dNormed` through a norm; adds to `dx` and to the gain's gradient. */
function addNormGradient(
  { kernels, shape }: Runtime,
  shard: ShardRegion,
  gain: Tensor,
  input: number,
  inverse: number,
  rows: number,
): void {
  const at = gain.offset * 4;
  const { width: d } = shape;
  kernels.normRowsBackward(input, shard.packed + at, inverse, shard.dNormed, shard.dx, shard.gradient + at, rows, d);
}

function runFeedForward(
  runtime: Runtime,
  shard: ShardRegion,
  tensors: LayerTensors,
  layer: LayerRegion,
  rows: number,
): void {
  const { kernels, shape } = runtime;
  const { width: d, hidden } = shape;
  addProductGradient(runtime, shard, tensors.down, layer.squared, shard.dx, rows);
  kernels.gemm(shard.dx, transposedOf(shard, tensors.down), shard.dWide, rows, d, hidden, 0);
  kernels.squareReluBackward(layer.hidden, shard.dWide, rows * hidden);
  addProductGradient(runtime, shard, tensors.up, layer.normed2, shard.dWide, rows);
  kernels.gemm(shard.dWide, transposedOf(shard, tensors.up), shard.dNormed, rows, hidden, d, 0);
  addNormGradient(runtime, shard, tensors.feedForwardGain, layer.middle, layer.inverse2, rows);
}

function runAttention(
  runtime: Runtime,
  shard: ShardRegion,
  chunk: Chunk,
  tensors: LayerTensors,
  layer: LayerRegion,
): void {
  const { kernels, shape, plan } = runtime;
  const { width: d, heads } = shape;
  const { rows } = chunk;
  addProductGradient(runtime, shard, tensors.attentionOut, layer.mixed, shard.dx, rows);
  kernels.gemm(shard.dx, transposedOf(shard, tensors.attentionOut), shard.dNormed, rows, d, d, 0);
  forEachSequence(chunk, heads, (row, length, probabilityOffset) => {
    kernels.attendSequenceBackward(
      layer.qkv + row * 3 * d * 4,
      length,
      d,
      d / heads,
      shard.blocks,
      layer.probabilities + probabilityOffset,
      shard.dScores,
      shard.dNormed + row * d * 4,
      shard.dWide + row * 3 * d * 4,
    );
  });
  kernels.rotate(shard.dWide, shard.positions, plan.rope, rows, d, d / heads, -1);
  addProductGradient(runtime, shard, tensors.qkv, layer.normed1, shard.dWide, rows);
  kernels.gemm(shard.dWide, transposedOf(shard, tensors.qkv), shard.dNormed, rows, 3 * d, d, 0);
  addNormGradient(runtime, shard, tensors.attentionGain, layer.input, layer.inverse1, rows);
}
