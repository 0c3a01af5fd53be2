/**
 * How many placements of trunk pieces are tried in all. A short piece ("Then") may occur in many places of
 * a solution, and only the contents of the blocks show which of them is meant.
 */
const MAX_TRIES = 500;

/** A word of a text; offsets are UTF-16 code units. */
interface Word {
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** Whether block `gap` holds what the stretch of the original says that it replaced. */
export type StretchCheck = (stretch: string, gap: number) => boolean;

/**
 * Looks for the trunk of an annotated text in its original, white space aside: the original begins with the first
 * piece and ends with the last, the others occur in order between them, and each piece but the first is preceded by a
 * stretch of at least one word, which a block has replaced. `changed`: no such reading exists. `refused`: one exists,
 * but none whose stretches all pass the check. Inner pieces must not be blank.
 */
export function alignTrunk(
  original: string,
  trunk: readonly string[],
  check: StretchCheck,
): 'aligned' | 'refused' | 'changed' {
  const words = splitWords(original);
  const pieces = trunk.map((piece) => splitWords(piece).map(({ text }) => text));
  let tries = 0;
  const place = (gap: number, from: number): ReturnType<typeof alignTrunk> => {
    const piece = pieces[gap + 1]!;
    const isLast = gap + 2 === pieces.length;
    let best: ReturnType<typeof alignTrunk> = 'changed';
    for (let at = isLast ? words.length - piece.length : from + 1; at <= words.length - piece.length; at += 1) {
      if (at <= from || !standsAt(words, piece, at)) continue;
      tries += 1;
      if (tries > MAX_TRIES) return best;
      const rest = isLast ? 'aligned' : place(gap + 1, at + piece.length);
      if (rest === 'changed') continue;
      const stretch = original.slice(words[from]!.at, words[at - 1]!.end);
      if (rest === 'aligned' && check(stretch, gap)) return 'aligned';
      best = 'refused';
    }
    return best;
  };
  const first = pieces[0]!;
  return standsAt(words, first, 0) ? place(0, first.length) : 'changed';
}

function splitWords(text: string): Word[] {
  return Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => ({
    text: word,
    at: index,
    end: index + word.length,
  }));
}

function standsAt(words: readonly Word[], piece: readonly string[], at: number): boolean {
  return at + piece.length <= words.length && piece.every((word, i) => words[at + i]!.text === word);
}
