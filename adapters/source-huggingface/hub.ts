import type { Readable } from 'node:stream';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { SourceError } from '../../src/errors.ts';
import { followRedirect, parseHubAddress, showAddress } from './hub-address.ts';
import { explainStatus, HubFailure } from './hub-failure.ts';
import { type Patience, tryAgain } from './try-again.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const REPLY_TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 6;
/** Beyond any listing page; bounds what a server can make this process keep. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** One answer whose body has not been read. */
export interface HubReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable & AsyncIterable<Buffer>;
}

export interface HubOptions {
  readonly address: string;
  /** Sent to the hub itself and to nobody it redirects to. Never stored, never shown. */
  readonly token: string | null;
  readonly patience: Patience;
}

/** A connection to a hub. */
export interface Hub extends AsyncDisposable {
  readonly address: URL;
  readonly patience: Patience;
  /** A JSON document, with the headers it came with. Retries. Rejects with `HubFailure` and `SourceError`. */
  getJson(url: URL, what: string): Promise<{ readonly value: unknown; readonly headers: HubReply['headers'] }>;
  /** The body of a file from a byte on (206, or 200 for all of it). Tries once. Rejects like `getJson`. */
  openFile(url: URL, fromByte: number, what: string): Promise<HubReply>;
}

/** Opens a connection; it must be closed. Throws `UsageError` for a bad address. */
export function openHub({ address, token, patience }: HubOptions): Hub {
  const hub = parseHubAddress(address);
  if (token !== null && /[^\x21-\x7e]/.test(token))
    throw new SourceError('HF_TOKEN holds characters that no token has');
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: REPLY_TIMEOUT_MS,
    bodyTimeout: REPLY_TIMEOUT_MS,
  });
  const get = async (start: URL, what: string, headers: Readonly<Record<string, string>>): Promise<HubReply> => {
    let url = start;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const secret = token !== null && url.origin === hub.origin ? { authorization: `Bearer ${token}` } : {};
      const reply = await send(url, what, { dispatcher, signal: patience.signal, headers: { ...headers, ...secret } });
      if (![301, 302, 303, 307, 308].includes(reply.status)) return refuseFailure(reply, what, patience.clock.now());
      await discard(reply);
      url = followRedirect(reply.headers.location, url, hub);
    }
    throw new SourceError(`${what}: more than ${MAX_REDIRECTS} redirects`);
  };
  // Ranges and sizes are those of the file itself, so no compression on the way is wanted.
  const plain = { 'accept-encoding': 'identity', 'user-agent': 'parallel-r1' };
  return {
    address: hub,
    patience,
    getJson: (url, what) =>
      tryAgain(async () => {
        const reply = await get(url, what, { ...plain, accept: 'application/json' });
        return { value: parseJson(await readBody(reply, what), what), headers: reply.headers };
      }, patience),
    openFile: (url, fromByte, what) => get(url, what, fromByte > 0 ? { ...plain, range: `bytes=${fromByte}-` } : plain),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

type SendOptions = {
  readonly dispatcher: Agent;
  readonly signal: AbortSignal;
  readonly headers: Record<string, string>;
};

async function send(url: URL, what: string, options: SendOptions): Promise<HubReply> {
  try {
    const { statusCode, headers, body } = await request(url, options);
    // Who stops reading half-way destroys the body; what that throws reaches nobody else.
    body.on('error', () => {});
    return { status: statusCode, headers: flattenHeaders(headers), body };
  } catch (error) {
    options.signal.throwIfAborted();
    throw describeLoss(error, `${what}: ${showAddress(url)}`);
  }
}

/** A connection that failed or broke. */
export function describeLoss(error: unknown, what: string): HubFailure {
  const code = (error as NodeJS.ErrnoException)?.code ?? 'no answer';
  return new HubFailure(`${what} cannot be reached or broke off (${code})`, { cause: error, retryable: true });
}

async function refuseFailure(reply: HubReply, what: string, now: number): Promise<HubReply> {
  if (reply.status === 200 || reply.status === 206 || reply.status === 416) return reply;
  await discard(reply);
  throw explainStatus(reply.status, what, reply.headers['retry-after'], now);
}

/** Lets go of a body nobody reads. */
export async function discard({ body }: HubReply): Promise<void> {
  body.destroy();
}

function flattenHeaders(headers: Readonly<Record<string, string | string[] | undefined>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

async function readBody(reply: HubReply, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of reply.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_JSON_BYTES) throw new SourceError(`${what}: the answer is longer than ${MAX_JSON_BYTES} bytes`);
    }
  } catch (error) {
    throw error instanceof SourceError ? error : describeLoss(error, what);
  }
  return decode(Buffer.concat(chunks), reply.headers['content-encoding'], what);
}

function decode(bytes: Buffer, encoding: string | undefined, what: string): Buffer {
  const bound = { maxOutputLength: MAX_JSON_BYTES };
  try {
    if (encoding === 'gzip' || encoding === 'x-gzip') return gunzipSync(bytes, bound);
    if (encoding === 'deflate') return inflateSync(bytes, bound);
    return encoding === 'br' ? brotliDecompressSync(bytes, bound) : bytes;
  } catch (error) {
    throw new SourceError(`${what}: the answer cannot be decompressed`, { cause: error });
  }
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new SourceError(`${what}: the answer is not JSON: is this address a hub?`, { cause: error });
  }
}
