/**
 * The embedded transformer in plain TypeScript on Float32Arrays, one thread, no SIMD: what the kernels are
 * compared with. Flat causal sequences only; loops are in the order that V8 runs fastest.
 */
import type { ModelShape } from '../adapters/embedded-lm/model/contract.ts';
import { buildParameterLayout, type Tensor } from '../adapters/embedded-lm/model/parameter-layout.ts';
import { fillRopeTable } from '../adapters/embedded-lm/model/rope-table.ts';

type Vector = Float32Array;

const NORM_EPS = 1e-5;

/** c [m][n] += a [m][k] * b [k][n]. */
export function addProduct(a: Vector, b: Vector, c: Vector, m: number, k: number, n: number): void {
  for (let i = 0; i < m; i += 1) {
    for (let e = 0; e < k; e += 1) {
      const factor = a[i * k + e]!;
      const to = i * n;
      const from = e * n;
      for (let j = 0; j < n; j += 1) c[to + j]! += factor * b[from + j]!;
    }
  }
}

/** Gradients of c = a * b: da += dc * transposed b, db += transposed a * dc. */
function addProductGradients(a: Vector, b: Vector, dc: Vector, da: Vector, db: Vector, k: number, n: number): void {
  for (let i = 0; i < dc.length / n; i += 1) {
    for (let e = 0; e < k; e += 1) {
      const factor = a[i * k + e]!;
      const row = i * n;
      const column = e * n;
      let sum = 0;
      for (let j = 0; j < n; j += 1) {
        const gradient = dc[row + j]!;
        sum += gradient * b[column + j]!;
        db[column + j]! += factor * gradient;
      }
      da[i * k + e]! += sum;
    }
  }
}

function normRows(x: Vector, gain: Vector): Normed {
  const d = gain.length;
  const y = new Float32Array(x.length);
  const inverse = new Float32Array(x.length / d);
  for (let r = 0; r < inverse.length; r += 1) {
    let squares = 0;
    for (let e = r * d; e < (r + 1) * d; e += 1) squares += x[e]! * x[e]!;
    inverse[r] = 1 / Math.sqrt(squares / d + NORM_EPS);
    for (let e = 0; e < d; e += 1) y[r * d + e] = x[r * d + e]! * inverse[r]! * gain[e]!;
  }
  return { y, inverse };
}

function addNormGradients(x: Vector, gain: Vector, inverse: Vector, dy: Vector, dx: Vector, dGain: Vector): void {
  const d = gain.length;
  for (let r = 0; r < inverse.length; r += 1) {
    const scale = inverse[r]!;
    let along = 0;
    for (let e = 0; e < d; e += 1) {
      const at = r * d + e;
      along += dy[at]! * x[at]! * gain[e]!;
      dGain[e]! += dy[at]! * x[at]! * scale;
    }
    along *= scale ** 3 / d;
    for (let e = 0; e < d; e += 1) dx[r * d + e]! += dy[r * d + e]! * gain[e]! * scale - x[r * d + e]! * along;
  }
}

/** Keys and values of a sequence so far: qkv rows, keys rotated. */
interface Cache {
  readonly qkv: Vector;
  count: number;
}

interface Normed {
  readonly y: Vector;
  readonly inverse: Vector;
}

interface Attention {
  /** The cache's rows: rotated queries and keys, values. */
  readonly qkv: Vector;
  readonly mixed: Vector;
  /** [heads][rows][cached]. */
  readonly probabilities: Vector;
}

/** What one layer keeps for its gradient. */
interface LayerTape {
  readonly x: Vector;
  readonly before: Normed;
  readonly attention: Attention;
  readonly middle: Vector;
  readonly between: Normed;
  readonly hidden: Vector;
  readonly squared: Vector;
}

/** A model and its gradient. */
export class PlainTransformer {
  readonly #shape: ModelShape;
  readonly #layout;
  readonly #rope: Vector;
  readonly #weights: Vector;
  readonly gradient: Vector;

