import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { toObject } from '../core/json-object.ts';
import { OutsideError, UsageError } from '../errors.ts';
import type { AnswerHeaders } from './asked-pause.ts';
import {
  type FailureRules,
  failAt,
  findQuietFailure,
  type Site,
  TOO_LARGE,
  toStatusFailure,
  toTransportFailure,
  toUnreadable,
} from './http-failure.ts';
import { isLoopback } from './server-address.ts';

/** Shorter than the 5 s after which servers on uvicorn, the common HTTP layer in Python, close an idle connection. */
const KEEP_ALIVE_MS = 4_000;

/** Longest part of a failed request's body that is read. */
const MAX_FAILURE_BYTES = 1024 * 1024;

const MAX_REDIRECTS = 6;

export interface WireOptions extends Omit<FailureRules, 'secrets' | 'now'> {
  /** Longest wait for the first header, and between two pieces of a body. */
  readonly silenceMs: number;
  /** Longest wait for a connection. Default 10 s. */
  readonly connectMs?: number;
  /** Longest body that is read whole. */
  readonly maxBytes: number;
  /** Longest body that is read piece by piece; default: any length. */
  readonly maxStreamBytes?: number;
  readonly secrets?: readonly string[];
  readonly now?: () => number;
}

/** One request. */
export interface WireCall {
  /** How its failures name it. */
  readonly at: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Where it is not the wire's own. */
  readonly silenceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether a status is an answer rather than a failure. Default: those from 200 to 299. */
  accepts?(status: number): boolean;
}

/**
 * The connections to one server, or to one and those it redirects to. Every request is sent once and ends as an answer,
 * as an error of the boundary (`OutsideError`), or with the signal's reason. How many are open at once is the caller's
 * choice: each has a connection of its own.
 */
