import type { Tag } from '../grammar.ts';

/** Content without a tag, as much of it as came at once; offsets in the unit of the source. */
export interface TextPiece {
  /** The text itself, or token ids written so that white space is white space and equal ids are equal text. */
  readonly content: string;
  readonly from: number;
  readonly to: number;
  /** Offset of the first unit that is not blank; null when all are. */
  readonly ink: number | null;
  /** Length of the shortest prefix of the source that decides that `ink` is text and no beginning of a tag. */
  readonly seen: number;
}

/** Who listens to a source: pieces of text and tags in order; two pieces may follow one another. */
export interface TagListener {
  text(piece: TextPiece): void;
  tag(match: TagMatch): void;
}

/** Cuts a source that comes in chunks into pieces and tags. Never throws; work is linear, memory constant. */
export interface TagScanner<Chunk> {
  push(chunk: Chunk, listener: TagListener): void;
  /** Hands on what was held back; to be called once. Returns the length of the source. */
  finish(listener: TagListener): number;
}

/** Where violations go. `seen`: length of the shortest prefix of the source that makes one certain. */
export interface ViolationSink<Code> {
  report(code: Code, at: number, seen: number): void;
  /** Says that no continuation is valid any more, though the code depends on what follows. */
  doom(seen: number): void;
}

/** The `seen` of what only the end of the source decides. */
export const AT_END = Number.POSITIVE_INFINITY;

/** One tag as it stands in a source; offsets in its unit (text: UTF-16 code units), `end` is exclusive. */
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

/** Stretches of trunk text, tags excluded; every tag ends one. */
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

/** `<Parallel>` tags in a text, whatever comes of them. */
export function countOpenTags(text: string): number {
  let count = 0;
  for (let at = text.indexOf('<Parallel>'); at >= 0; at = text.indexOf('<Parallel>', at + 1)) count += 1;
  return count;
}
