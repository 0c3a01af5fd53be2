import { LIMITS } from '../limits.ts';

/** An exact rational in lowest terms; `den` is positive. */
export interface Rational {
  readonly num: bigint;
  readonly den: bigint;
}

export const ZERO: Rational = { num: 0n, den: 1n };
export const ONE: Rational = { num: 1n, den: 1n };

/** Smallest magnitude that is out of bounds: numbers beyond it are no longer computed exactly. */
const BOUND = 1n << BigInt(LIMITS.bits);

/** Reduces to lowest terms; null for a zero denominator or when a part is out of bounds. */
export function makeRational(num: bigint, den = 1n): Rational | null {
  if (den === 0n) return null;
  const sign = den < 0n ? -1n : 1n;
  const divisor = den === 1n ? 1n : gcd(num, den);
  const result = { num: (sign * num) / divisor, den: (sign * den) / divisor };
  return isBounded(result.num) && isBounded(result.den) ? result : null;
}

function isBounded(value: bigint): boolean {
  return value < BOUND && value > -BOUND;
}

/** Greatest common divisor, never negative. */
export function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y > 0n) [x, y] = [y, x % y];
  return x;
}

/** Parses digits with at most one point and a power of ten (`12`, `.5`, `5.`, `1.2e5`); null for anything else. */
export function parseDecimal(text: string): Rational | null {
  if (text.length <= 400 && /^\d+$/.test(text)) return { num: BigInt(text), den: 1n };
  const match = /^(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/.exec(text);
  if (match === null) return null;
  const [, whole, decimals = '', exponent = '0'] = match;
  if (whole === '' && decimals === '') return null;
  const shift = Number(exponent) - decimals.length;
  if (Math.abs(shift) > 2 * LIMITS.literalExponent) return null;
  const digits = BigInt(whole + decimals);
  return shift >= 0 ? makeRational(digits * 10n ** BigInt(shift)) : makeRational(digits, 10n ** BigInt(-shift));
}

export function add(a: Rational, b: Rational): Rational | null {
  return makeRational(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function multiply(a: Rational, b: Rational): Rational | null {
  return makeRational(a.num * b.num, a.den * b.den);
}

/** Null when `b` is zero. */
export function divide(a: Rational, b: Rational): Rational | null {
  return makeRational(a.num * b.den, a.den * b.num);
}

export function negate(a: Rational): Rational {
  return { num: -a.num, den: a.den };
}

export function isEqual(a: Rational, b: Rational): boolean {
  return a.num === b.num && a.den === b.den;
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareRationals(a: Rational, b: Rational): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Largest whole number that is not greater. */
export function floorOf(value: Rational): bigint {
  const quotient = value.num / value.den;
  return value.num < 0n && value.num % value.den !== 0n ? quotient - 1n : quotient;
}

/** Integer power; null for 0 to a negative power and when exponent or result is out of bounds. */
export function power(base: Rational, exponent: bigint): Rational | null {
  const size = exponent < 0n ? -exponent : exponent;
  if (size > BigInt(LIMITS.exponent)) return null;
  const bits = Math.max(countBits(base.num), countBits(base.den));
  if (bits > 1 && bits * Number(size) > LIMITS.bits) return null;
  const [num, den] = exponent < 0n ? [base.den, base.num] : [base.num, base.den];
  return makeRational(num ** size, den ** size);
}

/** Work of an operation that gave this value, in evaluation steps: reducing long fractions is quadratic. */
export function measureCost(a: Rational): number {
  const bits = countBits(a.num) + countBits(a.den);
  return bits < 512 ? 0 : Math.ceil(a.den === 1n ? bits / 1000 : (bits / 500) ** 2);
}

function countBits(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}

/** The rational whose `degree`-th power is `a`, when there is one; odd roots of negatives are negative. */
export function rootOf(a: Rational, degree: bigint): Rational | null {
  if (degree < 1n || degree > 64n) return null;
  if (a.num < 0n && degree % 2n === 0n) return null;
  const num = exactRoot(a.num < 0n ? -a.num : a.num, degree);
  const den = exactRoot(a.den, degree);
  if (num === null || den === null) return null;
  return { num: a.num < 0n ? -num : num, den };
}

function exactRoot(value: bigint, degree: bigint): bigint | null {
  const root = floorRoot(value, degree);
  return root ** degree === value ? root : null;
}

/** Floor of the `degree`-th root of a value that is not negative (Newton's iteration on integers). */
export function floorRoot(value: bigint, degree: bigint): bigint {
  if (value < 2n || degree === 1n) return value;
  let x = 1n << (BigInt(countBits(value)) / degree + 1n);
  for (;;) {
    const next = ((degree - 1n) * x + value / x ** (degree - 1n)) / degree;
    if (next >= x) return x;
    x = next;
  }
}

/** Nearest double, also for parts that are too large for one. */
export function toDouble(a: Rational): number {
  const direct = Number(a.num) / Number(a.den);
  if (Number.isFinite(direct) && (direct !== 0 || a.num === 0n)) return direct;
  const shift = countBits(a.num) - countBits(a.den) - 64;
  const scaled = shift > 0 ? a.num / (a.den << BigInt(shift)) : (a.num << BigInt(-shift)) / a.den;
  return Number(scaled) * 2 ** shift;
}
