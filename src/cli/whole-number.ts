import { UsageError } from '../errors.ts';

/** The whole number an option holds. Throws `UsageError` outside the bounds. */
export function readWholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}; it must be a whole number from ${min} to ${max}`);
}
