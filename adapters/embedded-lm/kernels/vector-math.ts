// Scalar and 4-lane functions built from IEEE add, multiply, divide and square root only: no fused
// multiply-add and no library tables, so that every machine computes the same bits.

/** Below this, exp is exactly 0: a masked score of -1e30 must leave no probability behind. */
const EXP_LOW: f32 = -87.0;
const EXP_HIGH: f32 = 87.0;

/** What a masked score is set to before the maximum is taken. */
export const MASKED: f32 = -1e30;

// @ts-ignore: decorator
@inline
export function expLanes(value: v128): v128 {
  const isZero = f32x4.lt(value, f32x4.splat(EXP_LOW));
  const x = f32x4.min(f32x4.max(value, f32x4.splat(EXP_LOW)), f32x4.splat(EXP_HIGH));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  // ln 2 in two parts, so that n * ln 2 is exact in the high one.
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1.0));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), isZero);
}

/** Natural logarithm of a positive normal number, by the series of atanh. */
export function logPositive(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <i32>((bits >> 52) & 0x7ff) - 1023;
  let mantissa = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const s = (mantissa - 1.0) / (mantissa + 1.0);
  const q = s * s;
  let sum: f64 = 1.0 / 21.0;
  for (let k = 19; k >= 1; k -= 2) sum = sum * q + 1.0 / <f64>k;
  return 2.0 * s * sum + <f64>exponent * 0.6931471805599453;
}

// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

// @ts-ignore: decorator
@inline
export function maxLane(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}
