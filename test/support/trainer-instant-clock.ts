import type { Clock } from '../../src/ports/clock.ts';

/** A clock whose pauses pass at once and are remembered: tests of waiting neither wait nor look at a watch. */
export interface InstantClock extends Clock {
  /** Every pause asked for, in milliseconds. */
  readonly pauses: readonly number[];
}

export function createInstantClock(): InstantClock {
  const pauses: number[] = [];
  let nowMs = 1_000_000;
  return {
    pauses,
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
      nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}
