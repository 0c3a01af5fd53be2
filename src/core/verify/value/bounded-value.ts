import { floorRoot, type Rational } from './rational.ts';

/**
 * A real number in fixed point together with a bound on its error, both in units of 2^-PRECISION: the true value
 * lies within `error` of `value`. What lies further apart than both errors is different.
 */
export interface Bounded {
  readonly value: bigint;
  readonly error: bigint;
}

/** Bits behind the point: enough digits to tell apart what doubles cannot. */
export const PRECISION = 400n;
export const UNIT = 1n << PRECISION;

/** Larger results of the exponential (as powers of two), and values with more bits before the point, are not computed. */
const MAX_EXPONENT = 4000n;
const MAX_BITS = 8000n;

/** Errors of the series below, generously: 2^16 units, relative or absolute as the function has it. */
const SERIES_BITS = 16n;
const SERIES_ERROR = 1n << SERIES_BITS;

export function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

export function boundRational({ num, den }: Rational): Bounded {
  return { value: (num << PRECISION) / den, error: den === 1n ? 0n : 1n };
}

export function negateBounded({ value, error }: Bounded): Bounded {
  return { value: -value, error };
}

export function addBounded(a: Bounded, b: Bounded): Bounded {
  return { value: a.value + b.value, error: a.error + b.error };
}

/** Exact where both are and the product fits; null when it is out of bounds. */
export function multiplyBounded(a: Bounded, b: Bounded): Bounded | null {
  const product = a.value * b.value;
  const value = product >> PRECISION;
  const spread = magnitude(a.value) * b.error + magnitude(b.value) * a.error + a.error * b.error;
  const isExact = spread === 0n && value << PRECISION === product;
  return limit({ value, error: isExact ? 0n : (spread >> PRECISION) + 2n });
}

/** Null for a divisor that may be zero. */
export function divideBounded(a: Bounded, b: Bounded): Bounded | null {
  const divisor = magnitude(b.value) - b.error;
  if (divisor <= 0n) return null;
  const value = (a.value << PRECISION) / b.value;
  const spread = (a.error << PRECISION) + magnitude(value) * b.error;
  return limit({ value, error: spread / divisor + 2n });
}

/** Root of a number that is certainly not negative; null otherwise. */
export function rootBounded({ value, error }: Bounded, degree: bigint): Bounded | null {
  if (value < 0n) return null;
  const root = rootFixed(value, degree);
  const lower = error === 0n ? root : rootFixed(value > error ? value - error : 0n, degree);
  return { value: root, error: root - lower + 2n };
}

/** Null when the result is out of bounds. */
export function expBounded({ value, error }: Bounded): Bounded | null {
  if (error > UNIT >> 8n) return null;
  const result = expFixed(value);
  if (result === null) return null;
  return limit({
    value: result,
    error: 2n * multiplyFixed(result, error) + (result >> (PRECISION - SERIES_BITS)) + 2n,
  });
}

/** Null unless the number is certainly positive. */
export function lnBounded({ value, error }: Bounded): Bounded | null {
  if (value <= 2n * error) return null;
  return { value: lnFixed(value), error: ((2n * error) << PRECISION) / value + (SERIES_ERROR << 4n) };
}

export function sinBounded({ value, error }: Bounded): Bounded {
  const turns = magnitude(value) >> PRECISION;
  return { value: sinFixed(value), error: error + SERIES_ERROR + (turns << 12n) };
}

export function atanBounded({ value, error }: Bounded): Bounded {
  return { value: atanFixed(value), error: error + SERIES_ERROR };
}

/** Null beyond the bound on size. */
function limit(bounded: Bounded): Bounded | null {
  return magnitude(bounded.value) >> (PRECISION + MAX_BITS) > 0n ? null : bounded;
}

function multiplyFixed(a: bigint, b: bigint): bigint {
  return (a * b) >> PRECISION;
}

/** Root of a value that is not negative. */
function rootFixed(value: bigint, degree: bigint): bigint {
  return floorRoot(value << (PRECISION * (degree - 1n)), degree);
}

/** e to the power of `x`; null when the result is out of bounds. */
function expFixed(x: bigint): bigint | null {
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

/** Natural logarithm of a positive number. */
function lnFixed(x: bigint): bigint {
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
const PI = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));

export const PI_BOUNDED: Bounded = { value: PI, error: 1n << 10n };

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
function sinFixed(x: bigint): bigint {
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

/** Inverse tangent; the argument is brought near zero by atan x = 2 atan(x / (1 + sqrt(1 + x^2))). */
function atanFixed(x: bigint): bigint {
  if (magnitude(x) > UNIT) return (x > 0n ? PI : -PI) / 2n - atanFixed((UNIT << PRECISION) / x);
  let z = x;
  for (let k = 0; k < 6; k += 1) z = (z << PRECISION) / (UNIT + rootFixed(UNIT + multiplyFixed(z, z), 2n));
  const square = multiplyFixed(z, z);
  let power = z;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = -multiplyFixed(power, square);
  }
  return sum << 6n;
}
