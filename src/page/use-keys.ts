import { useEffect, useRef } from 'preact/hooks';

/** Calls back for single keys that nobody types text with. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  // One listener that always finds what the newest picture means by a key: an effect of each picture would come too late.
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { target } = event;
      const isTyping =
        target instanceof HTMLInputElement ||
        target instanceof HTMLSelectElement ||
        target instanceof HTMLTextAreaElement;
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = current.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
