import type { Tag } from '../grammar.ts';

/** One tag as it stands in a text; offsets are UTF-16 code units, `end` is exclusive. */
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
 * Stretches of trunk text: everything outside `<Parallel>…</Parallel>` and `<Summary>…</Summary>`,
 * tags excluded. Works on malformed text too: an opener that is never closed hides the rest.
 */
export function findTrunkRanges(text: string, tags: readonly TagMatch[]): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let from = 0;
  let closer: Tag | null = null;
  for (const { tag, at, end } of tags) {
    if (closer === null) {
      if (at > from) ranges.push([from, at]);
      if (tag === '<Parallel>') closer = '</Parallel>';
      if (tag === '<Summary>') closer = '</Summary>';
      from = end;
    } else if (tag === closer) {
      closer = null;
      from = end;
    }
  }
  if (closer === null && from < text.length) ranges.push([from, text.length]);
  return ranges;
}

/** `<Parallel>` tags in a text, whatever comes of them. */
export function countOpenTags(text: string): number {
  let count = 0;
  for (let at = text.indexOf('<Parallel>'); at >= 0; at = text.indexOf('<Parallel>', at + 1)) count += 1;
  return count;
}
