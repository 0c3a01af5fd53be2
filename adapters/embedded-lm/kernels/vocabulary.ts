// The last layer: log-probabilities over the used part of the vocabulary, and their gradient.
import { expLanes, logPositive, MASKED, maxLane, sumLanes } from './vector-math';

/**
 * Per row of logits [rows][vocab]: the maximum and the logarithm of the sum of exp(z - maximum), two floats
 * in `stats`. Columns from `used` on are masked.
 */
export function summariseLogits(logits: usize, rows: i32, vocab: i32, used: i32, stats: usize): void {
  const bytes = <usize>vocab << 2;
  for (let r = 0; r < rows; r++) {
    for (let j = used; j < vocab; j++) store<f32>(logits + (<usize>j << 2), MASKED);
    let top = v128.load(logits);
    for (let e: usize = 16; e < bytes; e += 16) top = f32x4.max(top, v128.load(logits + e));
    const peak = maxLane(top);
    let total = f32x4.splat(0);
    for (let e: usize = 0; e < bytes; e += 16) {
      total = f32x4.add(total, expLanes(f32x4.sub(v128.load(logits + e), f32x4.splat(peak))));
    }
    store<f32>(stats, peak);
    store<f32>(stats, <f32>logPositive(<f64>sumLanes(total)), 4);
    stats += 8;
    logits += bytes;
  }
}

/** out[row] = log-probability of targets[row]. */
export function targetLogprobs(logits: usize, rows: i32, vocab: i32, stats: usize, targets: usize, out: usize): void {
  for (let r = 0; r < rows; r++) {
    const at = <usize>r << 2;
    const z = load<f32>(logits + (<usize>load<i32>(targets + at) << 2));
    store<f32>(out + at, z - load<f32>(stats) - load<f32>(stats, 4));
    stats += 8;
    logits += <usize>vocab << 2;
  }
}

/** Replaces logits by the gradient of -sum(weight * log-probability of target): weight * (p - onehot). */
export function logitGradient(logits: usize, rows: i32, vocab: i32, stats: usize, targets: usize, weights: usize): void {
  const bytes = <usize>vocab << 2;
  for (let r = 0; r < rows; r++) {
    const at = <usize>r << 2;
    const weight = load<f32>(weights + at);
    if (weight == 0) {
      memory.fill(logits, 0, bytes);
    } else {
      const peak = f32x4.splat(load<f32>(stats));
      const logSum = f32x4.splat(load<f32>(stats, 4));
      const w = f32x4.splat(weight);
      for (let e: usize = 0; e < bytes; e += 16) {
        const p = expLanes(f32x4.sub(f32x4.sub(v128.load(logits + e), peak), logSum));
        v128.store(logits + e, f32x4.mul(w, p));
      }
      const target = logits + (<usize>load<i32>(targets + at) << 2);
      store<f32>(target, load<f32>(target) - weight);
    }
    stats += 8;
    logits += bytes;
  }
}

/** out = exp((z - peak) * sharpness) over one row of logits: a distribution at another temperature, not normalised. */
export function sharpenRow(logits: usize, vocab: i32, peak: f32, sharpness: f32, out: usize): void {
  const bytes = <usize>vocab << 2;
  for (let e: usize = 0; e < bytes; e += 16) {
    const z = f32x4.sub(v128.load(logits + e), f32x4.splat(peak));
    v128.store(out + e, expLanes(f32x4.mul(z, f32x4.splat(sharpness))));
  }
}
