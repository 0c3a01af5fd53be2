import type { Tag } from '../grammar.ts';

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
