/**
 * Runs `work` for all items, at most `width()` of them at once; without it all at once. When one fails, no other is
 * begun, those at work are told to stop (their signal fires) and waited for, so that nothing still uses the engine or
 * the store after the failure was thrown.
 */
export async function runAll<T>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  width: () => number = () => items.length,
): Promise<void> {
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  let failure: { readonly error: unknown } | null = null;
  let next = 0;
  let active = 0;
  await new Promise<void>((resolve) => {
    const begin = () => {
      while (failure === null && next < items.length && active < Math.max(1, width())) {
        const item = items[next]!;
        next += 1;
        active += 1;
        work(item, combined)
          .catch((error: unknown) => {
            failure ??= { error };
            stop.abort(error);
          })
          .finally(() => {
            active -= 1;
            begin();
          });
      }
      if (active === 0) resolve();
    };
    begin();
  });
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}
