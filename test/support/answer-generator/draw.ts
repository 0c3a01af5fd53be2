import type { Rng } from '../../../src/core/rng.ts';

/** One of the values, each as likely. */
export function pick<T>(rng: Rng, values: readonly T[]): T {
  return values[rng.nextInt(values.length)]!;
}

/** A whole number from `low` to `high`, both included. */
export function between(rng: Rng, low: number, high: number): number {
  return low + rng.nextInt(high - low + 1);
}

/** True once in `oneIn` draws. */
export function isRare(rng: Rng, oneIn: number): boolean {
  return rng.nextInt(oneIn) === 0;
}

/** A whole number from `low` to `high` that is none of `taken`; the range must hold one. */
export function betweenExcept(rng: Rng, low: number, high: number, taken: readonly number[]): number {
  for (;;) {
    const drawn = between(rng, low, high);
    if (!taken.includes(drawn)) return drawn;
  }
}

/** `count` different whole numbers from `low` to `high`, in the order drawn. */
export function drawDistinct(rng: Rng, count: number, low: number, high: number): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) drawn.push(betweenExcept(rng, low, high, drawn));
  return drawn;
}

/** A positive whole number of exactly `digits` digits. */
export function drawDigits(rng: Rng, digits: number): bigint {
  let text = String(between(rng, 1, 9));
  while (text.length < digits) text += rng.nextInt(10);
  return BigInt(text);
}

/** The values in another order than given; the same order where fewer than two differ. */
export function reorder<T>(rng: Rng, values: readonly T[]): T[] {
  const result = values.slice();
  for (let attempt = 0; attempt < 8; attempt += 1) {
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = rng.nextInt(i + 1);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    if (result.some((value, k) => value !== values[k])) return result;
  }
  return result;
}
