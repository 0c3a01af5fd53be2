import { TAGS, type Tag } from '../grammar.ts';

/** Content without a tag, as much of it as arrived at once; offsets in the unit of the source. */
export interface TextPiece {
  /** The text itself, or token ids written so that white space is white space and equal ids are equal text. */
  readonly content: string;
  readonly from: number;
  readonly to: number;
  /** Offset of the first unit that is not blank; null when all are. */
  readonly ink: number | null;
  /** Length of the shortest prefix of the source that shows `ink` to be text rather than the beginning of a tag. */
  readonly seen: number;
}

/** Receives the pieces of text and the tags of a source in order; two pieces may follow one another. */
export interface TagListener {
  text(piece: TextPiece): void;
  tag(match: TagMatch): void;
}

/** Cuts a source that arrives in chunks into pieces and tags. Never throws; work is linear, memory constant. */
export interface TagScanner<Chunk> {
  push(chunk: Chunk, listener: TagListener): void;
  /** Hands on what was held back; to be called once. Returns the length of the source. */
  finish(listener: TagListener): number;
}

/** Where violations go. `seen`: length of the shortest prefix of the source that makes one certain. */
export interface ViolationSink<Code> {
  report(code: Code, at: number, seen: number): void;
  /** Says that no continuation can be valid any more, though which fault it is depends on what follows. */
  doom(seen: number): void;
}

/** The `seen` of what only the end of the source decides. */
export const AT_END = Number.POSITIVE_INFINITY;

/** One tag in a source; offsets in its unit (text: UTF-16 code units), `end` is exclusive. */
export interface TagMatch {
  readonly tag: Tag;
  readonly at: number;
  readonly end: number;
}

/** All exact, case-sensitive occurrences of the six tags, in order. Linear in the length of the text. */
export function findTags(text: string): TagMatch[] {
  const found: TagMatch[] = [];
  for (const match of text.matchAll(/<\/?(?:Parallel|Path|Summary)>/g)) {
    found.push({ tag: match[0] as Tag, at: match.index, end: match.index + match[0].length });
  }
  return found;
}

/**
 * Follows tags and says whether what comes next is trunk text: everything outside
 * `<Parallel>…</Parallel>` and `<Summary>…</Summary>`. Works on malformed input too: an opener that is
 * never closed hides the rest.
 */
export class TrunkTracker {
  #closer: Tag | null = null;

  get isTrunk(): boolean {
    return this.#closer === null;
  }

  accept(tag: Tag): void {
    if (tag === this.#closer) this.#closer = null;
    else if (this.#closer !== null) return;
    else if (tag === '<Parallel>') this.#closer = '</Parallel>';
    else if (tag === '<Summary>') this.#closer = '</Summary>';
  }
}

/** Stretches of trunk text without tags; every tag ends one. */
export function findTrunkRanges(text: string, tags: readonly TagMatch[]): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  const trunk = new TrunkTracker();
  let from = 0;
  for (const { tag, at, end } of tags) {
    if (trunk.isTrunk && at > from) ranges.push([from, at]);
    trunk.accept(tag);
    from = end;
  }
  if (trunk.isTrunk && from < text.length) ranges.push([from, text.length]);
  return ranges;
}

/** Number of `<Parallel>` tags in a text, well-formed or not. */
export function countOpenTags(text: string): number {
  let count = 0;
  for (let at = text.indexOf('<Parallel>'); at >= 0; at = text.indexOf('<Parallel>', at + 1)) count += 1;
  return count;
}

const LONGEST_TAG = Math.max(...TAGS.map((tag) => tag.length));

/** Finds tags in text that arrives in chunks; a tag may be split across any number of them. Offsets are UTF-16 code units. */
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

/** Length of the longest beginning of a tag at an index; 0 for none. */
function measureTagBeginning(content: string, at: number): number {
  if (content[at] !== '<') return 0;
  let length = 1;
  while (TAGS.some((tag) => tag.startsWith(content.slice(at, at + length + 1)))) {
    if (at + length >= content.length) break;
    length += 1;
  }
  return length;
}

/** A match of a pattern; offsets are UTF-16 code units of the source, `end` is exclusive. */
export interface PieceMatch {
  readonly at: number;
  readonly end: number;
  /** Length of the shortest prefix of the source that makes the match certain; null where only the end of the stretch does. */
  readonly seen: number | null;
}

/**
 * Searches for a pattern in stretches of text that arrive in pieces, and finds what a search of each
 * whole stretch would find. The pattern's matches must be of bounded length; linear work, constant memory.
 */
export class PieceSearch {
  readonly #pattern: RegExp;
  readonly #reach: number;
  readonly #looksAhead: boolean;
  /** The end of the stretch so far: an incomplete match begins in it, after its first unit. */
  #tail = '';
  #tailAt = 0;
  /** Offset from which the next match may begin. */
  #next = 0;

  /** `reach` is the length of the longest match; `looksAhead` says that a match depends on the unit after it (`\b`). */
  constructor(pattern: RegExp, reach: number, looksAhead: boolean) {
    this.#pattern = new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`);
    this.#reach = reach;
    this.#looksAhead = looksAhead;
  }

  /** Matches that the next piece of the stretch makes certain. */
  add(content: string, from: number): PieceMatch[] {
    if (this.#tail === '') this.#tailAt = from;
    const buffer = this.#tail + content;
    const base = this.#tailAt;
    const found = this.#search(buffer, base, false);
    const cut = Math.max(0, buffer.length - this.#reach - 1);
    this.#tail = buffer.slice(cut);
    this.#tailAt = base + cut;
    if (cut > 0) this.#next = Math.max(this.#next, this.#tailAt + 1);
    return found;
  }

  /** Matches that the end of the stretch makes certain; a new stretch begins. */
  close(): PieceMatch[] {
    const found = this.#looksAhead && this.#tail !== '' ? this.#search(this.#tail, this.#tailAt, true) : [];
    this.#tail = '';
    this.#next = 0;
    return found;
  }

  #search(buffer: string, base: number, isWhole: boolean): PieceMatch[] {
    const found: PieceMatch[] = [];
    this.#pattern.lastIndex = Math.max(0, this.#next - base);
    for (let match = this.#pattern.exec(buffer); match !== null; match = this.#pattern.exec(buffer)) {
      const end = match.index + match[0].length;
      const isOpen = this.#looksAhead && end === buffer.length;
      if (isOpen && !isWhole) break;
      const seen = isOpen ? null : base + end + (this.#looksAhead ? 1 : 0);
      found.push({ at: base + match.index, end: base + end, seen });
      this.#next = base + end;
    }
    return found;
  }
}
