import { createRng, type Rng } from '../../../src/core/rng.ts';
import { EmbeddedLmError, type ModelShape } from './contract.ts';

/** One weight tensor inside the flat parameter vector: `rows` x `columns` floats from `offset`. Gains have one row. */
export interface Tensor {
  readonly name: string;
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  /** Standard deviation of the initial values; null for gains, which start at 1. */
  readonly initialDeviation: number | null;
}

/** The tensors of one layer. */
export interface LayerTensors {
  readonly attentionGain: Tensor;
  readonly qkv: Tensor;
  readonly attentionOut: Tensor;
  readonly feedForwardGain: Tensor;
  readonly up: Tensor;
  readonly down: Tensor;
}

/** Where every weight lies. The order is part of the checkpoint format. */
export interface ParameterLayout {
  readonly embedding: Tensor;
  readonly layers: readonly LayerTensors[];
  readonly finalGain: Tensor;
  readonly head: Tensor;
  readonly tensors: readonly Tensor[];
  /** Floats in all. */
  readonly count: number;
}

/** Lays the tensors of a shape out one after another. */
export function buildParameterLayout(shape: ModelShape): ParameterLayout {
  checkShape(shape);
  const { width: d, hidden, vocab, layers } = shape;
  const tensors: Tensor[] = [];
  let count = 0;
  const add = (name: string, rows: number, columns: number, initialDeviation: number | null): Tensor => {
    const tensor = { name, offset: count, rows, columns, initialDeviation };
    tensors.push(tensor);
    count += rows * columns;
    return tensor;
  };
  const embedding = add('embedding', vocab, d, 0.5);
  const layerTensors = Array.from({ length: layers }, (_, i) => ({
    attentionGain: add(`layers.${i}.attention_gain`, 1, d, null),
    qkv: add(`layers.${i}.qkv`, d, 3 * d, 1 / Math.sqrt(d)),
    attentionOut: add(`layers.${i}.attention_out`, d, d, 0.3 / Math.sqrt(d * layers)),
    feedForwardGain: add(`layers.${i}.feed_forward_gain`, 1, d, null),
    up: add(`layers.${i}.up`, d, hidden, 1 / Math.sqrt(d)),
    down: add(`layers.${i}.down`, hidden, d, 0.3 / Math.sqrt(hidden * layers)),
  }));
  const finalGain = add('final_gain', 1, d, null);
  const head = add('head', d, vocab, 0.02);
  return { embedding, layers: layerTensors, finalGain, head, tensors, count };
}

/** The kernels work on whole blocks of eight: a shape that is not divisible would write past its buffers. */
function checkShape(shape: ModelShape): void {
  const { width, heads, hidden, vocab, usedVocab, layers, maxLength } = shape;
  const whole = Object.entries(shape).find(([, value]) => !Number.isInteger(value) || value < 1);
  if (whole !== undefined)
    throw new EmbeddedLmError('bad_request', `shape.${whole[0]} is ${whole[1]}; it must be 1 or more`);
  for (const [name, value] of Object.entries({ width, hidden, vocab, headWidth: width / heads })) {
    if (value % 8 !== 0)
      throw new EmbeddedLmError('bad_request', `shape: ${name} is ${value}; it must be a multiple of 8`);
  }
  if (usedVocab > vocab)
    throw new EmbeddedLmError('bad_request', `shape.usedVocab ${usedVocab} is above vocab ${vocab}`);
  if (layers > 64 || maxLength > 65_536)
    throw new EmbeddedLmError('bad_request', 'shape: at most 64 layers, 65536 positions');
}

/**
 * Initial weights of a model, equal for equal seeds on every platform: near-normal values come from
 * sums of uniforms, so no library function enters.
 */
export function initWeights(layout: ParameterLayout, seed: number, weights: Float32Array): void {
  const rng = createRng(seed);
  for (const { offset, rows, columns, initialDeviation } of layout.tensors) {
    const values = weights.subarray(offset, offset + rows * columns);
    if (initialDeviation === null) {
      values.fill(1);
      continue;
    }
    for (let i = 0; i < values.length; i += 1) values[i] = drawNearNormal(rng) * initialDeviation;
  }
}

/** Six uniforms, centred, have variance 1/2. */
function drawNearNormal(rng: Rng): number {
  let sum = -3;
  for (let i = 0; i < 6; i += 1) sum += rng.next();
  return sum * Math.SQRT2;
}
