/** A match of a pattern; offsets are UTF-16 code units of the source, `end` is exclusive. */
export interface PieceMatch {
  readonly at: number;
  readonly end: number;
  /** Length of the shortest prefix of the source that makes the match certain; null: the end of the stretch does. */
  readonly seen: number | null;
}

/**
 * Searches a pattern in stretches of text that come in pieces, with the matches of a search in each
 * whole stretch. The pattern's matches must be of bounded length; linear work, constant memory.
 */
export class PieceSearch {
  readonly #pattern: RegExp;
  readonly #reach: number;
  readonly #looksAhead: boolean;
  /** The end of the stretch so far: a match that is not complete begins in it, not with its first unit. */
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
