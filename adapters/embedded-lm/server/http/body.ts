import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { type JsonObject, toObject } from '../../../../src/core/json-object.ts';
import type { BodyShare } from './body-budget.ts';
import { FieldFault, HttpFailure } from './route.ts';

/** Larger than any batch the model can hold; bounds what one request may make the process hold, compressed or not. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

const decompress = promisify(zstdDecompress);

/**
 * The body, decompressed when it came as zstd; what it holds is taken from `share`. Rejects with 413 above the limit, with
 * 503 when too much is on its way already, and with 400 when the client goes away in the middle.
 */
export async function readBody(request: IncomingMessage, share: BodyShare): Promise<Buffer> {
  const bytes = await collect(request, share);
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return bytes;
  if (encoding !== 'zstd')
    throw new HttpFailure(415, `Unsupported Content-Encoding '${encoding.slice(0, 40)}'; expected zstd or none`);
  try {
    const plain = await decompress(bytes, { maxOutputLength: MAX_BODY_BYTES });
    share.take(plain.length);
    return plain;
  } catch (cause) {
    if (cause instanceof HttpFailure) throw cause;
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge() : new HttpFailure(400, 'request body is not valid zstd', { cause });
  }
}

function collect(request: IncomingMessage, share: BodyShare): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (failure: unknown) => {
      request.pause();
      chunks.length = 0;
      reject(failure);
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        refuse(tooLarge());
        return;
      }
      try {
        share.take(chunk.length);
      } catch (failure) {
        refuse(failure);
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', (cause) => reject(new HttpFailure(400, 'request body broke off', { cause })));
    request.on('close', () => {
      if (!request.complete) reject(new HttpFailure(400, 'request body broke off'));
    });
  });
}

function tooLarge(): HttpFailure {
  return new HttpFailure(413, `request body is larger than ${MAX_BODY_BYTES} bytes`);
}

/** The media type without parameters, in lower case; empty when there is none. */
export function readMediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
}

/**
 * Parses a JSON body. An empty one without a content type counts as `{}`. Other content types are refused with 415: a web
 * page can post `text/plain` to a loopback port, JSON only after a preflight that this server never grants.
 */
export function parseJsonBody(body: Buffer, request: IncomingMessage): unknown {
  const type = readMediaType(request);
  if (body.length === 0 && (type === '' || type === 'application/json')) return {};
  if (type !== 'application/json') {
    throw new HttpFailure(415, `Unsupported Content-Type '${type.slice(0, 60)}'; expected application/json`);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new HttpFailure(400, `body is not JSON: ${(cause as Error).message.slice(0, 120)}`, { cause });
  }
}

/*
 * Readers of JSON bodies, written by hand: large number arrays and a thousand small requests per second pass through
 * here, and every fault must name its field. `null` counts as absent, as with vLLM and Tinker.
 */

/** Limits of a number; both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A body or nested object. `where` names it in faults (`adam_params`); empty for the body itself. Throws FieldFault. */
export function asObject(value: unknown, where: string): JsonObject {
  const object = toObject(value);
  if (object !== null) return object;
  throw new FieldFault(where === '' ? 'body' : where, 'must be a JSON object');
}

/** Refuses the first key that is not in `known`. One that is null or false asks for nothing: newer clients send such. */
export function refuseUnknown(body: JsonObject, known: ReadonlySet<string>, where = ''): void {
  for (const key of Object.keys(body)) {
    if (!known.has(key) && body[key] !== null && body[key] !== false)
      throw new FieldFault(joinField(where, key.slice(0, 100)), 'unknown field');
  }
}

function joinField(where: string, key: string): string {
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

/** True or false; `fallback` where the field is absent. */
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

/** Checks an array as `readIntArray` does; for a value already taken out of its body. Throws FieldFault. */
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
