import type { EngineError } from '../../errors.ts';

/** Why calls are repeated: asked to slow down (429), overloaded (503), too slow, no whole answer, another 5xx. */
export const RETRY_CAUSES = ['rate_limited', 'overloaded', 'timeout', 'no_answer', 'server_error'] as const;

export type RetryCause = (typeof RETRY_CAUSES)[number];

/** Statuses that say a wait was too long: of the server itself and of a gateway before it. */
const TIMEOUTS: ReadonlySet<number | null> = new Set([408, 504]);

/** The cause of a retryable failure. */
export function classifyRetry({ status, timedOut, retryAfterMs }: EngineError): RetryCause {
  if (timedOut || TIMEOUTS.has(status)) return 'timeout';
  if (status === null) return 'no_answer';
  if (status === 429 || status === 425) return 'rate_limited';
  // A server that names a time to come back is up, and busy.
  return status === 503 || retryAfterMs !== null ? 'overloaded' : 'server_error';
}

/** Whether the server was up and did not want the call now. */
export function isRefusal(cause: RetryCause): boolean {
  return cause === 'rate_limited' || cause === 'overloaded';
}

/** Whether fewer calls at once would have avoided it; an engine that broke is not healed by that. */
export function isCongestion(cause: RetryCause): boolean {
  return isRefusal(cause) || cause === 'timeout';
}

/** Counts repeated calls by cause. */
export class RetryTally {
  readonly #counts = new Map<RetryCause, number>(RETRY_CAUSES.map((cause) => [cause, 0]));

  add(cause: RetryCause): void {
    this.#counts.set(cause, this.#counts.get(cause)! + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  byCause(): Readonly<Record<RetryCause, number>> {
    return Object.fromEntries(this.#counts) as Record<RetryCause, number>;
  }
}
