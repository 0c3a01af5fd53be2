// Row-wise layers: embedding, RMSNorm, squared ReLU, RoPE. `rows` may be any number; widths are multiples of 8.
import { sumLanes } from './vector-math';

const NORM_EPS: f32 = 1e-5;

/** out [rows][d] = table[tokens]. */
export function embed(tokens: usize, table: usize, out: usize, rows: i32, d: i32): void {
  const bytes = <usize>d << 2;
  for (let r = 0; r < rows; r++) {
    memory.copy(out, table + <usize>load<i32>(tokens + (<usize>r << 2)) * bytes, bytes);
    out += bytes;
  }
}

/** dTable[tokens] += dx, in row order. */
export function embedBackward(tokens: usize, dx: usize, dTable: usize, rows: i32, d: i32): void {
  const bytes = <usize>d << 2;
  for (let r = 0; r < rows; r++) {
    const to = dTable + <usize>load<i32>(tokens + (<usize>r << 2)) * bytes;
    for (let e: usize = 0; e < bytes; e += 16) {
      v128.store(to + e, f32x4.add(v128.load(to + e), v128.load(dx + e)));
    }
    dx += bytes;
  }
}

/** y = x * gain / rms(x); the reciprocal of the root mean square of each row goes to `inverse`. */
export function normRows(x: usize, gain: usize, y: usize, inverse: usize, rows: i32, d: i32): void {
  const bytes = <usize>d << 2;
  for (let r = 0; r < rows; r++) {
    let squares = f32x4.splat(0);
    for (let e: usize = 0; e < bytes; e += 16) {
      const v = v128.load(x + e);
      squares = f32x4.add(squares, f32x4.mul(v, v));
    }
    const scale: f32 = (1.0 as f32) / sqrt<f32>(sumLanes(squares) / <f32>d + NORM_EPS);
    store<f32>(inverse + (<usize>r << 2), scale);
    const s = f32x4.splat(scale);
    for (let e: usize = 0; e < bytes; e += 16) {
      v128.store(y + e, f32x4.mul(f32x4.mul(v128.load(x + e), s), v128.load(gain + e)));
    }
    x += bytes;
    y += bytes;
  }
}

/** dx += gradient of normRows with respect to x; dGain += the one with respect to the gain. */
export function normRowsBackward(
  x: usize,
  gain: usize,
  inverse: usize,
  dy: usize,
  dx: usize,
  dGain: usize,
  rows: i32,
  d: i32,
): void {
  const bytes = <usize>d << 2;
  for (let r = 0; r < rows; r++) {
    const scale = load<f32>(inverse + (<usize>r << 2));
    const s = f32x4.splat(scale);
    let dots = f32x4.splat(0);
    for (let e: usize = 0; e < bytes; e += 16) {
      const product = f32x4.mul(v128.load(dy + e), v128.load(x + e));
      dots = f32x4.add(dots, f32x4.mul(product, v128.load(gain + e)));
      v128.store(dGain + e, f32x4.add(v128.load(dGain + e), f32x4.mul(product, s)));
    }
    const along = f32x4.splat((sumLanes(dots) * scale * scale * scale) / <f32>d);
    for (let e: usize = 0; e < bytes; e += 16) {
      const direct = f32x4.mul(f32x4.mul(v128.load(dy + e), v128.load(gain + e)), s);
      const change = f32x4.sub(direct, f32x4.mul(v128.load(x + e), along));
      v128.store(dx + e, f32x4.add(v128.load(dx + e), change));
    }
    x += bytes;
    dy += bytes;
    dx += bytes;
  }
}

/** z = max(z, 0) in place and out = z * z, over n floats (a multiple of 4). */
export function squareRelu(z: usize, out: usize, n: i32): void {
  const end = z + (<usize>n << 2);
  const zero = f32x4.splat(0);
  while (z < end) {
    const v = f32x4.max(v128.load(z), zero);
    v128.store(z, v);
    v128.store(out, f32x4.mul(v, v));
    z += 16;
    out += 16;
  }
}

/** dz = 2 * z * dOut in place of dOut, with the z that squareRelu left. */
export function squareReluBackward(z: usize, dOut: usize, n: i32): void {
  const end = z + (<usize>n << 2);
  while (z < end) {
    const v = v128.load(z);
    v128.store(dOut, f32x4.mul(v128.load(dOut), f32x4.add(v, v)));
    z += 16;
    dOut += 16;
  }
}

/**
 * Rotates queries and keys of qkv [rows][3d] by their position: element i of a head pairs with i + hd / 2.
 * `table` holds hd / 2 cosines and hd / 2 sines per position; `sign` -1 turns back (the gradient).
 */
export function rotate(
  qkv: usize,
  positions: usize,
  table: usize,
  rows: i32,
  d: i32,
  headWidth: i32,
  sign: f32,
): void {
  const half = <usize>headWidth << 1;
  const rowBytes = <usize>(3 * d) << 2;
  const turn = f32x4.splat(sign);
  for (let r = 0; r < rows; r++) {
    const cosines = table + ((<usize>load<i32>(positions + (<usize>r << 2)) * <usize>headWidth) << 2);
    const end = qkv + (<usize>(2 * d) << 2);
    for (let head = qkv; head < end; head += 2 * half) {
      for (let e: usize = 0; e < half; e += 16) {
        const c = v128.load(cosines + e);
        const s = f32x4.mul(v128.load(cosines + half + e), turn);
        const a = v128.load(head + e);
        const b = v128.load(head + half + e);
        v128.store(head + e, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
        v128.store(head + half + e, f32x4.add(f32x4.mul(a, s), f32x4.mul(b, c)));
      }
    }
    qkv += rowBytes;
  }
}
