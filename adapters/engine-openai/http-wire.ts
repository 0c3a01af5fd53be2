import { Agent } from 'undici';
import { EngineError } from '../../src/errors.ts';
import { type Site, toStatusFailure, toTransportFailure, wrongShape } from './failures.ts';
import { parseEngineUrl } from './parse-engine-url.ts';

/** Bounds what one answer may make the process keep. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** Shorter than the 5 s after which the servers' own HTTP layer (uvicorn) closes an idle connection. */
const KEEP_ALIVE_MS = 4_000;

export interface WireOptions {
  readonly url: string;
  /** Longest wait for the first header, and between two pieces of a body. */
  readonly timeoutMs: number;
  readonly apiKey: string | null;
  /** Default 256 MiB. */
  readonly maxResponseBytes?: number;
}

/** A 2xx answer whose body is still to come. */
export interface OpenAnswer {
  /** In lower case; empty when not told. */
  readonly contentType: string;
  readonly chunks: Body;
}

type Body = AsyncIterable<Uint8Array> & { text(): Promise<string> };

/** One server's connections. How many are open at once is the caller's choice: each call in flight has its own. */
export class HttpWire {
  /** Scheme, host, port and path in front of `/v1`. */
  readonly root: string;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #apiKey: string | null;
  readonly #timeoutMs: number;

  constructor({ url, timeoutMs, apiKey, maxResponseBytes = MAX_RESPONSE_BYTES }: WireOptions) {
    const { origin, prefix } = parseEngineUrl(url);
    this.root = origin + prefix;
    this.#origin = origin;
    this.#prefix = prefix;
    this.#apiKey = apiKey;
    this.#timeoutMs = timeoutMs;
    this.headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    this.agent = new Agent({
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: maxResponseBytes,
    });
  }

  /** How errors name a request. */
  siteOf(method: string, path: string): Site {
    return { at: `${method} ${this.root}${path}`, apiKey: this.#apiKey, timeoutMs: this.#timeoutMs };
  }

  /** The body of a 2xx answer. Rejects with `EngineError`, or with the signal's reason. */
  send(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal | undefined): Promise<string> {
    return this.open(method, path, body, signal, ({ chunks }) => chunks.text());
  }

  /**
   * What `read` makes of a 2xx answer while it comes. It need not read on: the request is ended when it is done.
   * Rejects as `send` does, and with what `read` throws on purpose (`EngineError`).
   */
  async open<T>(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    read: (answer: OpenAnswer) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    try {
      const {
        statusCode,
        headers,
        body: chunks,
      } = await this.agent.request({
        origin: this.#origin,
        path: this.#prefix + path,
        method,
        headers: this.headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
      if (statusCode >= 200 && statusCode < 300) {
        return await read({ contentType: String(headers['content-type'] ?? '').toLowerCase(), chunks });
      }
      throw toStatusFailure(this.siteOf(method, path), statusCode, headers, await chunks.text());
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof EngineError) throw error;
      throw toTransportFailure(this.siteOf(method, path), error);
    }
  }

  /** The same, parsed; an answer that is not JSON is a final `EngineError`. */
  async sendForJson(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const text = await this.send(method, path, body, signal);
    try {
      return JSON.parse(text);
    } catch {
      throw wrongShape(this.siteOf(method, path), 'JSON', text);
    }
  }

  /** Cuts what is open; calls in flight reject. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }
}