  constructor(shape: ModelShape, weights: Vector) {
    this.#shape = shape;
    this.#layout = buildParameterLayout(shape);
    this.#weights = weights;
    this.gradient = new Float32Array(weights.length);
    this.#rope = new Float32Array((shape.maxLength * shape.width) / shape.heads);
    fillRopeTable(this.#rope, shape.maxLength, shape.width / shape.heads);
  }

  /** Log-probs of the targets; adds the gradient of the cross entropy with these weights. */
  train(tokens: readonly number[], targets: readonly number[], weights: readonly number[]): Float32Array {
    const tape = this.#forward(tokens, this.openCaches());
    const { vocab, usedVocab, width: d } = this.#shape;
    const logprobs = new Float32Array(tokens.length);
    const dLogits = new Float32Array(tape.logits.length);
    targets.forEach((target, i) => {
      const row = tape.logits.subarray(i * vocab, i * vocab + usedVocab);
      const logSum = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
      logprobs[i] = row[target]! - logSum;
      row.forEach((z, j) => {
        dLogits[i * vocab + j] = weights[i]! * (Math.exp(z - logSum) - (j === target ? 1 : 0));
      });
    });
    const dOut = new Float32Array(tokens.length * d);
    this.#product(this.#layout.head, tape.normed, dLogits, dOut);
    const dx = this.#norm(this.#layout.finalGain, tape.x, tape.inverse, dOut, new Float32Array(dOut.length));
    for (let i = tape.layers.length - 1; i >= 0; i -= 1) this.#backLayer(i, tape.layers[i]!, dx);
    const table = this.#cut(this.gradient, this.#layout.embedding);
    tokens.forEach((token, r) => {
      for (let e = 0; e < d; e += 1) table[token * d + e]! += dx[r * d + e]!;
    });
    return logprobs;
  }

  /** Empty caches, one per layer. */
  openCaches(): Cache[] {
    const { maxLength, width } = this.#shape;
    return this.#layout.layers.map(() => ({ qkv: new Float32Array(maxLength * 3 * width), count: 0 }));
  }

  /** Logits of the last of these tokens, which follow what the caches hold. */
  decode(tokens: readonly number[], caches: Cache[]): Vector {
    return this.#forward(tokens, caches).logits.subarray(-this.#shape.vocab);
  }

  #cut(vector: Vector, { offset, rows, columns }: Tensor): Vector {
    return vector.subarray(offset, offset + rows * columns);
  }

  #multiply(x: Vector, tensor: Tensor, start?: Vector): Vector {
    const m = x.length / tensor.rows;
    const out = start?.slice() ?? new Float32Array(m * tensor.columns);
    addProduct(x, this.#cut(this.#weights, tensor), out, m, tensor.rows, tensor.columns);
    return out;
  }

  #forward(tokens: readonly number[], caches: readonly Cache[]) {
    const { width: d } = this.#shape;
    const table = this.#cut(this.#weights, this.#layout.embedding);
    let x: Vector = new Float32Array(tokens.length * d);
    tokens.forEach((token, r) => {
      x.set(table.subarray(token * d, (token + 1) * d), r * d);
    });
    const layers = this.#layout.layers.map((tensors, i) => {
      const before = normRows(x, this.#cut(this.#weights, tensors.attentionGain));
      const attention = this.#attend(this.#multiply(before.y, tensors.qkv), caches[i]!);
      const middle = this.#multiply(attention.mixed, tensors.attentionOut, x);
      const between = normRows(middle, this.#cut(this.#weights, tensors.feedForwardGain));
      const hidden = this.#multiply(between.y, tensors.up).map((z) => Math.max(z, 0));
      const squared = hidden.map((z) => z * z);
      const tape = { x, before, attention, middle, between, hidden, squared };
      x = this.#multiply(squared, tensors.down, middle);
      return tape;
    });
    const { y: normed, inverse } = normRows(x, this.#cut(this.#weights, this.#layout.finalGain));
    return { layers, x, normed, inverse, logits: this.#multiply(normed, this.#layout.head) };
  }

  /** `sign` -1 turns back, for gradients. */
  #rotate(row: Vector, position: number, sign: number): void {
    const { width: d, heads } = this.#shape;
    const half = d / heads / 2;
    for (let head = 0; head < 2 * d; head += 2 * half) {
      for (let e = 0; e < half; e += 1) {
        const [c, s] = [this.#rope[position * 2 * half + e]!, sign * this.#rope[position * 2 * half + half + e]!];
        const [a, b] = [row[head + e]!, row[head + half + e]!];
        row[head + e] = a * c - b * s;
        row[head + half + e] = a * s + b * c;
      }
    }
  }

  #attend(rows: Vector, cache: Cache): Attention {
    const { width: d, heads } = this.#shape;
    const [first, count, hd] = [cache.count, rows.length / (3 * d), d / heads];
    const { qkv } = cache;
    qkv.set(rows, first * 3 * d);
    cache.count += count;
    const mixed = new Float32Array(count * d);
    const probabilities = new Float32Array(heads * count * cache.count);
    for (let r = 0; r < count; r += 1)
      this.#rotate(qkv.subarray((first + r) * 3 * d, (first + r + 1) * 3 * d), first + r, 1);
    for (let h = 0; h < heads; h += 1) {
      for (let r = 0; r < count; r += 1) {
        const p = probabilities.subarray((h * count + r) * cache.count, (h * count + r) * cache.count + first + r + 1);
        const q = (first + r) * 3 * d + h * hd;
        let total = 0;
        for (let j = 0; j < p.length; j += 1) {
          let sum = 0;
          for (let e = 0; e < hd; e += 1) sum += qkv[q + e]! * qkv[j * 3 * d + d + h * hd + e]!;
          p[j] = Math.exp(sum / Math.sqrt(hd));
          total += p[j]!;
        }
        for (let j = 0; j < p.length; j += 1) {
          p[j] = p[j]! / total;
          for (let e = 0; e < hd; e += 1) mixed[r * d + h * hd + e]! += p[j]! * qkv[j * 3 * d + 2 * d + h * hd + e]!;
        }
      }
    }
    return { qkv, mixed, probabilities };
  }

