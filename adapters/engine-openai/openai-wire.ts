import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { EngineKind } from '../../src/core/engine-kinds.ts';
import type { Site } from '../../src/edge/http-failure.ts';
import { HttpWire, type WireAnswer } from '../../src/edge/http-wire.ts';
import { parseServerAddress } from '../../src/edge/server-address.ts';
import { EngineError, UsageError } from '../../src/errors.ts';

/** Which server is behind the URL; `openai` is any server with OpenAI's completion or chat endpoint. */
export type OpenAiKind = Exclude<EngineKind, 'tinker'>;

/** Bounds how much of one answer the process may hold. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** Caps the pause a server may ask for: it may be back sooner than it expects. */
const LONGEST_PAUSE_MS = 60_000;

/** How a server that serves one model refuses any other name. */
const PINNED = /^Server is pinned to /;

export interface OpenAiWireOptions {
  /** The server, with or without `/v1` at the end. */
  readonly url: string;
  /** Longest wait for the first header, and between two pieces of a body. */
  readonly timeoutMs: number;
  readonly apiKey: string | null;
  /** Name of the environment variable that holds the key, and the setting that names it: what a refused key is explained by. */
  readonly keyVariable?: string | null;
  readonly keySetting?: string;
  /** Header that tells which calls belong together; absent or null: none does. */
  readonly sessionHeader?: string | null;
  /** Default 256 MiB. */
  readonly maxResponseBytes?: number;
}

/** The requests to one server: its address, its key, JSON both ways. Rejects with `EngineError` or the signal's reason. */
export class OpenAiWire {
  /** Scheme, host, port and path in front of `/v1`. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #sessionHeader: string | null;
  readonly #wire: HttpWire;
  readonly #origin: string;
  readonly #prefix: string;

  /** Throws `UsageError` for a URL it cannot use. */
  constructor(options: OpenAiWireOptions) {
    const { url, timeoutMs, apiKey, sessionHeader = null, maxResponseBytes = MAX_RESPONSE_BYTES } = options;
    const keyAdvice = adviseKey(options);
    this.#sessionHeader = sessionHeader;
    const { origin, prefix } = parseServerAddress(url, {
      name: 'engine URL',
      example: 'http://127.0.0.1:8000/v1',
      keyAdvice: 'give the key by engine.apiKeyEnv',
      route: '/v1',
      fail: (message) => new UsageError(message),
    });
    this.root = origin + prefix;
    this.#origin = origin;
    this.#prefix = prefix;
    this.headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    this.#wire = new HttpWire({
      Failure: EngineError,
      silenceMs: timeoutMs,
      maxBytes: maxResponseBytes,
      maxStreamBytes: maxResponseBytes,
      secrets: apiKey === null ? [] : [apiKey],
      silenceAdvice: 'raise engine.timeoutSeconds, or ask for fewer tokens',
      longestAskedMs: LONGEST_PAUSE_MS,
      describeStatus: (status, said) => (status === 401 || status === 403 ? `${status} ${said}; ${keyAdvice}` : null),
      // `transformers serve` says 400 where other servers say 404: no request for that model can succeed.
      correctStatus: (status, said) => (status === 400 && PINNED.test(said) ? 404 : status),
    });
  }

  /** How errors name a request. */
  siteOf(method: string, path: string): Site {
    return this.#wire.siteOf(`${method} ${this.root}${path}`);
  }

  /** The connections, for a client that makes its own requests. */
  get dispatcher(): Dispatcher {
    return this.#wire.dispatcherOf(this.#origin);
  }

  /** The session header of calls with an equal key; none without a key. The key is hashed: it may be text of a problem. */
  sessionOf(key: string | undefined): Readonly<Record<string, string>> {
    if (key === undefined || this.#sessionHeader === null) return {};
    return { [this.#sessionHeader]: createHash('sha256').update(key).digest('hex').slice(0, 32) };
  }

  /** A 2xx answer whose body is still to come. */
  open(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<WireAnswer> {
    return this.#wire.send({
      at: `${method} ${this.root}${path}`,
      origin: this.#origin,
      path: this.#prefix + path,
      method,
      headers: { ...this.headers, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    });
  }

  /** The text of a 2xx answer. */
  async send(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal | undefined): Promise<string> {
    return (await this.open(method, path, body, signal)).text();
  }

  /** The JSON of a 2xx answer. Anything else, and an error sent under a status of success, is an `EngineError`. */
  async sendForJson(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    return (await this.open(method, path, body, signal, headers)).json();
  }

  /** Cuts what is open; calls in flight reject. */
  close(): Promise<void> {
    return this.#wire.close();
  }
}

/** What to do about a key that is refused, or missing. */
function adviseKey({ apiKey, keyVariable = null, keySetting = 'engine.apiKeyEnv' }: OpenAiWireOptions): string {
  if (apiKey === null) return `it wants a key: name the environment variable that holds it in ${keySetting}`;
  const where = keyVariable === null ? 'the key' : `the key in the environment variable ${keyVariable}`;
  return `check ${where} (${keySetting}), and what it may be used for`;
}

/** A count a server may leave out: null unless it is a number. */
export function readCount(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
