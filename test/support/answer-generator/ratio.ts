/** An exact fraction in lowest terms; `under` is positive. */
export interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

/** The greatest common divisor; not negative. */
export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** `over / under` in lowest terms; `under` must not be 0. */
export function ratio(over: bigint | number, under: bigint | number = 1n): Ratio {
  const [a, b] = [BigInt(over), BigInt(under)];
  const divisor = gcd(a, b) * (b < 0n ? -1n : 1n);
  return { over: a / divisor, under: b / divisor };
}

export const addRatios = (a: Ratio, b: Ratio): Ratio => ratio(a.over * b.under + b.over * a.under, a.under * b.under);

export const multiplyRatios = (a: Ratio, b: Ratio): Ratio => ratio(a.over * b.over, a.under * b.under);

export const equalRatios = (a: Ratio, b: Ratio): boolean => a.over === b.over && a.under === b.under;

/** The nearest double. */
export const toDouble = ({ over, under }: Ratio): number => Number(over) / Number(under);

/**
 * The decimal expansion of the absolute value: whole part, digits before the period, the period. Null where the
 * digits go on for more than `maxDigits` places.
 */
export function expand(
  { over, under }: Ratio,
  maxDigits: number,
): { readonly whole: bigint; readonly digits: string; readonly period: string } | null {
  const size = over < 0n ? -over : over;
  const seen = new Map<bigint, number>();
  let rest = size % under;
  let digits = '';
  while (rest !== 0n && !seen.has(rest)) {
    if (digits.length >= maxDigits) return null;
    seen.set(rest, digits.length);
    digits += String((rest * 10n) / under);
    rest = (rest * 10n) % under;
  }
  const start = rest === 0n ? digits.length : seen.get(rest)!;
  return { whole: size / under, digits: digits.slice(0, start), period: digits.slice(start) };
}

/** The value as a finite decimal; null where it has none of at most `maxDigits` places. */
export function toDecimal(value: Ratio, maxDigits = 6): string | null {
  const parts = expand(value, maxDigits);
  if (parts === null || parts.period !== '') return null;
  const sign = value.over < 0n ? '-' : '';
  return parts.digits === '' ? `${sign}${parts.whole}` : `${sign}${parts.whole}.${parts.digits}`;
}
