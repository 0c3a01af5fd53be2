import { UsageError } from '../errors.ts';

/** The number an option holds, above or at `min`. Throws `UsageError` outside the bounds. */
export function readNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}; it must be a number from ${min} to ${max}`);
}
