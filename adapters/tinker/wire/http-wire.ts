import { Agent, request } from 'undici';
import { TrainerError } from '../../../src/errors.ts';
import { cleanServerText, describeFailureBody } from './server-text.ts';

/** A body that is not answered or not read to its end within this time counts as lost. */
const REPLY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Beyond any result of one chunk; bounds what a server can make this process keep. */
const MAX_REPLY_BYTES = 512 * 1024 * 1024;

/** Failures that happen before the first byte of a request leaves. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** No complete answer came. `maybeReceived`: the server may have acted on the request. */
export class ConnectionLost extends Error {
  readonly maybeReceived: boolean;
  readonly timedOut: boolean;

  constructor(cause: unknown) {
    const code = readCode(cause);
    super(cleanServerText(`${(cause as Error)?.message || code}`), { cause });
    this.name = 'ConnectionLost';
    this.maybeReceived = !UNSENT.has(code);
    this.timedOut = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
  }
}

export interface WireBody {
  readonly contentType: string;
  readonly bytes: string | Uint8Array;
  /** `Content-Encoding`, when the bytes are compressed. */
  readonly encoding?: 'zstd';
}

/** One HTTP answer, read to its end. */
export interface WireReply {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface WireCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: WireBody;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may take to begin. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** JSON as a request body. */
export function toJsonBody(value: unknown): WireBody {
  return { contentType: 'application/json', bytes: JSON.stringify(value) };
}

/** The HTTP side of one trainer: own connections, own time limits, the key on every request. */
export class TrainerHttp {
  /** Base URL without `/api/v1`. */
  readonly url: string;
  readonly agent: Agent;
  readonly #api: string;
  #key: string | null;
  #renewKey: (() => Promise<string>) | null = null;

  constructor(url: string, apiKey: string | null) {
    this.url = readBaseUrl(url);
    this.#api = `${this.url}/api/v1/`;
    this.#key = apiKey;
    this.agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, bodyTimeout: REPLY_TIMEOUT_MS });
  }

  /** From now on sends what `renew` answers as the key, and asks again when the server refuses it. */
  async exchangeKey(renew: () => Promise<string>): Promise<void> {
    this.#key = await renew();
    this.#renewKey = renew;
  }

  /** The address of a path below `api/v1/`, and the headers that prove who asks. */
  locate(path: string): { url: string; headers: Record<string, string> } {
    return { url: this.#api + path, headers: this.#key === null ? {} : { 'x-api-key': this.#key } };
  }

  /** One request, no repeat. Throws `ConnectionLost` without an answer, or the signal's reason. */
  async send(path: string, call: WireCall = {}): Promise<WireReply> {
    const reply = await this.sendOnce(path, call);
    if (reply.status !== 401 || this.#renewKey === null) return reply;
    this.#key = await this.#renewKey();
    return this.sendOnce(path, call);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** The same without renewing the key. */
  async sendOnce(path: string, call: WireCall): Promise<WireReply> {
    const { url, headers } = this.locate(path);
    const { body, signal } = call;
    signal?.throwIfAborted();
    try {
      const response = await request(url, {
        dispatcher: this.agent,
        method: call.method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...headers, ...(body === undefined ? {} : toBodyHeaders(body)), ...call.headers },
        body: body?.bytes ?? null,
        headersTimeout: call.timeoutMs ?? REPLY_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      const bytes = await readAll(response.body);
      return { status: response.statusCode, contentType: readMediaType(response.headers['content-type']), bytes };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof TrainerError) throw error;
      if (readCode(error) === 'UND_ERR_INVALID_ARG')
        throw new TrainerError(`${path}: the request cannot be sent`, { cause: error });
      throw new ConnectionLost(error);
    }
  }
}

function toBodyHeaders(body: WireBody): Record<string, string> {
  const type = { 'content-type': body.contentType };
  return body.encoding === undefined ? type : { ...type, 'content-encoding': body.encoding };
}

async function readAll(body: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw new TrainerError(`the trainer's answer is larger than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function readBaseUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new TrainerError(`trainer URL ${JSON.stringify(url)} is no http or https address; correct trainer.url`);
  }
  return url.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
}

function readMediaType(header: string | string[] | undefined): string {
  return String(header ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
}

function readCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return readCode(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** The text of an answer. */
export function readText(reply: WireReply): string {
  return new TextDecoder().decode(reply.bytes);
}

/** What an unsuccessful answer says, in one line. */
export function describeReply(reply: WireReply): string {
  const hint = reply.status === 401 || reply.status === 403 ? '; check the API key (trainer.apiKeyEnv)' : '';
  return `HTTP ${reply.status}: ${describeFailureBody(readText(reply)) || 'no further text'}${hint}`;
}

/** The JSON of an answer. Throws `TrainerError` when it is none. */
export function readJson(reply: WireReply, what: string): unknown {
  try {
    return JSON.parse(readText(reply));
  } catch (cause) {
    throw new TrainerError(`${what}: the trainer's answer is not JSON`, { cause, status: reply.status });
  }
}
