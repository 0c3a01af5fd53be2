import type { Rng } from './rng.ts';

/**
 * The one policy for repeating what an outside server did not answer: which statuses are worth a second try, how long to
 * wait before it, when to give up, and what is counted. It is pure; the loop around it is in `src/edge/waiting.ts`.
 */

/**
 * Why something is repeated. `rate_limited`: asked to slow down (429). `overloaded`: no room now (503, 529).
 * `not_ready`: what was asked for is held by somebody else or still being made (409, 423, 425). `timeout`: too slow.
 * `no_answer`: no whole answer. `server_error`: the server broke. `billing`: paused until somebody pays (402, where a
 * server means it so).
 */
export const RETRY_CAUSES = [
  'rate_limited',
  'overloaded',
  'not_ready',
  'timeout',
  'no_answer',
  'server_error',
  'billing',
] as const;

export type RetryCause = (typeof RETRY_CAUSES)[number];

/**
 * What follows from a status. A cause: the same request is sent again, after the pause the server asks for. `refused`:
 * this request is at fault and fails alone. `final`: none would succeed, and whoever asked stops.
 */
export type StatusMeaning = RetryCause | 'refused' | 'final';

/**
 * Statuses whose meaning does not follow from their class. 499 and 52x come from gateways: the client before them hung up,
 * or the server behind them could not be reached in time. 501 and 505 say that no repetition will help.
 */
