/** A longer pause than this is cut to it: the server may be back sooner than it thought. */
const MAX_PAUSE_MS = 60_000;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The pause a server asked for by `retry-after-ms` or `retry-after` (seconds or an HTTP date); null when it did not. */
export function readRetryAfterMs(headers: Headers, nowMs: number): number | null {
  const inMs = readNumber(headers['retry-after-ms']);
  if (inMs !== null) return clamp(inMs);
  const value = headers['retry-after'];
  const inSeconds = readNumber(value);
  if (inSeconds !== null) return clamp(inSeconds * 1000);
  const date = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : clamp(date - nowMs);
}

function readNumber(value: string | readonly string[] | undefined): number | null {
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}

function clamp(pauseMs: number): number {
  return Math.round(Math.min(MAX_PAUSE_MS, Math.max(0, pauseMs)));
}
