// Causal attention, one query row at a time, over keys in blocks of four: [key / 4][d][4]. Training and
// decoding call the same row function, so their results agree to the bit. Values are rows with a stride.
import { expLanes, MASKED, maxLane, sumLanes } from './vector-math';

/** Copies key rows (stride in bytes) into blocks of four. The lanes after the last key keep what they held. */
export function blockRows(rows: usize, stride: usize, count: i32, d: i32, out: usize): void {
  for (let j = 0; j < count; j++) {
    storeKey(rows, d, out, j);
    rows += stride;
  }
}

// @ts-ignore: decorator
@inline
function storeKey(key: usize, d: i32, blocks: usize, index: i32): void {
  const to = blocks + (<usize>((index >> 2) * d) << 4) + (<usize>(index & 3) << 2);
  for (let e = 0; e < d; e++) store<f32>(to + (<usize>e << 4), load<f32>(key + (<usize>e << 2)));
}

/** Whether a query on path id `self` may see a key on path id `other`: ids are (block << 16) | path. */
// @ts-ignore: decorator
@inline
function isHidden(self: i32, other: i32): bool {
  return other != self && (other & 0xffff) != 0 && other >>> 16 == self >>> 16;
}

/** Hides the keys of sibling paths. Trunk queries (no block or no path) see everything. */
// @ts-ignore: decorator
@inline
function hideSiblings(scores: usize, paths: usize, count: i32, self: i32): void {
  if (paths == 0 || (self & 0xffff) == 0 || self >>> 16 == 0) return;
  for (let j = 0; j < count; j++) {
    if (isHidden(self, load<i32>(paths + (<usize>j << 2)))) store<f32>(scores + (<usize>j << 2), MASKED);
  }
}

/**
 * One query of one head over keys 0..count-1. `q`, `keys`, `values` and `out` point at the head; `scores`
 * receives the probabilities, rounded up to four keys with zeros. `paths` is 0 or the path id per key.
 */
function attendRow(
  q: usize,
  keys: usize,
  values: usize,
  valueStride: usize,
  count: i32,
  d: i32,
  headWidth: i32,
  scores: usize,
  out: usize,
  paths: usize,
): void {
  const scale = f32x4.splat((1.0 as f32) / sqrt<f32>(<f32>headWidth));
  const rounded = (count + 3) & ~3;
  const end = scores + (<usize>rounded << 2);
  const blockBytes = <usize>d << 4;
  const queryEnd = q + (<usize>headWidth << 2);
  for (let to = scores; to < end; to += 16) {
    let sum = f32x4.splat(0);
    let key = keys;
    for (let e = q; e < queryEnd; e += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e), v128.load(key)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e, 4), v128.load(key, 16)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e, 8), v128.load(key, 32)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e, 12), v128.load(key, 48)));
      key += 64;
    }
    v128.store(to, f32x4.mul(sum, scale));
    keys += blockBytes;
  }
  for (let j = count; j < rounded; j++) store<f32>(scores + (<usize>j << 2), MASKED);
  if (paths != 0) hideSiblings(scores, paths, count, load<i32>(paths + (<usize>(count - 1) << 2)));
  softmaxInPlace(scores, end);
  mixValues(scores, values, valueStride, count, headWidth, out);
}

// @ts-ignore: decorator
@inline
function softmaxInPlace(scores: usize, end: usize): void {
  let top = v128.load(scores);
  for (let at = scores + 16; at < end; at += 16) top = f32x4.max(top, v128.load(at));
  const peak = f32x4.splat(maxLane(top));
  let total = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) {
    const e = expLanes(f32x4.sub(v128.load(at), peak));
    v128.store(at, e);
    total = f32x4.add(total, e);
  }
  const scale = f32x4.splat((1.0 as f32) / sumLanes(total));
  for (let at = scores; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), scale));
}

