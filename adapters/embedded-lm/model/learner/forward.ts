import type { LayerRegion, ShardRegion } from '../memory-plan.ts';
import type { LayerTensors } from '../parameter-layout.ts';
import type { Runtime } from '../runtime.ts';

/** Consecutive sequences of a shard that pass through the layers together. */
export interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
  readonly lengths: readonly number[];
}

/** Cuts a shard into chunks of at most `maxRows` rows. Part of the arithmetic: another cut regroups sums. */
export function cutChunks(lengths: Int32Array, maxRows: number): Chunk[] {
  const chunks: Chunk[] = [];
  let firstRow = 0;
  let rows = 0;
  let current: number[] = [];
  const close = () => {
    if (current.length > 0) chunks.push({ firstRow, rows, lengths: current });
    firstRow += rows;
    rows = 0;
    current = [];
  };
  for (const length of lengths) {
    if (rows + length > maxRows) close();
    current.push(length);
    rows += length;
  }
  close();
  return chunks;
}

/** Calls `visit` for each sequence: its first row, its length, and the byte offset of its probabilities. */
export function forEachSequence(
  chunk: Chunk,
  heads: number,
  visit: (row: number, length: number, probabilityOffset: number) => void,
): void {
  let row = 0;
  let floats = 0;
  for (const length of chunk.lengths) {
    visit(row, length, floats * 4);
    row += length;
    floats += heads * length * (Math.ceil(length / 4) * 4);
  }
}

/**
 * Carries a chunk, whose tokens, positions and paths lie in the shard's region, to its logits and log-probs,
 * and keeps what the gradient needs.
 */
export function runForward(runtime: Runtime, shard: ShardRegion, chunk: Chunk, isStructured: boolean): void {
  const { kernels, layout, shape } = runtime;
  const { width: d, vocab, usedVocab } = shape;
  const { rows } = chunk;
  kernels.embed(shard.tokens, shard.packed + layout.embedding.offset * 4, inputOf(shard, 0), rows, d);
  layout.layers.forEach((tensors, i) => {
    runLayer(runtime, shard, chunk, tensors, shard.layers[i]!, inputOf(shard, i + 1), isStructured);
  });
  const gain = shard.packed + layout.finalGain.offset * 4;
  kernels.normRows(shard.output, gain, shard.outputNormed, shard.outputInverse, rows, d);
  kernels.gemm(shard.outputNormed, shard.packed + layout.head.offset * 4, shard.logits, rows, d, vocab, 0);
  kernels.summariseLogits(shard.logits, rows, vocab, usedVocab, shard.stats);
  kernels.targetLogprobs(shard.logits, rows, vocab, shard.stats, shard.targets, shard.logprobs);
}

/** The residual stream before layer i, or after the last one. */
function inputOf(shard: ShardRegion, i: number): number {
  return shard.layers[i]?.input ?? shard.output;
}

function runLayer(
  runtime: Runtime,
  shard: ShardRegion,
  chunk: Chunk,
  tensors: LayerTensors,
  layer: LayerRegion,
  output: number,
  isStructured: boolean,
): void {
  const { kernels, shape, floats } = runtime;
  const { width: d, hidden } = shape;
  const { rows } = chunk;
  const weight = ({ offset }: { offset: number }) => shard.packed + offset * 4;
  kernels.normRows(layer.input, weight(tensors.attentionGain), layer.normed1, layer.inverse1, rows, d);
  kernels.gemm(layer.normed1, weight(tensors.qkv), layer.qkv, rows, d, 3 * d, 0);
  attend(runtime, shard, chunk, layer, isStructured);
  floats.copyWithin(layer.middle / 4, layer.input / 4, layer.input / 4 + rows * d);
  kernels.gemm(layer.mixed, weight(tensors.attentionOut), layer.middle, rows, d, d, 1);
  kernels.normRows(layer.middle, weight(tensors.feedForwardGain), layer.normed2, layer.inverse2, rows, d);
  kernels.gemm(layer.normed2, weight(tensors.up), layer.hidden, rows, d, hidden, 0);
  kernels.squareRelu(layer.hidden, layer.squared, rows * hidden);
  floats.copyWithin(output / 4, layer.middle / 4, layer.middle / 4 + rows * d);
  kernels.gemm(layer.squared, weight(tensors.down), output, rows, hidden, d, 1);
}

function attend(
  { kernels, shape, plan }: Runtime,
  shard: ShardRegion,
  chunk: Chunk,
  layer: LayerRegion,
  isStructured: boolean,
): void {
  const { width: d, heads } = shape;
  kernels.rotate(layer.qkv, shard.positions, plan.rope, chunk.rows, d, d / heads, 1);
  forEachSequence(chunk, heads, (row, length, probabilityOffset) => {
    kernels.attendSequence(
      layer.qkv + row * 3 * d * 4,
      length,
      d,
      d / heads,
      shard.blocks,
      layer.probabilities + probabilityOffset,
      layer.mixed + row * d * 4,
      isStructured ? shard.paths + row * 4 : 0,
    );
  });
}
