/**
 * The tiny transformer once more, in plain 64-bit TypeScript and one sequence at a time: the truth that the
 * kernels, the learner and the sampler are measured against. Gradients are numeric, so nothing here repeats
 * the hand-written backward pass. Weights lie as `parameter-layout.ts` places them.
 */
import type { ModelShape, ScoreSequence } from '../../adapters/embedded-lm/model/contract.ts';
import { buildParameterLayout, type Tensor } from '../../adapters/embedded-lm/model/parameter-layout.ts';

/** Rows of numbers, one per token. */
export type Rows = readonly Float64Array[];

const NORM_EPS = 1e-5;
const ROPE_BASE = 1000;

/** row * matrix, the matrix [row.length][columns] row by row. */
export function multiplyRow(row: Float64Array, matrix: Float64Array): Float64Array {
  const columns = matrix.length / row.length;
  const out = new Float64Array(columns);
  for (let i = 0; i < row.length; i += 1) {
    for (let j = 0; j < columns; j += 1) out[j]! += row[i]! * matrix[i * columns + j]!;
  }
  return out;
}

/** x * gain / rms(x). */
export function normRow(x: Float64Array, gain: Float64Array): Float64Array {
  const squares = x.reduce((sum, v) => sum + v * v, 0);
  const inverse = 1 / Math.sqrt(squares / x.length + NORM_EPS);
  return x.map((v, i) => v * inverse * gain[i]!);
}

/** max(z, 0) squared. */
export function squareRelu(z: Float64Array): Float64Array {
  return z.map((v) => Math.max(v, 0) ** 2);
}

/** Turns the heads of one query or key row to its position: element i of a head pairs with i + half a head. */
export function rotateRow(row: Float64Array, position: number, headWidth: number): Float64Array {
  const half = headWidth / 2;
  return row.map((v, at) => {
    const e = at % headWidth;
    const angle = position * ROPE_BASE ** (-(e % half) / half);
    const partner = e < half ? -row[at + half]! : row[at - half]!;
    return v * Math.cos(angle) + partner * Math.sin(angle);
  });
}

/** Whether query i sees key j: causal, and never a sibling path of the same block. Ids are (block << 16) | path. */
export function isVisible(paths: readonly number[], i: number, j: number): boolean {
  const [mine, theirs] = [paths[i] ?? 0, paths[j] ?? 0];
  const block = mine >>> 16;
  const areSiblings = block !== 0 && block === theirs >>> 16 && mine !== theirs;
  return j <= i && !(areSiblings && (mine & 0xffff) !== 0 && (theirs & 0xffff) !== 0);
}

/** Attention of all heads over rotated qkv rows of width 3d; one row of width d per query. */
export function attendRows(qkv: Rows, headWidth: number, paths: readonly number[]): Float64Array[] {
  const d = qkv[0]!.length / 3;
  return qkv.map((query, i) => {
    const out = new Float64Array(d);
    for (let head = 0; head < d; head += headWidth) {
      const scores = qkv.map((key, j) => (isVisible(paths, i, j) ? dotHead(query, key, head, headWidth) : -Infinity));
      const probabilities = logSoftmax(Float64Array.from(scores)).map(Math.exp);
      for (let j = 0; j <= i; j += 1) {
        for (let e = 0; e < headWidth; e += 1) out[head + e]! += probabilities[j]! * qkv[j]![2 * d + head + e]!;
      }
    }
    return out;
  });
}

function dotHead(query: Float64Array, key: Float64Array, head: number, headWidth: number): number {
  const d = query.length / 3;
  let sum = 0;
  for (let e = head; e < head + headWidth; e += 1) sum += query[e]! * key[d + e]!;
  return sum / Math.sqrt(headWidth);
}

/** z - log(sum(exp(z))); -Infinity is a masked entry. */
export function logSoftmax(z: Float64Array): Float64Array {
  const peak = z.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = z.reduce((sum, v) => sum + Math.exp(v - peak), 0);
  return z.map((v) => v - peak - Math.log(total));
}

/** Logits of every position over the used vocabulary. */
export function computeLogits(shape: ModelShape, weights: Float64Array, sequence: ScoreSequence): Float64Array[] {
  const layout = buildParameterLayout(shape);
  const read = ({ offset, rows, columns }: Tensor) => weights.subarray(offset, offset + rows * columns);
  const { width: d } = shape;
  const headWidth = d / shape.heads;
  const embedding = read(layout.embedding);
  let x: Rows = sequence.tokens.map((token) => embedding.slice(token * d, (token + 1) * d));
  for (const layer of layout.layers) {
    const qkv = x.map((row, i) => {
      const joined = multiplyRow(normRow(row, read(layer.attentionGain)), read(layer.qkv));
      const position = sequence.positionIds?.[i] ?? i;
      joined.set(rotateRow(joined.subarray(0, d), position, headWidth), 0);
      joined.set(rotateRow(joined.subarray(d, 2 * d), position, headWidth), d);
      return joined;
    });
    const mixed = attendRows(qkv, headWidth, sequence.attnPath ?? []);
    x = x.map((row, i) => addRow(row, multiplyRow(mixed[i]!, read(layer.attentionOut))));
    x = x.map((row) => {
      const hidden = multiplyRow(normRow(row, read(layer.feedForwardGain)), read(layer.up));
      return addRow(row, multiplyRow(squareRelu(hidden), read(layer.down)));
    });
  }
  return x.map((row) =>
    multiplyRow(normRow(row, read(layout.finalGain)), read(layout.head)).subarray(0, shape.usedVocab),
  );
}

function addRow(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v + b[i]!);
}

/** Log-prob of every target. */
export function scoreReference(shape: ModelShape, weights: Float64Array, sequence: ScoreSequence): Float64Array {
  const logits = computeLogits(shape, weights, sequence);
  return Float64Array.from(sequence.targets, (target, i) => logSoftmax(logits[i]!)[target]!);
}

/** Central difference of f at x along a direction of any length. */
export function differentiateAlong(
  f: (x: Float64Array) => number,
  x: Float64Array,
  direction: Float64Array,
  step = 1e-5,
): number {
  const moved = (by: number) => f(x.map((v, i) => v + by * direction[i]!));
  return (moved(step) - moved(-step)) / (2 * step);
}

/** Central differences of f at x, element by element. */
export function computeNumericGradient(f: (x: Float64Array) => number, x: Float64Array): Float64Array {
  return x.map((_, i) => {
    const axis = new Float64Array(x.length);
    axis[i] = 1;
    return differentiateAlong(f, x, axis);
  });
}
