/** Header fields of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a server may limit separately: everything, requests, tokens. */
const LIMITED = ['', '-requests', '-tokens'];

/** The longest pause that a bare number of seconds can mean; a larger one is a time since the epoch. */
const LONGEST_SECONDS = 10 * 365 * 86_400;

/** A time since the epoch from here on is in milliseconds. */
const EPOCH_MS_FROM = 1e11;

/**
 * The pause a server asks for, in milliseconds: by `retry-after-ms`, by `retry-after` (seconds or an HTTP date), or by the
 * time at which a limit that is used up begins anew (`x-ratelimit-reset` and its kind). At most `longestMs`; null when it
 * asks for none.
 */
export function readAskedPause(
  headers: AnswerHeaders,
  nowMs: number,
  longestMs: number = Number.POSITIVE_INFINITY,
): number | null {
  const askedMs = readRetryAfter(headers, nowMs) ?? readReset(headers, nowMs);
  return askedMs === null ? null : Math.round(Math.min(longestMs, Math.max(0, askedMs)));
}

function readRetryAfter(headers: AnswerHeaders, nowMs: number): number | null {
  const inMs = readNumber(headers['retry-after-ms']);
  if (inMs !== null) return inMs;
  const inSeconds = readNumber(headers['retry-after']);
  return inSeconds === null ? readDate(headers['retry-after'], nowMs) : inSeconds * 1000;
}

/** The latest reset among the limits that are used up; one whose rest is not told counts as used up. */
function readReset(headers: AnswerHeaders, nowMs: number): number | null {
  const pauses = ['x-ratelimit', 'ratelimit'].flatMap((family) =>
    LIMITED.flatMap((limited) => {
      const remaining = readNumber(headers[`${family}-remaining${limited}`]);
      if (remaining !== null && remaining > 0) return [];
      return readTime(headers[`${family}-reset${limited}`], nowMs) ?? [];
    }),
  );
  return pauses.length === 0 ? null : Math.max(...pauses);
}

/** Seconds, seconds or milliseconds since the epoch, a duration such as `6m0s`, or a date. */
function readTime(value: AnswerHeaders[string], nowMs: number): number | null {
  const number = readNumber(value);
  if (number === null) return readDuration(value) ?? readDate(value, nowMs);
  if (number <= LONGEST_SECONDS) return number * 1000;
  return (number >= EPOCH_MS_FROM ? number : number * 1000) - nowMs;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function readDuration(value: AnswerHeaders[string]): number | null {
  if (typeof value !== 'string' || !/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d)){1,5}$/.test(value.trim())) return null;
  const parts = value.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)/g);
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit!]!, 0);
}

/** A date of HTTP, or one of ISO 8601: `Date.parse` alone takes `-3` for one. */
const DATE = /^\s*(?:[A-Za-z]{3,9}, |\d{4}-\d\d-\d\dT)/;

function readDate(value: AnswerHeaders[string], nowMs: number): number | null {
  const date = typeof value === 'string' && DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : date - nowMs;
}

/** Thirteen digits are milliseconds since the epoch. */
function readNumber(value: AnswerHeaders[string]): number | null {
  return typeof value === 'string' && /^\d{1,13}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : null;
}
