import type { DecodeRegion } from '../memory-plan.ts';
import type { LayerTensors } from '../parameter-layout.ts';
import type { Runtime } from '../runtime.ts';

/**
 * Carries `rows` rows, whose tokens, positions, slots and places lie in the region, through the layers
 * to their logits under one snapshot, and stores their keys and values. Rows of one sequence must stand
 * in order. A row's bits do not depend on the rows beside it.
 */
export function runRows(runtime: Runtime, region: DecodeRegion, snapshot: number, rows: number): void {
  const { kernels, layout, shape } = runtime;
  const { width: d, vocab, usedVocab } = shape;
  kernels.embed(region.tokens, snapshot + layout.embedding.offset * 4, region.x, rows, d);
  layout.layers.forEach((tensors, layer) => {
    runLayer(runtime, region, snapshot, rows, tensors, layer);
  });
  kernels.normRows(region.x, snapshot + layout.finalGain.offset * 4, region.normed, region.inverse, rows, d);
  kernels.gemm(region.normed, snapshot + layout.head.offset * 4, region.logits, rows, d, vocab, 0);
  kernels.summariseLogits(region.logits, rows, vocab, usedVocab, region.stats);
}

function runLayer(
  { kernels, shape, plan }: Runtime,
  region: DecodeRegion,
  snapshot: number,
  rows: number,
  tensors: LayerTensors,
  layer: number,
): void {
  const { width: d, heads, hidden } = shape;
  const weight = ({ offset }: { offset: number }) => snapshot + offset * 4;
  const { x, normed, inverse, qkv, mixed, slotAddresses, indices, valueOffset } = region;
  const layerOffset = layer * region.layerBytes;
  kernels.normRows(x, weight(tensors.attentionGain), normed, inverse, rows, d);
  kernels.gemm(normed, weight(tensors.qkv), qkv, rows, d, 3 * d, 0);
  kernels.rotate(qkv, region.positions, plan.rope, rows, d, d / heads, 1);
  kernels.storeKeysValues(qkv, rows, d, slotAddresses, layerOffset, valueOffset, indices);
  kernels.attendSlots(
    qkv,
    rows,
    d,
    d / heads,
    slotAddresses,
    layerOffset,
    valueOffset,
    indices,
    region.pathAddresses,
    region.scores,
    mixed,
  );
  kernels.gemm(mixed, weight(tensors.attentionOut), x, rows, d, d, 1);
  kernels.normRows(x, weight(tensors.feedForwardGain), normed, inverse, rows, d);
  kernels.gemm(normed, weight(tensors.up), region.hidden, rows, d, hidden, 0);
  kernels.squareRelu(region.hidden, region.squared, rows * hidden);
  kernels.gemm(region.squared, weight(tensors.down), x, rows, hidden, d, 1);
}
