/**
 * Lets many follow one signal through one listener: a signal that has thousands of listeners takes time in proportion
 * to add or remove another.
 */
export class SignalFollowers {
  readonly #groups = new WeakMap<AbortSignal, Group>();

  /** Calls `act` when the signal fires. Returns how to stop following; a signal nobody follows keeps no listener. */
  follow(signal: AbortSignal, act: () => void): () => void {
    const group = this.#groups.get(signal) ?? this.#listen(signal);
    // One entry per follower, though the same function may follow twice.
    const entry = { act };
    group.entries.add(entry);
    return () => {
      if (!group.entries.delete(entry) || group.entries.size > 0) return;
      signal.removeEventListener('abort', group.listener);
      if (this.#groups.get(signal) === group) this.#groups.delete(signal);
    };
  }

  #listen(signal: AbortSignal): Group {
    const entries = new Set<{ readonly act: () => void }>();
    const listener = () => {
      for (const { act } of [...entries]) act();
    };
    const group = { entries, listener };
    this.#groups.set(signal, group);
    signal.addEventListener('abort', listener, { once: true });
    return group;
  }
}

interface Group {
  readonly entries: Set<{ readonly act: () => void }>;
  readonly listener: () => void;
}

/**
 * Runs `work` with a signal of its own that follows `signal` and is aborted when `work` fails: nothing it started
 * goes on, and no listener stays behind on a signal that lives as long as the run.
 */
export async function withLinkedAbort<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const own = new AbortController();
  const follow = () => own.abort(signal?.reason);
  signal?.addEventListener('abort', follow, { once: true });
  try {
    return await work(own.signal);
  } catch (error) {
    own.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', follow);
  }
}
