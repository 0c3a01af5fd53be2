import { type JsonObject, toObject } from '../core/json-object.ts';
import { isRepeated, type MeaningOverrides, readStatus } from '../core/retry.ts';
import type { OutsideError, OutsideFacts } from '../errors.ts';
import { type AnswerHeaders, readAskedPause } from './asked-pause.ts';
import { cleanServerText, findMessage, readErrorBody, showValue } from './server-text.ts';

/** How the failures of one server are reported: the error class of its boundary, and what a user can do. */
export interface FailureRules {
  readonly Failure: new (message: string, facts?: OutsideFacts) => OutsideError;
  /** Keys that must never be part of a message. */
  readonly secrets: readonly string[];
  /** What to do when no answer comes in time: `raise engine.timeoutSeconds`. */
  readonly silenceAdvice?: string;
  /** What an answer that is not the protocol may be due to: `is this address a hub?`. */
  readonly shapeAdvice?: string;
  /** An error without a code in a 2xx answer is part of this protocol, and the caller reads it. Default: the request is repeated. */
  readonly ownsErrors?: boolean;
  /** Statuses that this kind of server uses with another meaning. */
  readonly meanings?: MeaningOverrides;
  /** Caps the pause a server may ask for: it may be back sooner than it expects. Default: no cap. */
  readonly longestAskedMs?: number;
  /** The text for a status and what the server said. Null, the default: `<status> <said>`. */
  describeStatus?(status: number, said: string): string | null;
  /** Corrects the status of a server that uses the wrong one, going by what it said. */
  correctStatus?(status: number, said: string): number;
  /** Milliseconds since the epoch, for pauses that are asked for by date. */
  now(): number;
}

/** Where a request went: what its failures begin with and how they are reported. */
export interface Site {
  /** The request as messages name it: method and URL, or what is being done. */
  readonly at: string;
  readonly rules: FailureRules;
  /** Longest silence of the server. */
  readonly silenceMs: number;
}

/** Longest message after the name of its request, in characters: what the server said, and what we add to it. */
const MESSAGE_CHARS = 360;

/** Length of an excerpt of an unexpected answer, in characters. */
const GLIMPSE_CHARS = 80;

/** An error of the boundary that names the request; one line, without secrets. */
export function failAt({ at, rules }: Site, text: string, facts: OutsideFacts = {}): OutsideError {
  return new rules.Failure(`${at}: ${cleanServerText(text, rules.secrets, MESSAGE_CHARS)}`, facts);
}

/** The error of an answer that is not the protocol: what was expected, and the beginning of what came. It fails alone. */
export function wrongShape(site: Site, expected: string, got: unknown): OutsideError {
  const { secrets, shapeAdvice } = site.rules;
  const glimpse = cleanServerText(showValue(got), secrets, GLIMPSE_CHARS) || 'nothing';
  const advice = shapeAdvice === undefined ? '' : `: ${shapeAdvice}`;
  return failAt(site, `expected ${expected}, got ${glimpse}${advice}`, { failsAlone: true });
}

/** The error for an HTTP status that was not accepted. */
export function toStatusFailure(site: Site, status: number, headers: AnswerHeaders, body: string): OutsideError {
  const { rules } = site;
  const said = cleanServerText(readErrorBody(status, body), rules.secrets);
  const meant = rules.correctStatus?.(status, said) ?? status;
  return failAt(site, rules.describeStatus?.(meant, said) ?? `${status} ${said}`, readFacts(site, meant, headers));
}

/** What a status says about the request, and the headers about when to come back. */
function readFacts({ rules }: Site, status: number, headers: AnswerHeaders): OutsideFacts {
  const meaning = readStatus(status, rules.meanings);
  return {
    status,
    retryable: isRepeated(meaning),
    failsAlone: meaning === 'refused',
    retryAfterMs: readAskedPause(headers, rules.now(), rules.longestAskedMs),
  };
}

