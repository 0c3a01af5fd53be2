import { useEffect, useState } from 'preact/hooks';

/** Something that was asked for: what came, or why nothing did. While it is asked for again the last answer stays. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: string | null;
}

/** Loads what belongs to a key, again when the key or the version changes, which is a number or a text that says what is new. A new key forgets the answer to the old one. */
export function useLoaded<T>(key: string, version: number | string, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Loaded<T> & { readonly key: string }>({ key, value: undefined, error: null });
  // `load` is made anew each time; the key says what it loads.
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setState({ key, value, error: null }),
      (error: unknown) =>
        isCurrent && setState({ key, value: undefined, error: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, version]);
  return state.key === key ? state : { value: undefined, error: null };
}
