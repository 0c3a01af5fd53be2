/** Lints on the paths of one block. Each returns the index of the path, and the offset in it, or null. */
export interface PathPlace {
  readonly path: number;
  readonly offset: number;
}

const ORDER_WORDS =
  /\b(?:first|second|third|previous|preceding|other|earlier|next|above) path\b|\bpath (?:\d|one\b|two\b|three\b)/i;

/** A path that speaks of another one, or of its own number. */
export function findOrderWords(contents: readonly string[]): PathPlace | null {
  for (const [path, content] of contents.entries()) {
    const offset = content.search(ORDER_WORDS);
    if (offset >= 0) return { path, offset };
  }
  return null;
}

/** Paths compared per block: the number of pairs must stay small whatever the block holds. */
const MAX_COMPARED_PATHS = 8;
const NEAR_DUPLICATE_SHARE = 0.9;

/** A path that shares nearly all its words with an earlier sibling. */
export function findNearDuplicate(contents: readonly string[]): PathPlace | null {
  const words = contents.slice(0, MAX_COMPARED_PATHS).map(countWords);
  for (let b = 1; b < words.length; b += 1) {
    for (let a = 0; a < b; a += 1) {
      if (measureOverlap(words[a]!, words[b]!) >= NEAR_DUPLICATE_SHARE) return { path: b, offset: 0 };
    }
  }
  return null;
}

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Shared words over all words of both, as multisets. */
function measureOverlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  let total = 0;
  for (const [word, count] of a) {
    shared += Math.min(count, b.get(word) ?? 0);
    total += count;
  }
  for (const count of b.values()) total += count;
  return total === 0 ? 0 : (2 * shared) / total;
}
