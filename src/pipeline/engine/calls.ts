import pLimit from 'p-limit';
import {
  type FailureCost,
  isAbsence,
  isCongestion,
  isRefusal,
  RETRY_CAUSES,
  type RetryCause,
  type RetryCounts,
  type RetryPolicy,
  RetryTally,
  readStatus,
} from '../../core/retry.ts';
import type { Rng } from '../../core/rng.ts';
import { Deadlines, findRetryCause, repeatCall } from '../../edge/waiting.ts';
import { EngineError, RunError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { AdaptiveLimit, LoadWatch, type ReadLoad } from './adaptive-limit.ts';

/** Bounds how many engine calls run at once and repeats those that may succeed later. */
export interface CallPolicy {
  /**
   * Runs `call` when a place is free, with a signal that follows `signal` and fires at the deadline. A retryable
   * `EngineError` is repeated with growing pauses. When the tries are used up it becomes an `EngineError` that fails
   * alone, where the engine answered others meanwhile; otherwise a `RunError`, because the engine and not this request
   * is at fault. Other errors pass through at once.
   */
  run<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Calls that have been repeated since the start. */
  readonly retries: number;
  stats(): CallStats;
}

/** What the policy did since the start, and where it stands. */
export interface CallStats {
  readonly retries: RetryCounts;
  /** Calls that may be in flight now. */
  readonly limit: number;
  /** How often the limit was cut. */
  readonly cuts: number;
  readonly inFlight: number;
  /** Calls that wait for a place. */
  readonly waiting: number;
}

export interface CallPolicyOptions {
  /** Never more calls than this in flight. */
  readonly maxInFlight: number;
  /** Where the limit begins; it grows from there, and shrinks when the server is busy. Default: `maxInFlight`. */
  readonly startInFlight?: number;
  /** Tries per call, the first included; refusals of a busy server that serves others count for less. */
  readonly tries: number;
  /** Pause before the second try; doubles up to `maxPauseMs`. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** How long an engine that answers nobody is waited for, beyond the tries; absent: not at all. */
  readonly absencePatienceMs?: number;
  /** Is told, once each time, that an engine which answers nobody is waited for. */
  onAbsence?(error: Error): void;
  /** Longest one try may take; absent: as long as the engine waits. */
  readonly deadlineMs?: number;
  /** Shortens pauses by up to half, so that calls refused together do not come back together. Absent: exact pauses. */
  readonly rng?: Rng;
  /** What the server tells of its load, where it does. */
  readonly readLoad?: ReadLoad;
  readonly clock: Clock;
}

/** A call refused by a server that answers others is tried this many times as long before it is given up. */
const PATIENCE = 8;

/** An engine is waited for this long before anybody is told. */
const QUIET_MS = 5_000;

/** Creates the policy of one engine. */
export function createCallPolicy(options: CallPolicyOptions): CallPolicy {
  return new AdaptivePolicy(options);
}

class AdaptivePolicy implements CallPolicy {
  readonly #options: CallPolicyOptions;
  readonly #policy: RetryPolicy;
  readonly #adaptive: AdaptiveLimit;
  readonly #places: ReturnType<typeof pLimit>;
  readonly #tally = new RetryTally();
  readonly #watch: LoadWatch | null;
  readonly #deadlines: Deadlines | null;
  /** Calls that succeeded. */
  #answers = 0;
  /** Since when nobody has been answered; null while somebody is. */
  #absentSinceMs: number | null = null;
  #hasTold = false;

  constructor(options: CallPolicyOptions) {
    const { maxInFlight, startInFlight = maxInFlight, deadlineMs: ms, readLoad, clock } = options;
    const { tries, firstPauseMs, maxPauseMs } = options;
    this.#options = options;
    this.#policy = { tries, triesWithSpared: tries * PATIENCE, firstPauseMs, maxPauseMs };
    this.#adaptive = new AdaptiveLimit(startInFlight, maxInFlight);
    this.#places = pLimit(this.#adaptive.value);
    const heed = (load: Parameters<AdaptiveLimit['heed']>[0]) =>
      this.#adapt(() => this.#adaptive.heed(load, this.#places.activeCount));
    this.#deadlines = ms === undefined ? null : new Deadlines({ clock, ms, who: 'the engine' });
    this.#watch = readLoad === undefined ? null : new LoadWatch(readLoad, clock, heed);
  }

  run<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#places(() => this.#repeat(call, signal));
  }

  get retries(): number {
    return this.#tally.total;
  }

  stats(): CallStats {
    const { activeCount, pendingCount } = this.#places;
    const { value: limit, cuts } = this.#adaptive;
    return { retries: this.#tally.byCause(), limit, cuts, inFlight: activeCount, waiting: pendingCount };
  }

  async #repeat<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, rng } = this.#options;
    let answersSeen = this.#answers;
    let isServing = false;
    let tries = 0;
    const tryOnce = (tried: number) => {
      tries = tried;
      return this.#try(call, signal);
    };
    try {
      return await repeatCall(tryOnce, {
        policy: this.#policy,
        clock,
        signal,
        rng,
        costOf: (cause, error) => {
          isServing = this.#answers > answersSeen;
          answersSeen = this.#answers;
          return this.#judgeCost(cause, isServing, error);
        },
        onRepeat: ({ cause }) => this.#tally.add(cause),
      });
    } catch (error) {
      if (!(error instanceof EngineError) || !error.retryable) throw error;
      const message = `engine gave up after ${tries} tries: ${error.message}`;
      const { status, timedOut } = error;
      if (isServing) throw new EngineError(message, { cause: error, status, timedOut, failsAlone: true });
      throw new RunError(message, { cause: error });
    }
  }

  /** `isServing`: others were answered since this call failed before. */
  #judgeCost(cause: RetryCause, isServing: boolean, error: unknown): FailureCost {
    if (isServing) return isRefusal(cause) ? 'spared' : 'counted';
    const { absencePatienceMs = 0, onAbsence, clock } = this.#options;
    if (!(error instanceof EngineError) || !isAbsence(cause, error.status) || absencePatienceMs === 0) return 'counted';
    this.#absentSinceMs ??= clock.monotonic();
    const absentMs = clock.monotonic() - this.#absentSinceMs;
    if (absentMs >= absencePatienceMs) return 'counted';
    if (absentMs >= QUIET_MS && !this.#hasTold) {
      this.#hasTold = true;
      onAbsence?.(error);
    }
    return 'waited';
  }

  /** Makes one try and adjusts the limit by its outcome. */
  async #try<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#watch?.look(signal);
    const { cuts } = this.#adaptive;
    try {
      const answer = await (this.#deadlines === null ? call(signal) : this.#deadlines.run(signal, call));
      this.#answers += 1;
      this.#absentSinceMs = null;
      this.#hasTold = false;
      this.#adapt(() => this.#adaptive.grow(cuts, this.#places.activeCount));
      return answer;
    } catch (error) {
      const cause = findRetryCause(error);
      if (cause !== null && isCongestion(cause)) {
        this.#adapt(() => this.#adaptive.shrink(cuts, this.#places.activeCount));
      }
      throw error;
    }
  }

  #adapt(change: () => void): void {
    change();
    const { value } = this.#adaptive;
    if (value !== this.#places.concurrency) this.#places.concurrency = value;
  }
}

