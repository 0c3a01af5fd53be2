/**
 * What a thread is working on, in memory it shares with the pool: a stuck thread answers no message, and its
 * deadline must count from the moment it took up the case.
 */

/** Not judging: starting, waiting, or loading something. */
const NO_CASE = -1;

/** The clock of one thread: it writes, the pool reads. */
export interface CaseClock {
  readonly shared: SharedArrayBuffer;
  /** Position in its batch of the case that is being judged, null between cases. */
  readCurrent(): number | null;
  /** When the thread last took up a case or put one down, in nanoseconds of `process.hrtime`. */
  readSince(): bigint;
  begin(position: number): void;
  pause(): void;
}

/** Opens the clock in memory shared with another thread, or in memory of its own. */
export function openCaseClock(shared = createMemory()): CaseClock {
  const current = new Int32Array(shared, 0, 1);
  const since = new BigInt64Array(shared, 8, 1);
  const set = (position: number) => {
    // In this order: the pool may see an old case with a new time, never the other way round.
    Atomics.store(since, 0, process.hrtime.bigint());
    Atomics.store(current, 0, position);
  };
  return {
    shared,
    readCurrent: () => {
      const position = Atomics.load(current, 0);
      return position === NO_CASE ? null : position;
    },
    readSince: () => Atomics.load(since, 0),
    begin: set,
    pause: () => set(NO_CASE),
  };
}

function createMemory(): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(16);
  openCaseClock(shared).pause();
  return shared;
}