// @ts-ignore: decorator
@inline
function mixValues(weights: usize, values: usize, stride: usize, count: i32, headWidth: i32, out: usize): void {
  const end = weights + (<usize>count << 2);
  for (let e: usize = 0; e < <usize>headWidth << 2; e += 32) {
    let left = f32x4.splat(0);
    let right = left;
    let value = values + e;
    for (let w = weights; w < end; w += 4) {
      const p = v128.load32_splat(w);
      left = f32x4.add(left, f32x4.mul(p, v128.load(value)));
      right = f32x4.add(right, f32x4.mul(p, v128.load(value, 16)));
      value += stride;
    }
    v128.store(out + e, left);
    v128.store(out + e, right, 16);
  }
}

/**
 * A whole sequence of `count` rows of qkv [count][3d]: out [count][d] and the probabilities
 * [heads][count][count rounded up to 4], kept for the gradient. `keys` is room for the blocked keys.
 */
export function attendSequence(
  qkv: usize,
  count: i32,
  d: i32,
  headWidth: i32,
  keys: usize,
  probabilities: usize,
  out: usize,
  paths: usize,
): void {
  const width = <usize>d << 2;
  const headBytes = <usize>headWidth << 2;
  const rowBytes = <usize>((count + 3) & ~3) << 2;
  blockRows(qkv + width, 3 * width, count, d, keys);
  for (let head: usize = 0; head < width; head += headBytes) {
    for (let i = 0; i < count; i++) {
      const q = qkv + <usize>i * 3 * width + head;
      const values = qkv + 2 * width + head;
      const to = out + <usize>i * width + head;
      attendRow(q, keys + 4 * head, values, 3 * width, i + 1, d, headWidth, probabilities, to, paths);
      // A row ends where its last block of four does; the gradient reads the whole width.
      const used = <usize>((i + 4) & ~3) << 2;
      memory.fill(probabilities + used, 0, rowBytes - used);
      probabilities += rowBytes;
    }
  }
}

/**
 * Gradient of attendSequence: dqkv [count][3d] from dOut [count][d]. `blocks` is room for the blocked
 * values, `dScores` for [count][count rounded up to 4]. A hidden key has probability 0 and so gradient 0.
 */
export function attendSequenceBackward(
  qkv: usize,
  count: i32,
  d: i32,
  headWidth: i32,
  blocks: usize,
  probabilities: usize,
  dScores: usize,
  dOut: usize,
  dqkv: usize,
): void {
  const width = <usize>d << 2;
  const headBytes = <usize>headWidth << 2;
  const rowBytes = <usize>((count + 3) & ~3) << 2;
  blockRows(qkv + 2 * width, 3 * width, count, d, blocks);
  for (let head: usize = 0; head < width; head += headBytes) {
    for (let i = 0; i < count; i++) {
      const p = probabilities + <usize>i * rowBytes;
      const dS = dScores + <usize>i * rowBytes;
      scoreGradient(p, dS, dOut + <usize>i * width + head, blocks + 4 * head, i + 1, d, headWidth);
      const dq = dqkv + <usize>i * 3 * width + head;
      mixValues(dS, qkv + width + head, 3 * width, i + 1, headWidth, dq);
    }
    for (let j = 0; j < count; j++) {
      const row = <usize>j * 3 * width + head;
      const first = <usize>j * rowBytes + (<usize>j << 2);
      const left = count - j;
      mixColumn(dScores + first, rowBytes, qkv + row, 3 * width, left, headWidth, dqkv + row + width);
      mixColumn(probabilities + first, rowBytes, dOut + <usize>j * width + head, width, left, headWidth, dqkv + row + 2 * width);
    }
    probabilities += <usize>count * rowBytes;
  }
}

