import { floorRoot } from './rational.ts';

/** Real numbers as integers over 2^PRECISION: enough digits to tell apart what doubles cannot. */
export const PRECISION = 400n;
export const UNIT = 1n << PRECISION;

/** Larger magnitudes (as powers of two) are not computed. */
const MAX_EXPONENT = 4000n;

export function multiplyFixed(a: bigint, b: bigint): bigint {
  return (a * b) >> PRECISION;
}

/** Null for a zero divisor. */
export function divideFixed(a: bigint, b: bigint): bigint | null {
  return b === 0n ? null : (a << PRECISION) / b;
}

/** Root of a value that is not negative. */
export function rootFixed(value: bigint, degree: bigint): bigint {
  return floorRoot(value << (PRECISION * (degree - 1n)), degree);
}

/** e to the power of `x`; null when the result is out of bounds. */
export function expFixed(x: bigint): bigint | null {
  const doublings = x / LN2;
  if (doublings > MAX_EXPONENT || doublings < -MAX_EXPONENT) return null;
  // exp(x) = exp(r / 2^k)^(2^k) * 2^doublings, with r / 2^k small enough for a short series.
  const rest = (x - doublings * LN2) >> 8n;
  let term = UNIT;
  let sum = UNIT;
  for (let n = 1n; term !== 0n && term !== -1n; n += 1n) {
    term = multiplyFixed(term, rest) / n;
    sum += term;
  }
  for (let k = 0; k < 8; k += 1) sum = multiplyFixed(sum, sum);
  return doublings >= 0n ? sum << doublings : sum >> -doublings;
}

/** Natural logarithm; null unless `x` is positive. */
export function lnFixed(x: bigint): bigint | null {
  if (x <= 0n) return null;
  // Brought into [1, 2) by doublings, then to the neighbourhood of 1 by square roots.
  const doublings = BigInt(x.toString(2).length - 1) - PRECISION;
  let m = doublings >= 0n ? x >> doublings : x << -doublings;
  for (let k = 0; k < 8; k += 1) m = rootFixed(m, 2n);
  return (artanhTwice(m - UNIT, m + UNIT) << 8n) + doublings * LN2;
}

/** 2 artanh(a / b) for a small quotient. */
function artanhTwice(a: bigint, b: bigint): bigint {
  const z = (a << PRECISION) / b;
  const square = multiplyFixed(z, z);
  let power = z;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = multiplyFixed(power, square);
  }
  return 2n * sum;
}

const LN2 = artanhTwice(1n, 3n);

/** Pi by Machin's formula. */
export const PI = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));

function arctanOfInverse(n: bigint): bigint {
  let power = UNIT / n;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += (k % 4n === 1n ? power : -power) / k;
    power /= n * n;
  }
  return sum;
}

/** Sine; the argument is reduced by full turns first. */
export function sinFixed(x: bigint): bigint {
  const turn = 2n * PI;
  let r = x % turn;
  if (r > PI) r -= turn;
  if (r < -PI) r += turn;
  const square = multiplyFixed(r, r);
  let term = r;
  let sum = 0n;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    sum += term;
    term = -multiplyFixed(term, square) / ((n + 1n) * (n + 2n));
  }
  return sum;
}
