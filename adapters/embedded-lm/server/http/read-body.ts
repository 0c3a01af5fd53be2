import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { HttpFailure } from './failure.ts';

/** Larger than any batch the model can hold; bounds what one request may make the process keep, compressed or not. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

const decompress = promisify(zstdDecompress);

/** The body, decompressed when it came as zstd. Rejects with 413 above the limit and with 400 when the client goes away in the middle. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const bytes = await collect(request);
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return bytes;
  if (encoding !== 'zstd')
    throw new HttpFailure(415, `Unsupported Content-Encoding '${encoding.slice(0, 40)}'; expected zstd or none`);
  try {
    return await decompress(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge() : new HttpFailure(400, 'request body is not valid zstd', { cause });
  }
}

function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        request.pause();
        reject(tooLarge());
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
 * Parses a JSON body. An empty one counts as `{}`. Other content types are refused with 415: a web page
 * can post `text/plain` to a loopback port, JSON only after a preflight that this server never grants.
 */
export function parseJsonBody(body: Buffer, request: IncomingMessage): unknown {
  if (body.length === 0) return {};
  const type = readMediaType(request);
  if (type !== 'application/json') {
    throw new HttpFailure(415, `Unsupported Content-Type '${type.slice(0, 60)}'; expected application/json`);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new HttpFailure(400, `body is not JSON: ${(cause as Error).message.slice(0, 120)}`, { cause });
  }
}