/** A call that failed alone: what it is counted as, and why. */
export interface CallFailure {
  /** `http_400` and the like, `timeout`, or `odd_answer`: what came was not the protocol. */
  readonly code: string;
  /** One line, with what the server said. */
  readonly message: string;
}

/**
 * What became of a call that failed while others may succeed: the engine refused it for good, answered what is no answer,
 * or never answered it. Anything else (a wrong key, weights the engine lost) is not this call's fault and is rethrown: it
 * must end the stage, not turn every rollout into a failed one.
 */
export function toCallFailure(error: unknown): CallFailure {
  if (!(error instanceof EngineError) || error.retryable || !(error.failsAlone || isRefused(error))) throw error;
  return { code: nameFailure(error), message: error.message };
}

/** The message of a request the engine refused for good, such as text its tokenizer does not take. Rethrows anything else. */
export function describeRefusal(error: unknown): string {
  if (!(error instanceof EngineError) || error.retryable || !isRefused(error)) throw error;
  return error.message;
}

function isRefused({ status }: EngineError): boolean {
  return status !== null && readStatus(status) === 'refused';
}

function nameFailure({ status, timedOut, cause }: EngineError): string {
  if (status !== null) return `http_${status}`;
  if (timedOut) return 'timeout';
  // A call that was given up holds the failure of its last try.
  return cause instanceof EngineError ? 'no_answer' : 'odd_answer';
}

/** Repeated calls as metrics: in total, and for each cause that occurred. */
export function measureRetries(retries: RetryCounts): Record<string, number> {
  const repeated = RETRY_CAUSES.map((cause) => [cause, retries[cause]] as const);
  return {
    'engine/retries': repeated.reduce((sum, [, count]) => sum + count, 0),
    ...Object.fromEntries(
      repeated.filter(([, count]) => count > 0).map(([cause, count]) => [`engine/retries_${cause}`, count]),
    ),
  };
}

/** Step metrics of the engine calls between two looks at the policy; a cause that did not occur is left out. */
export function measureCalls(before: CallStats, after: CallStats): Record<string, number> {
  const between = RETRY_CAUSES.map((cause) => [cause, after.retries[cause] - before.retries[cause]]);
  return {
    ...measureRetries(Object.fromEntries(between)),
    'engine/limit': after.limit,
    'engine/limit_cuts': after.cuts - before.cuts,
  };
}

/** A few more problems than there are places, so that calls keep coming while answers are judged. */
const WORK_PER_CALL = 1.25;

/**
 * How many problems or groups may be in progress, each with at least one call of its own. If all were begun at once,
 * later calls of the first ones would queue behind the first calls of all others, and nothing would be finished, stored
 * and out of memory before the last of them had begun.
 */
export function countAtWork({ calls }: { readonly calls: Pick<CallPolicy, 'stats'> }): number {
  return Math.ceil(WORK_PER_CALL * calls.stats().limit);
}

/** How one version is put on an engine and taken off it. */
export interface WeightCalls {
  load(): Promise<void>;
  unload(): Promise<void>;
}

/** Loads a version; a name left over from an earlier process may hold other weights: it is replaced, never trusted. */
export async function replaceWeights({ load, unload }: WeightCalls): Promise<void> {
  try {
    await load();
  } catch (error) {
    if (!(error instanceof EngineError) || error.retryable || !/already/.test(error.message)) throw error;
    await unload();
    await load();
  }
}
