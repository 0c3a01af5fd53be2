import { TAGS } from '../grammar.ts';
import { findTags } from './find-tags.ts';
import { AT_END, type TagListener, type TagScanner } from './tag-stream.ts';

const LONGEST_TAG = Math.max(...TAGS.map((tag) => tag.length));

/** Finds tags in text that comes in chunks; a tag may be split across any number of them. Offsets are UTF-16 code units. */
export class TextScanner implements TagScanner<string> {
  /** The beginning of what may become a tag. */
  #held = '';
  /** Offset of `#held`. */
  #at = 0;

  push(chunk: string, listener: TagListener): void {
    const buffer = this.#held + chunk;
    const base = this.#at;
    let from = 0;
    for (const { tag, at, end } of findTags(buffer)) {
      emitText(listener, buffer.slice(from, at), base + from);
      listener.tag({ tag, at: base + at, end: base + end });
      from = end;
    }
    const to = findHeld(buffer, from);
    emitText(listener, buffer.slice(from, to), base + from);
    this.#held = buffer.slice(to);
    this.#at = base + to;
  }

  finish(listener: TagListener): number {
    const from = this.#at;
    const to = from + this.#held.length;
    // What is held begins with "<", and until now it could have been a tag.
    if (to > from) listener.text({ content: this.#held, from, to, ink: from, seen: AT_END });
    this.#held = '';
    this.#at = to;
    return to;
  }
}

/** Hands a whole text to a listener. */
export function scanText(text: string, listener: TagListener): void {
  const scanner = new TextScanner();
  scanner.push(text, listener);
  scanner.finish(listener);
}

function emitText(listener: TagListener, content: string, from: number): void {
  if (content === '') return;
  const ink = content.search(/\S/);
  const to = from + content.length;
  if (ink < 0) listener.text({ content, from, to, ink: null, seen: to });
  else listener.text({ content, from, to, ink: from + ink, seen: from + ink + measureTagBeginning(content, ink) + 1 });
}

/** Index from which the buffer could go on to be a tag; its length when nowhere. */
function findHeld(buffer: string, from: number): number {
  const tailAt = Math.max(from, buffer.length - LONGEST_TAG + 1);
  const open = buffer.slice(tailAt).lastIndexOf('<');
  if (open < 0) return buffer.length;
  const tail = buffer.slice(tailAt + open);
  return TAGS.some((tag) => tag.startsWith(tail)) ? tailAt + open : buffer.length;
}

/** Length of the longest beginning of a tag that stands at an index; 0 for none. */
function measureTagBeginning(content: string, at: number): number {
  if (content[at] !== '<') return 0;
  let length = 1;
  while (TAGS.some((tag) => tag.startsWith(content.slice(at, at + length + 1)))) {
    if (at + length >= content.length) break;
    length += 1;
  }
  return length;
}
