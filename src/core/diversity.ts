/** How different texts are, by the words they put next to each other. Bounded: only the first part of a text is looked at. */

/** Words in a run that is compared. */
const SHINGLE = 3;

/** Words of a text that are looked at. */
const MAX_WORDS = 4096;

/** The runs of three words in a text; a shorter text is one run. */
export function listShingles(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
  const size = Math.min(SHINGLE, Math.max(1, words.length));
  const shingles = new Set<string>();
  const last = Math.min(words.length, MAX_WORDS) - size;
  for (let i = 0; i <= last; i += 1) shingles.add(words.slice(i, i + size).join(' '));
  return shingles;
}

/** Jaccard distance of two sets, from 0 (equal) to 1 (nothing shared). */
export function computeDistance(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 0;
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const item of small) if (large.has(item)) shared += 1;
  return 1 - shared / (a.size + b.size - shared);
}

/** Contents of the paths of a well-formed text. */
function listPathTexts(text: string): string[] {
  return text
    .split('<Path>')
    .slice(1)
    .map((part) => part.split('</Path>', 1)[0]!);
}

/**
 * How much the paths of a text differ: the mean distance over all pairs of paths, 0 where there are fewer than two.
 */
export function measurePathDiversity(text: string): number {
  const paths = listPathTexts(text).map(listShingles);
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < paths.length; i += 1) {
    for (let j = i + 1; j < paths.length; j += 1) {
      sum += computeDistance(paths[i]!, paths[j]!);
      pairs += 1;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

/**
 * Indices of up to `count` texts, the most diverse first: one whose own paths differ most, then again and again the one
 * farthest from those taken. Ties go to the earlier text.
 */
export function pickDiverse(texts: readonly string[], count: number): number[] {
  const shingles = texts.map(listShingles);
  const own = texts.map(measurePathDiversity);
  const nearest = texts.map(() => 1);
  const taken: number[] = [];
  while (taken.length < Math.min(count, texts.length)) {
    let best = -1;
    for (let i = 0; i < texts.length; i += 1) {
      if (taken.includes(i)) continue;
      if (best < 0 || isAhead([nearest[i]!, own[i]!], [nearest[best]!, own[best]!])) best = i;
    }
    taken.push(best);
    for (let i = 0; i < texts.length; i += 1) {
      nearest[i] = Math.min(nearest[i]!, computeDistance(shingles[i]!, shingles[best]!));
    }
  }
  return taken;
}

function isAhead([a, ownA]: readonly [number, number], [b, ownB]: readonly [number, number]): boolean {
  return a > b || (a === b && ownA > ownB);
}
