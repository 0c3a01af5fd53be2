import { SourceError } from '../../src/errors.ts';

/** A hub that did not answer as wanted. `retryAfterMs` is the pause it asked for, null when none. */
export class HubFailure extends SourceError {}

/** What an error status means for who asked. `what` names the thing, `now` is the time in ms since the epoch. */
export function explainStatus(status: number, what: string, retryAfter: string | undefined, now: number): HubFailure {
  const retryAfterMs = readRetryAfter(retryAfter, now);
  const about = { status, retryAfterMs, retryable: status === 408 || status === 429 || status >= 500 };
  if (status === 401 || status === 403)
    return new HubFailure(
      `${what}: refused (${status}): the set is gated, private or not there; HF_TOKEN must hold a token that may read it`,
      about,
    );
  if (status === 404) return new HubFailure(`${what}: not there (404): check the id and the revision`, about);
  if (status === 429) return new HubFailure(`${what}: too many requests (429): try again later`, about);
  return new HubFailure(`${what}: the hub answered ${status}`, about);
}

/** Seconds or a date; null when absent or neither. */
function readRetryAfter(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  if (/^\d{1,7}$/.test(text.trim())) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
