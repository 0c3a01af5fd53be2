import {
  divideFixed,
  expFixed,
  lnFixed,
  multiplyFixed,
  PI,
  PRECISION,
  rootFixed,
  sinFixed,
  UNIT,
} from './fixed-point.ts';
import type { Rational } from './rational.ts';

/**
 * A real number in fixed point together with a bound on its error, both in units of 2^-PRECISION: the
 * true value lies within `error` of `value`. What lies further apart than both errors is different.
 */
export interface Bounded {
  readonly value: bigint;
  readonly error: bigint;
}

/** Values with more bits than this before the point are not computed. */
const MAX_BITS = 8000n;

/** Errors of the series in `fixed-point.ts`, generously: 2^16 units, relative or absolute as the function has it. */
const SERIES_BITS = 16n;
const SERIES_ERROR = 1n << SERIES_BITS;

export const PI_BOUNDED: Bounded = { value: PI, error: 1n << 10n };

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
  const value = divideFixed(a.value, b.value)!;
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
  const result = lnFixed(value);
  return result === null ? null : { value: result, error: ((2n * error) << PRECISION) / value + (SERIES_ERROR << 4n) };
}

export function sinBounded({ value, error }: Bounded): Bounded {
  const turns = magnitude(value) >> PRECISION;
  return { value: sinFixed(value), error: error + SERIES_ERROR + (turns << 12n) };
}

/** Null beyond the bound on size. */
function limit(bounded: Bounded): Bounded | null {
  return magnitude(bounded.value) >> (PRECISION + MAX_BITS) > 0n ? null : bounded;
}
