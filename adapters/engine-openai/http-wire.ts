import { Agent } from 'undici';
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
  async send(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    let status: number;
    let headers: Record<string, string | string[] | undefined>;
    let text: string;
    try {
      const response = await this.agent.request({
        origin: this.#origin,
        path: this.#prefix + path,
        method,
        headers: this.headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
      status = response.statusCode;
      headers = response.headers;
      text = await response.body.text();
    } catch (error) {
      signal?.throwIfAborted();
      throw toTransportFailure(this.siteOf(method, path), error);
    }
    if (status >= 200 && status < 300) return text;
    throw toStatusFailure(this.siteOf(method, path), status, headers, text);
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
