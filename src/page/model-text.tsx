import { useState } from 'preact/hooks';
import { count, showText } from './wording.ts';

/** Characters that are shown before somebody asks for the rest: a browser lays out a megabyte slowly. */
const FIRST = 20_000;

/** Text that somebody else wrote: always a text node, its direction its own, every character visible. */
export function ModelText({ text, block = false }: { readonly text: string; readonly block?: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? text : text.slice(0, FIRST);
  const rest = text.length - shown.length;
  const more = rest > 0 && (
    <button type="button" class="more" onClick={() => setWhole(true)}>
      {count(rest)} more characters
    </button>
  );
  if (!block) {
    return (
      <>
        <bdi>{showText(shown)}</bdi>
        {more}
      </>
    );
  }
  return (
    <div class="model">
      <bdi>{showText(shown)}</bdi>
      {more}
    </div>
  );
}
