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
