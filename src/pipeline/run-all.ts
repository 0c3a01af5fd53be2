/** Items begun in one turn of the event loop: answers that arrive in the meantime must not wait for thousands of new items. */
const BEGUN_PER_TURN = 32;

/**
 * Runs `work` for all items, at most `width()` of them at once; without `width`, all at once. Items are taken from a
 * stream when there is room for them. When one fails, no other is begun, and those in progress are aborted (their signal
 * fires) and waited for, so that nothing still uses the engine or the store once the failure has been thrown.
 */
export async function runAll<T>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  width: () => number = () => Number.POSITIVE_INFINITY,
): Promise<void> {
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  const active = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const fail = (error: unknown) => {
    failure ??= { error };
    stop.abort(error);
  };
  let wake = () => {};
  let begun = 0;
  const begin = (item: T) => {
    const task: Promise<void> = work(item, combined)
      .catch(fail)
      .finally(() => {
        active.delete(task);
        wake();
      });
    active.add(task);
  };
  const makeRoom = async () => {
    while (failure === null && active.size >= Math.max(1, width())) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  try {
    for await (const item of items) {
      await makeRoom();
      if (failure !== null) break;
      begin(item);
      begun += 1;
      if (begun % BEGUN_PER_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(active);
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}