export class HttpWire {
  readonly #rules: FailureRules;
  readonly #secrets: string[];
  readonly #options: WireOptions;
  readonly #direct: Agent;
  readonly #proxied: EnvHttpProxyAgent | null;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#secrets = [...(options.secrets ?? [])];
    this.#rules = { now: Date.now, ...options, secrets: this.#secrets };
    const { silenceMs, connectMs = 10_000, maxStreamBytes = -1 } = options;
    const settings: Agent.Options = {
      connect: { timeout: connectMs },
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: maxStreamBytes,
    };
    this.#direct = new Agent(settings);
    this.#proxied = openProxy(settings);
  }

  /** Redacts one more secret from now on, such as the token that a key was exchanged for. */
  keepSecret(secret: string): void {
    this.#secrets.push(secret);
  }

  /** What the failures of a request begin with, and how they are reported. */
  siteOf(at: string, silenceMs: number = this.#options.silenceMs): Site {
    return { at, rules: this.#rules, silenceMs };
  }

  /** The connections for an origin: through HTTPS_PROXY if it is set, unless NO_PROXY names the host or it is this machine. */
  dispatcherOf(origin: string): Dispatcher {
    return this.#proxied === null || isLoopback(new URL(origin)) ? this.#direct : this.#proxied;
  }

  /** Sends a request. The body of its answer must be read or let go of. */
  async send(call: WireCall): Promise<WireAnswer> {
    const { origin, path, method, headers, body, silenceMs, signal } = call;
    signal?.throwIfAborted();
    const site = this.siteOf(call.at, silenceMs);
    let response: Dispatcher.ResponseData;
    try {
      response = await this.dispatcherOf(origin).request({
        origin,
        path,
        method,
        headers,
        body: body ?? null,
        signal: signal ?? null,
        ...(silenceMs === undefined ? {} : { headersTimeout: silenceMs }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw toTransportFailure(site, error);
    }
    const answer = new WireAnswer(site, response, this.#options.maxBytes, signal);
    const { status } = answer;
    if (call.accepts?.(status) ?? (status >= 200 && status < 300)) return answer;
    throw toStatusFailure(site, status, answer.headers, await answer.readFailure());
  }

  /**
   * Sends a request and follows redirects by hand. `next` decides where one may lead, and throws where it may not.
   * `credentials` go to the first origin only.
   */
  async follow(
    call: Omit<WireCall, 'origin' | 'path'> & { readonly url: URL },
    credentials: Readonly<Record<string, string>>,
    next: (location: string | null, from: URL) => URL,
  ): Promise<WireAnswer> {
    const accepts = (status: number) => isRedirect(status) || (call.accepts?.(status) ?? status === 200);
    let { url } = call;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const own = url.origin === call.url.origin ? credentials : {};
      const target = { origin: url.origin, path: url.pathname + url.search };
      const answer = await this.send({ ...call, ...target, headers: { ...call.headers, ...own }, accepts });
      if (!isRedirect(answer.status)) return answer;
      answer.letGo();
      url = next(answer.header('location'), url);
    }
    throw failAt(this.siteOf(call.at), `more than ${MAX_REDIRECTS} redirects`);
  }

  /** Cuts what is open; requests in flight reject. */
  async close(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#proxied?.destroy()]);
  }
}

/** Plain http servers are on the local network; only https goes through the proxy. Null where there is none. */
function openProxy(settings: Agent.Options): EnvHttpProxyAgent | null {
  if (!process.env.https_proxy && !process.env.HTTPS_PROXY) return null;
  try {
    return new EnvHttpProxyAgent({ ...settings, httpProxy: '' });
  } catch (cause) {
    throw new UsageError('HTTPS_PROXY is not the URL of a proxy, such as http://proxy:3128: correct it, or unset it', {
      cause,
    });
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** The answer to one request, its body still to come. */
export class WireAnswer {
  readonly site: Site;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly #body: Readable;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;

  constructor(site: Site, response: Dispatcher.ResponseData, maxBytes: number, signal: AbortSignal | undefined) {
    this.site = site;
    this.status = response.statusCode;
    this.headers = response.headers;
    this.#body = decode(response.body, response.headers['content-encoding']);
    this.#maxBytes = maxBytes;
    this.#signal = signal;
  }

  /** A header, several of one name joined; null when it is not there. */
  header(name: string): string | null {
    const value = this.headers[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }

  /** Media type without parameters, in lower case; empty when not told. */
  get contentType(): string {
    return (this.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  }

  /** The whole body, if it is within the wire's limit. */
  async bytes(): Promise<Buffer> {
    try {
      return await readWhole(this.#body, this.#maxBytes);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async text(): Promise<string> {
    return (await this.bytes()).toString('utf8');
  }

  /** The body as JSON. An error sent under a status of success rejects, too. */
  async json(): Promise<unknown> {
    return parseAnswer(this.site, await this.text(), this.headers);
  }

  /** The body as it arrives. Whoever stops reading ends the request. */
  async *chunks(): AsyncGenerator<Buffer> {
    // An abandoned request fails, and nobody is left who would handle that.
    this.#body.on('error', () => {});
    try {
      for await (const chunk of this.#body) yield chunk as Buffer;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** The beginning of a failed request's body; empty if it cannot be read. */
  async readFailure(): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    this.#body.on('error', () => {});
    try {
      for await (const chunk of this.#body) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes > MAX_FAILURE_BYTES) break;
      }
    } catch {
      this.#signal?.throwIfAborted();
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Drops the rest of the body and ends the request. */
  letGo(): void {
    this.#body.on('error', () => {}).destroy();
  }

  #explain(error: unknown): unknown {
    this.#signal?.throwIfAborted();
    return error instanceof OutsideError ? error : toTransportFailure(this.site, error);
  }
}

/** The JSON of a 2xx answer. Throws an error of the boundary for anything else, and for an error sent under a status of success. */
export function parseAnswer(site: Site, text: string, headers: AnswerHeaders = {}): unknown {
  const answer = parseLoosely(site, text);
  const body = toObject(answer);
  const failure = body?.error == null ? null : findQuietFailure(site, body, headers);
  if (failure !== null) throw failure;
  return answer;
}

/** Strings as they are, and the numbers that JSON lacks and Python's `json` writes. */
const STRING_OR_NO_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs;

/** JSON, with null for `NaN` and `Infinity`: whoever needs a number there takes null for none. */
function parseLoosely(site: Site, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw toUnreadable(site, text);
  }
  try {
    return JSON.parse(text.replace(STRING_OR_NO_NUMBER, (one) => (one.startsWith('"') ? one : 'null')));
  } catch {
    throw toUnreadable(site, text);
  }
}

/** Some servers, and proxies in front of them, compress even when asked not to. */
function decode(body: Readable, encoding: string | string[] | undefined): Readable {
  const stage =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : null;
  if (stage === null) return body;
  body.on('error', (error) => stage.destroy(error));
  stage.on('close', () => body.destroy());
  return body.pipe(stage);
}

/** Faster than `for await`, which costs a promise per chunk. */
function readWhole(body: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else body.destroy(Object.assign(new Error('larger than the limit'), { code: TOO_LARGE }));
    });
    body.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)));
    body.on('error', reject);
    body.on('close', () => reject(Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' })));
  });
}
