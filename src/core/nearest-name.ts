/** Longest name that is compared; what is longer is no typing mistake. */
const MAX_COMPARED = 60;

/**
 * The known name a typing mistake most likely meant, or null when none is near: at most two edits
 * (a third of the letters in short names), upper and lower case alike. Ties go to the first.
 */
export function findNearestName(name: string, known: readonly string[]): string | null {
  if (name.length > MAX_COMPARED) return null;
  let nearest: string | null = null;
  let best = Math.max(1, Math.min(2, Math.floor(name.length / 3)));
  for (const candidate of known) {
    const distance = computeEditDistance(name.toLowerCase(), candidate.toLowerCase());
    const isNearer = nearest === null ? distance <= best : distance < best;
    if (!isNearer) continue;
    nearest = candidate;
    best = distance;
  }
  return nearest ?? known.find((candidate) => isPartOf(name, candidate)) ?? null;
}

/** `apiKey` for `apiKeyEnv`, `url` for `urls`, `steps` for `maxSteps`. */
function isPartOf(name: string, candidate: string): boolean {
  const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
  if (Math.min(a.length, b.length) < 3) return false;
  return a.includes(b) || b.includes(a);
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other. */
export function computeEditDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