const MEANINGS: ReadonlyMap<number, StatusMeaning> = new Map([
  [400, 'refused'],
  [408, 'timeout'],
  [409, 'not_ready'],
  [413, 'refused'],
  [422, 'refused'],
  [423, 'not_ready'],
  [425, 'not_ready'],
  [429, 'rate_limited'],
  [451, 'refused'],
  [499, 'no_answer'],
  [501, 'final'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [505, 'final'],
  [522, 'timeout'],
  [524, 'timeout'],
  [529, 'overloaded'],
]);

/** Statuses that one kind of server uses with another meaning. */
export type MeaningOverrides = Readonly<Partial<Record<number, StatusMeaning>>>;

/** The meaning of an HTTP status other than 2xx. A server error is final only if it cannot pass; any other status is repeated only if it is listed. */
export function readStatus(status: number, overrides: MeaningOverrides = {}): StatusMeaning {
  return overrides[status] ?? MEANINGS.get(status) ?? (status >= 500 ? 'server_error' : 'final');
}

/** Whether a meaning is a cause to send the request again. */
export function isRepeated(meaning: StatusMeaning): meaning is RetryCause {
  return meaning !== 'refused' && meaning !== 'final';
}

/** What a failure shows of its cause. */
export interface FailureSigns {
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  /** Pause the server asked for; null when it asked for none. */
  readonly retryAfterMs: number | null;
  /** Waiting was given up. */
  readonly timedOut: boolean;
}

/** The cause of a failure that is known to be worth repeating. */
export function classifyRetry(
  { status, timedOut, retryAfterMs }: FailureSigns,
  overrides: MeaningOverrides = {},
): RetryCause {
  if (timedOut) return 'timeout';
  if (status === null) return 'no_answer';
  const meaning = readStatus(status, overrides);
  // A server that says when to come back is up, and busy.
  if (!isRepeated(meaning) || meaning === 'server_error') return retryAfterMs === null ? 'server_error' : 'overloaded';
  return meaning;
}

/** Whether the server was up and merely declined the request: nothing was done, and it may accept it later. */
export function isRefusal(cause: RetryCause): boolean {
  return cause === 'rate_limited' || cause === 'overloaded' || cause === 'not_ready' || cause === 'billing';
}

/** What gateways say of a server behind them that they cannot reach. */
const BEHIND_GATEWAY: ReadonlySet<number | null> = new Set([502, 520, 521, 523, 530]);

/** Whether the server may be down or starting: it comes back by itself, or not at all. */
export function isAbsence(cause: RetryCause, status: number | null): boolean {
  return cause === 'no_answer' || cause === 'overloaded' || BEHIND_GATEWAY.has(status);
}

/** Whether fewer requests at once would have avoided it; that does not help with a server that is broken. */
export function isCongestion(cause: RetryCause): boolean {
  return cause === 'rate_limited' || cause === 'overloaded' || cause === 'timeout';
}

/** How often one wire repeats, and with what pauses. */
export interface RetryPolicy {
  /** Pause before the second try; doubles with every failure of the same cause. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** Tries of one request, the first included. Infinity: something else ends it, such as a deadline. */
  readonly tries: number;
  /** Tries of one request, spared ones included. Default: no separate bound. */
  readonly triesWithSpared?: number;
  /** Tries that may fail for one cause, where that is fewer. */
  readonly triesFor?: Readonly<Partial<Record<RetryCause, number>>>;
  /** Causes whose pauses do not grow. */
  readonly pauseForMs?: Readonly<Partial<Record<RetryCause, number>>>;
  /** A server that asks for a longer pause than this is not waited for. Default: it is. */
  readonly longestAskedMs?: number;
}

/** The pause after the `failures`-th failure: doubled each time, up to the policy's longest. */
export function growPauseMs(
  { firstPauseMs, maxPauseMs }: Pick<RetryPolicy, 'firstPauseMs' | 'maxPauseMs'>,
  failures: number,
): number {
  return Math.min(maxPauseMs, firstPauseMs * 2 ** (failures - 1));
}

/**
 * What a failure costs. `spared`: no try, and the pause does not grow. `waited`: no try, because something else bounds
 * the time.
 */
export type FailureCost = 'counted' | 'spared' | 'waited';

/**
 * The tries of one request. Failures are counted per cause: a server that was busy ten times has not been broken once.
 */
export class RetryCourse {
  readonly #policy: RetryPolicy;
  readonly #rng: Pick<Rng, 'next'> | null;
  readonly #failures = new Map<RetryCause, number>();
  #counted = 0;
  #all = 0;

  /** `rng` shortens pauses by up to half, so that requests refused together do not come back together; null: exact pauses. */
  constructor(policy: RetryPolicy, rng: Pick<Rng, 'next'> | null) {
    this.#policy = policy;
    this.#rng = rng;
  }

  /** Takes a failure and returns the milliseconds to wait before the next try, or null when there is to be none. */
  fail(cause: RetryCause, retryAfterMs: number | null, cost: FailureCost = 'counted'): number | null {
    const { tries, triesWithSpared, triesFor, longestAskedMs } = this.#policy;
    const failures = (this.#failures.get(cause) ?? 0) + (cost === 'spared' ? 0 : 1);
    this.#failures.set(cause, failures);
    if (cost === 'waited') return this.#pauseMs(cause, failures, retryAfterMs ?? 0);
    this.#all += 1;
    if (cost === 'counted') this.#counted += 1;
    if (this.#counted >= tries || this.#all >= (triesWithSpared ?? Number.POSITIVE_INFINITY)) return null;
    if (failures >= (triesFor?.[cause] ?? Number.POSITIVE_INFINITY)) return null;
    if (retryAfterMs !== null && retryAfterMs > (longestAskedMs ?? Number.POSITIVE_INFINITY)) return null;
    return this.#pauseMs(cause, Math.max(1, failures), retryAfterMs ?? 0);
  }

  /** Something arrived: earlier failures no longer count. */
  begin(): void {
    this.#failures.clear();
    this.#counted = 0;
    this.#all = 0;
  }

  /** The server's own pause wins when it is longer, and is spread too. */
  #pauseMs(cause: RetryCause, failures: number, askedMs: number): number {
    const fullMs = this.#policy.pauseForMs?.[cause] ?? growPauseMs(this.#policy, failures);
    const spreadMs = (this.#rng?.next() ?? 0) * (fullMs / 2);
    return askedMs > fullMs - spreadMs ? askedMs + spreadMs : fullMs - spreadMs;
  }
}

/** Repetitions by cause. */
export type RetryCounts = Readonly<Record<RetryCause, number>>;

/** Counts repetitions by cause. */
export class RetryTally {
  readonly #counts = new Map<RetryCause, number>(RETRY_CAUSES.map((cause) => [cause, 0]));

  add(cause: RetryCause): void {
    this.#counts.set(cause, this.#counts.get(cause)! + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  byCause(): RetryCounts {
    return Object.fromEntries(this.#counts) as Record<RetryCause, number>;
  }
}

/** `rate_limited 12, timeout 1`: the causes that occurred; empty when nothing was repeated. */
export function describeRetries(counts: RetryCounts): string {
  const causes = RETRY_CAUSES.filter((cause) => counts[cause] > 0);
  return causes.map((cause) => `${cause} ${counts[cause]}`).join(', ');
}
