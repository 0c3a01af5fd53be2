import type { Clock } from '../../src/ports/clock.ts';
import { HubFailure } from './hub-failure.ts';

/** Calls in a row without progress before giving up. */
const MAX_CALLS = 6;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** A longer pause than this is not waited for: the user is told instead. */
const MAX_ASKED_MS = 10 * 60_000;

/** How repeating is done: time, a way to stop, and who hears of pauses. */
export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (message: string) => void;
}

/**
 * Calls until it succeeds: after a retryable `HubFailure` it pauses as asked, or longer each time.
 * `progress` returns a number that grows while calls get somewhere (bytes that arrived): a call that
 * made it grow does not count. Rejects with the last failure.
 */
export async function tryAgain<T>(call: () => Promise<T>, patience: Patience, progress = () => 0): Promise<T> {
  let reached = progress();
  for (let calls = 1; ; calls += 1) {
    patience.signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      patience.signal.throwIfAborted();
      if (!(error instanceof HubFailure) || !error.retryable) throw error;
      if (progress() > reached) calls = 1;
      reached = progress();
      const pauseMs = error.retryAfterMs ?? Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (calls - 1));
      if (calls >= MAX_CALLS || pauseMs > MAX_ASKED_MS) throw error;
      patience.tell(`${error.message}; again in ${Math.ceil(pauseMs / 1_000)} s`);
      await patience.clock.sleep(pauseMs, patience.signal);
    }
  }
}
