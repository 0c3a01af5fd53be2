import { EngineError } from '../../src/errors.ts';
import { cleanLine } from './clean-line.ts';
import { readErrorBody } from './read-error-body.ts';
import { readRetryAfterMs } from './retry-after.ts';

/** Where a request went, and what must not be told of it. */
export interface Site {
  /** Method and URL. */
  readonly at: string;
  readonly apiKey: string | null;
  readonly timeoutMs: number;
}

const MAX_MESSAGE_CHARS = 300;
const MAX_EXCERPT_CHARS = 80;

/** Statuses after which the same request may succeed: overload, restart, and an engine that failed in the middle. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** An `EngineError` whose message names the request, is one line and holds no key. */
export function failAt(
  site: Site,
  text: string,
  options: {
    cause?: unknown;
    retryable?: boolean;
    status?: number;
    retryAfterMs?: number | null;
    timedOut?: boolean;
  } = {},
): EngineError {
  return new EngineError(cleanLine(`${site.at}: ${text}`, site.apiKey, MAX_MESSAGE_CHARS), options);
}

/** The final error of an answer that is not the protocol: what was expected, and the beginning of what came. */
export function wrongShape(site: Site, expected: string, got: unknown): EngineError {
  const text = (typeof got === 'string' ? got : JSON.stringify(got)) ?? 'nothing';
  return failAt(site, `expected ${expected}, got ${cleanLine(text, site.apiKey, MAX_EXCERPT_CHARS) || 'nothing'}`);
}

/** How a server of one model refuses the name of another. */
const PINNED = /^Server is pinned to /;

/** The error of an HTTP status outside 200 to 299. */
export function toStatusFailure(
  site: Site,
  status: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string,
): EngineError {
  const said = readErrorBody(status, body);
  return failAt(site, `${status} ${said}`, {
    // `transformers serve` says 400 where other servers say 404: no request for that model can succeed.
    status: status === 400 && PINNED.test(said) ? 404 : status,
    retryable: RETRYABLE.has(status),
    retryAfterMs: readRetryAfterMs(headers, Date.now()),
  });
}

/** The error of a request that got no whole answer. Retryable unless a repetition must fail the same way. */
export function toTransportFailure(site: Site, cause: unknown): EngineError {
  const { code, message } = findTransportCause(cause);
  const timedOut = TIMEOUTS.has(code);
  return failAt(site, describeTransport(site, code, message), { cause, retryable: !isFinal(code), timedOut });
}

/** The innermost error of the chain with a code: fetch wraps what happened in `fetch failed`. */
function findTransportCause(error: unknown): { code: string; message: string } {
  let found = { code: '', message: error instanceof Error ? error.message : String(error) };
  let current = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') found = { code, message: current.message };
    current = current.cause;
  }
  return found;
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

const TOO_LARGE = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';

/** Closed by us, refused by the client library, larger than the limit, no HTTP at all, or a certificate that is not trusted. */
function isFinal(code: string): boolean {
  if (['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_INVALID_ARG', TOO_LARGE].includes(code)) return true;
  return /^HPE_|^ERR_TLS_|^ERR_SSL_|^UNABLE_TO_|CERT/.test(code);
}

function describeTransport(site: Site, code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused: is the server running there?';
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'the connection was cut before the answer was complete';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `no answer within ${site.timeoutMs} ms: raise engine.timeoutSeconds, or ask for fewer tokens`;
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'the connection was not accepted in time';
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return 'the engine connection was closed';
    case TOO_LARGE:
      return 'the answer is larger than the limit';
    default:
      return `no answer: ${code === '' || message.includes(code) ? '' : `${code} `}${message}`;
  }
}
