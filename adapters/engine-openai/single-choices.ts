const SEED_LIMIT = 2 ** 31;

/**
 * One request per choice, each with a seed of its own, for servers that ignore `n`; in choice order. One that
 * fails ends the others.
 */
export function askSingly<R extends { readonly n: number; readonly seed: number }, T>(
  request: R,
  signal: AbortSignal | undefined,
  ask: (part: R, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const parts = Array.from({ length: request.n }, (_, i) => ({
    ...request,
    n: 1,
    seed: (request.seed + i) % SEED_LIMIT,
  }));
  return withLinkedAbort(signal, (linked) => Promise.all(parts.map((part) => ask(part, linked))));
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
