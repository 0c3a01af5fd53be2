import { hash } from 'node:crypto';

/** What a problem means beside those before it. */
export type Repeat = 'new' | 'duplicate' | 'conflict';

interface Seen {
  /** Place of the first row of this text among the rows kept. */
  readonly place: number;
  readonly answer: string;
  conflicting: boolean;
  /** Repeats met while the answers agreed. */
  duplicates: number;
}

/**
 * Remembers problems by the hash of their text: memory grows with distinct problems, by about a
 * hundred bytes each, and not with rows or their length.
 */
export class RepeatFinder {
  readonly #seen = new Map<string, Seen>();
  readonly #conflicts = new Set<number>();
  #misjudged = 0;

  /** Number of distinct texts. */
  get distinct(): number {
    return this.#seen.size;
  }

  /** Places whose text came again with another answer. */
  get conflicts(): ReadonlySet<number> {
    return this.#conflicts;
  }

  /** Rows that were called `duplicate` before their text came with another answer. */
  get misjudged(): number {
    return this.#misjudged;
  }

  /** Judges the next problem; `place` is the one it would be kept at. */
  add(problem: string, answer: string, place: number): Repeat {
    const key = hash('sha256', problem, 'base64');
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#seen.set(key, { place, answer, conflicting: false, duplicates: 0 });
      return 'new';
    }
    if (seen.answer !== answer && !seen.conflicting) {
      seen.conflicting = true;
      this.#misjudged += seen.duplicates;
      this.#conflicts.add(seen.place);
    }
    if (seen.conflicting) return 'conflict';
    seen.duplicates += 1;
    return 'duplicate';
  }
}