  /** Adds to a tensor's gradient and to that of its input. */
  #product(tensor: Tensor, input: Vector, dOut: Vector, dInput: Vector): Vector {
    const [w, g] = [this.#cut(this.#weights, tensor), this.#cut(this.gradient, tensor)];
    addProductGradients(input, w, dOut, dInput, g, tensor.rows, tensor.columns);
    return dInput;
  }

  #norm(gain: Tensor, x: Vector, inverse: Vector, dy: Vector, dx: Vector): Vector {
    addNormGradients(x, this.#cut(this.#weights, gain), inverse, dy, dx, this.#cut(this.gradient, gain));
    return dx;
  }

  #backLayer(index: number, tape: LayerTape, dx: Vector): void {
    const tensors = this.#layout.layers[index]!;
    const blank = (like: Vector) => new Float32Array(like.length);
    const dHidden = this.#product(tensors.down, tape.squared, dx, blank(tape.squared)).map(
      (g, i) => 2 * g * tape.hidden[i]!,
    );
    const dBetween = this.#product(tensors.up, tape.between.y, dHidden, blank(tape.between.y));
    this.#norm(tensors.feedForwardGain, tape.middle, tape.between.inverse, dBetween, dx);
    const dMixed = this.#product(tensors.attentionOut, tape.attention.mixed, dx, blank(dx));
    const dQkv = this.#backAttention(tape.attention, dMixed);
    const dBefore = this.#product(tensors.qkv, tape.before.y, dQkv, blank(tape.before.y));
    this.#norm(tensors.attentionGain, tape.x, tape.before.inverse, dBefore, dx);
  }

  #backAttention({ qkv, probabilities }: Attention, dMixed: Vector): Vector {
    const { width: d, heads } = this.#shape;
    const [count, hd] = [dMixed.length / d, d / heads];
    const dQkv = new Float32Array(count * 3 * d);
    const dP = new Float32Array(count);
    for (let h = 0; h < heads; h += 1) {
      for (let r = 0; r < count; r += 1) {
        const p = probabilities.subarray((h * count + r) * count, (h * count + r) * count + r + 1);
        const [q, out] = [r * 3 * d + h * hd, r * d + h * hd];
        let mean = 0;
        for (let j = 0; j <= r; j += 1) {
          const value = j * 3 * d + 2 * d + h * hd;
          let sum = 0;
          for (let e = 0; e < hd; e += 1) {
            sum += dMixed[out + e]! * qkv[value + e]!;
            dQkv[value + e]! += p[j]! * dMixed[out + e]!;
          }
          dP[j] = sum;
          mean += p[j]! * sum;
        }
        for (let j = 0; j <= r; j += 1) {
          const key = j * 3 * d + d + h * hd;
          const dScore = (p[j]! * (dP[j]! - mean)) / Math.sqrt(hd);
          for (let e = 0; e < hd; e += 1) {
            dQkv[q + e]! += dScore * qkv[key + e]!;
            dQkv[key + e]! += dScore * qkv[q + e]!;
          }
        }
      }
    }
    for (let r = 0; r < count; r += 1) this.#rotate(dQkv.subarray(r * 3 * d, (r + 1) * 3 * d), r, -1);
    return dQkv;
  }
}
