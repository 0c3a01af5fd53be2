/**
 * Hand-written readers of JSON bodies: large number arrays and a thousand small requests per second
 * pass through here, and every fault must name its field. `null` counts as absent, as in both protocols.
 */
import { FieldFault } from './failure.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Limits of a number; both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** `where` names a nested body in faults (`adam_params`); empty for the body itself. */
export function asObject(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new FieldFault(where === '' ? 'body' : where, 'must be a JSON object');
}

/** Refuses the first key that is not in `known`. One that is null or false asks for nothing: newer clients send such. */
export function refuseUnknown(body: JsonObject, known: ReadonlySet<string>, where = ''): void {
  for (const key of Object.keys(body)) {
    if (!known.has(key) && body[key] !== null && body[key] !== false)
      throw new FieldFault(joinField(where, key.slice(0, 100)), 'unknown field');
  }
}

export function joinField(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}

/** An integer in range; `fallback` null makes the field mandatory. */
export function readInt(
  body: JsonObject,
  key: string,
  range: Range,
  fallback: number | null = null,
  where = '',
): number {
  const value = readNumber(body, key, range, fallback, where);
  if (!Number.isInteger(value)) throw new FieldFault(joinField(where, key), `must be an integer, not ${value}`);
  return value;
}

/** A finite number in range; `fallback` null makes the field mandatory. */
export function readNumber(
  body: JsonObject,
  key: string,
  range: Range,
  fallback: number | null = null,
  where = '',
): number {
  const value = body[key] ?? fallback;
  if (value === null) throw new FieldFault(joinField(where, key), 'field is required');
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new FieldFault(joinField(where, key), 'must be a finite number');
  }
  if (value < range.min || value > range.max) {
    throw new FieldFault(joinField(where, key), `is ${value}, must be within ${range.min} and ${range.max}`);
  }
  return value;
}

/** A string of at most `maxChars`; `fallback` null makes the field mandatory. */
export function readString(body: JsonObject, key: string, fallback: string | null = null, maxChars = 4096): string {
  const value = body[key] ?? fallback;
  if (value === null) throw new FieldFault(key, 'field is required');
  if (typeof value !== 'string') throw new FieldFault(key, 'must be a string');
  if (value.length > maxChars)
    throw new FieldFault(key, `has ${value.length} characters, at most ${maxChars} are taken`);
  return value;
}

export function readBoolean(body: JsonObject, key: string, fallback: boolean): boolean {
  const value = body[key] ?? fallback;
  if (typeof value !== 'boolean') throw new FieldFault(key, 'must be true or false');
  return value;
}

/** An array of integers in range, at most `maxLength` of them; absent gives null. */
export function readIntArray(
  body: JsonObject,
  key: string,
  range: Range,
  maxLength: number,
  where = '',
): readonly number[] | null {
  const value = body[key] ?? null;
  if (value === null) return null;
  return checkIntArray(value, range, maxLength, joinField(where, key));
}

/** The same for a value already taken out of its body. */
export function checkIntArray(value: unknown, range: Range, maxLength: number, field: string): readonly number[] {
  if (!Array.isArray(value)) throw new FieldFault(field, 'must be an array of integers');
  if (value.length > maxLength)
    throw new FieldFault(field, `has ${value.length} entries, at most ${maxLength} are taken`);
  for (let i = 0; i < value.length; i += 1) {
    const entry: unknown = value[i];
    if (!Number.isInteger(entry)) throw new FieldFault(`${field}[${i}]`, 'must be an integer');
    if ((entry as number) < range.min || (entry as number) > range.max) {
      throw new FieldFault(`${field}[${i}]`, `is ${entry}, must be within ${range.min} and ${range.max}`);
    }
  }
  return value as number[];
}