/**
 * The error of a 2xx answer that is not JSON. An empty or cut one, which is what proxies make of a lost connection, may
 * be repeated; anything else is final.
 */
export function toUnreadable(site: Site, text: string): OutsideError {
  if (text.trim() === '') return failAt(site, 'the answer is empty', { retryable: true });
  if (isCut(text)) return failAt(site, 'the answer was cut: it is only the beginning of JSON', { retryable: true });
  return wrongShape(site, 'JSON', text);
}

/** Whether a text begins as an object or array and does not end as one. */
function isCut(text: string): boolean {
  const whole = text.trim();
  return (whole.startsWith('{') && !whole.endsWith('}')) || (whole.startsWith('[') && !whole.endsWith(']'));
}

/** Error names, as OpenAI and Anthropic use them, for answers that hold no number. */
const NAMED_CODES: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  overloaded_error: 529,
  server_error: 500,
  api_error: 500,
  timeout_error: 504,
  insufficient_quota: 402,
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
};

/**
 * The error inside a 2xx answer: a gateway that has already sent its headers can report a failure in no other way. Null
 * for any other answer. An error without a code is treated as temporary.
 */
export function findQuietFailure(site: Site, body: JsonObject, headers: AnswerHeaders): OutsideError | null {
  const error = toObject(body.error);
  if (error === null && (typeof body.error !== 'string' || body.error === '')) return null;
  const status = readCode(error?.code) ?? readCode(error?.type) ?? readCode(body.code);
  const said = findMessage(body) ?? 'no explanation';
  if (status === null) {
    return site.rules.ownsErrors === true ? null : failAt(site, `the server says: ${said}`, { retryable: true });
  }
  return failAt(
    site,
    site.rules.describeStatus?.(status, said) ?? `${status} ${said}`,
    readFacts(site, status, headers),
  );
}

function readCode(code: unknown): number | null {
  if (typeof code === 'string' && Object.hasOwn(NAMED_CODES, code)) return NAMED_CODES[code]!;
  const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}

/** The error of a request that got no whole answer. Retryable unless a repetition must fail the same way. */
export function toTransportFailure(site: Site, cause: unknown): OutsideError {
  const { code, message } = findTransportCause(cause);
  return failAt(site, describeTransport(site, code, message), {
    cause,
    retryable: !isFinal(code),
    timedOut: TIMEOUTS.has(code),
    unsent: UNSENT.has(code),
  });
}

/** The innermost error of the chain with a code: fetch wraps what happened, and several addresses make several errors. */
function findTransportCause(error: unknown): { code: string; message: string } {
  let found = { code: '', message: error instanceof Error ? error.message : String(error) };
  let current = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth += 1) {
    const inner: unknown = current instanceof AggregateError && current.errors.length > 0 ? current.errors[0] : current;
    const { code, message } = inner as { code?: unknown; message: string };
    if (typeof code === 'string') found = { code, message };
    current = inner instanceof Error ? inner.cause : null;
  }
  return found;
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Failures before the first byte of a request leaves. */
const UNSENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Code of an answer larger than its limit. */
export const TOO_LARGE = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';

/** Closed by us, refused by the client library, larger than the limit, no HTTP at all, or a certificate that is not trusted. */
function isFinal(code: string): boolean {
  if (['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_INVALID_ARG', TOO_LARGE].includes(code)) return true;
  return /^HPE_|^ERR_TLS_|^ERR_SSL_|^UNABLE_TO_|CERT/.test(code);
}

function describeTransport({ silenceMs, rules }: Site, code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused: is the server running there?';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no answer: ${message}; is the name of the server right?`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'the connection was cut before the answer was complete';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `no answer within ${silenceMs} ms${rules.silenceAdvice === undefined ? '' : `: ${rules.silenceAdvice}`}`;
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'the connection was not accepted in time';
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return 'the connection was closed on this side';
    case TOO_LARGE:
      return 'the answer is larger than the limit';
    default:
      return `no answer: ${code === '' || message.includes(code) ? '' : `${code} `}${message}`;
  }
}
