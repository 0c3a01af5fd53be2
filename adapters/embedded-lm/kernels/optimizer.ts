// What happens to a gradient after the backward pass. Counts are multiples of 4.

/** to += from. */
export function addTo(to: usize, from: usize, n: i32): void {
  const end = to + (<usize>n << 2);
  while (to < end) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
}

/** Sum of squares, in doubles. */
export function sumSquares(x: usize, n: i32): f64 {
  const end = x + (<usize>n << 2);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  while (x < end) {
    const v = v128.load(x);
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    x += 16;
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * One AdamW step on n weights with the gradient scaled by `gradientScale`. `correction1` and `correction2`
 * are 1 / (1 - beta^step); `keep` is 1 - learningRate * weightDecay.
 */
export function stepAdamW(
  w: usize,
  g: usize,
  moment1: usize,
  moment2: usize,
  n: i32,
  gradientScale: f32,
  learningRate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  correction1: f32,
  correction2: f32,
  eps: f32,
  keep: f32,
): void {
  for (let e: usize = 0; e < <usize>n << 2; e += 16) {
    const gradient = f32x4.mul(v128.load(g + e), f32x4.splat(gradientScale));
    const first = f32x4.add(
      f32x4.mul(v128.load(moment1 + e), f32x4.splat(beta1)),
      f32x4.mul(gradient, f32x4.splat(rest1)),
    );
    const second = f32x4.add(
      f32x4.mul(v128.load(moment2 + e), f32x4.splat(beta2)),
      f32x4.mul(f32x4.mul(gradient, gradient), f32x4.splat(rest2)),
    );
    v128.store(moment1 + e, first);
    v128.store(moment2 + e, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, f32x4.splat(correction2))), f32x4.splat(eps));
    const quotient = f32x4.div(f32x4.mul(first, f32x4.splat(correction1)), root);
    // A weight without gradient stays, also where eps is 0 in 32 bits and the quotient 0 / 0.
    const change = v128.andnot(quotient, f32x4.eq(second, f32x4.splat(0)));
    const kept = f32x4.mul(v128.load(w + e), f32x4.splat(keep));
    v128.store(w + e, f32x4.sub(kept, f32x4.mul(change, f32x4.splat(learningRate))));
  }
}
