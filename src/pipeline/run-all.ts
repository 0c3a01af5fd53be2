/**
 * Runs `work` for all items at once. When one fails, the others are told to stop (their signal fires) and
 * waited for, so that nothing still uses the engine or the store after the failure was thrown.
 */
export async function runAll<T>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  let failure: { readonly error: unknown } | null = null;
  await Promise.all(
    items.map((item) =>
      work(item, combined).catch((error: unknown) => {
        failure ??= { error };
        stop.abort(error);
      }),
    ),
  );
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}