/** dS = P * (dP - sum(P * dP)) * scale for one row, where dP[j] = dOut . value[j]. */
// @ts-ignore: decorator
@inline
function scoreGradient(p: usize, dS: usize, dOut: usize, values: usize, count: i32, d: i32, headWidth: i32): void {
  const scale = f32x4.splat((1.0 as f32) / sqrt<f32>(<f32>headWidth));
  const bytes = <usize>((count + 3) & ~3) << 2;
  const blockBytes = <usize>d << 4;
  const gradientEnd = dOut + (<usize>headWidth << 2);
  let total = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = f32x4.splat(0);
    let value = values;
    for (let e = dOut; e < gradientEnd; e += 8) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e), v128.load(value)));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(e, 4), v128.load(value, 16)));
      value += 32;
    }
    // Lanes after the last key hold leftovers of other sequences: drop them, they may be anything.
    const probability = v128.load(p + at);
    sum = v128.andnot(sum, f32x4.eq(probability, f32x4.splat(0)));
    v128.store(dS + at, sum);
    total = f32x4.add(total, f32x4.mul(probability, sum));
    values += blockBytes;
  }
  const mean = f32x4.splat(sumLanes(total));
  for (let at: usize = 0; at < bytes; at += 16) {
    const centred = f32x4.sub(v128.load(dS + at), mean);
    v128.store(dS + at, f32x4.mul(f32x4.mul(v128.load(p + at), centred), scale));
  }
}

/** out = sum over `count` rows of factor * row, the factors one column of a matrix. */
// @ts-ignore: decorator
@inline
function mixColumn(
  factors: usize,
  factorStride: usize,
  rows: usize,
  rowStride: usize,
  count: i32,
  headWidth: i32,
  out: usize,
): void {
  for (let e: usize = 0; e < <usize>headWidth << 2; e += 32) {
    let left = f32x4.splat(0);
    let right = left;
    let row = rows + e;
    let factor = factors;
    for (let i = 0; i < count; i++) {
      const f = v128.load32_splat(factor);
      left = f32x4.add(left, f32x4.mul(f, v128.load(row)));
      right = f32x4.add(right, f32x4.mul(f, v128.load(row, 16)));
      factor += factorStride;
      row += rowStride;
    }
    v128.store(out + e, left);
    v128.store(out + e, right, 16);
  }
}

/**
 * Decoding: writes keys and values of `rows` rows of qkv [rows][3d] into their slots. `slots` holds the
 * address of each row's cache of this layer (blocked keys, then values at `valueOffset`), `indices` the place.
 */
export function storeKeysValues(
  qkv: usize,
  rows: i32,
  d: i32,
  slots: usize,
  layerOffset: usize,
  valueOffset: usize,
  indices: usize,
): void {
  const width = <usize>d << 2;
  for (let r = 0; r < rows; r++) {
    const at = <usize>r << 2;
    const slot = <usize>load<u32>(slots + at) + layerOffset;
    const index = load<i32>(indices + at);
    storeKey(qkv + width, d, slot, index);
    memory.copy(slot + valueOffset + <usize>index * width, qkv + 2 * width, width);
    qkv += 3 * width;
  }
}

/**
 * Decoding: each row attends over its own slot, keys 0..index. `paths` holds per row the address of the
 * slot's path ids, or 0; `scores` is room for the longest sequence rounded up to 4.
 */
export function attendSlots(
  qkv: usize,
  rows: i32,
  d: i32,
  headWidth: i32,
  slots: usize,
  layerOffset: usize,
  valueOffset: usize,
  indices: usize,
  paths: usize,
  scores: usize,
  out: usize,
): void {
  const width = <usize>d << 2;
  const headBytes = <usize>headWidth << 2;
  for (let r = 0; r < rows; r++) {
    const at = <usize>r << 2;
    const slot = <usize>load<u32>(slots + at) + layerOffset;
    const count = load<i32>(indices + at) + 1;
    const pathIds = <usize>load<u32>(paths + at);
    for (let head: usize = 0; head < width; head += headBytes) {
      const values = slot + valueOffset + head;
      attendRow(qkv + head, slot + 4 * head, values, width, count, d, headWidth, scores, out + head, pathIds);
    }
    qkv += 3 * width;
    out += width;
  }
}
