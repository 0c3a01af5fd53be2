import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpFailure } from './failure.ts';

/** A check of `X-API-Key` or `Authorization: Bearer`; without a configured key everything passes. */
export function createKeyCheck(apiKey: string | null): (request: IncomingMessage) => void {
  if (apiKey === null) return () => {};
  const expected = digest(apiKey);
  return (request) => {
    const given = findKey(request);
    if (given === null)
      throw new HttpFailure(401, 'Unauthorized: send the key as X-API-Key or as Authorization: Bearer');
    if (!timingSafeEqual(digest(given), expected)) throw new HttpFailure(403, 'Forbidden: wrong API key');
  };
}

function findKey(request: IncomingMessage): string | null {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string') return header;
  const match = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
