import { hash } from 'node:crypto';

/** How a text relates to those before it. */
export interface Sighting {
  /** `duplicate`: it came before, always with this value. `conflict`: it has come with several values by now. */
  readonly kind: 'new' | 'duplicate' | 'conflict';
  /** Place of the first one. */
  readonly first: number;
  /** Whether the value is that of the first one. */
  readonly isSame: boolean;
}

/** How many texts came again. */
export interface RepeatCount {
  readonly distinct: number;
  /** Texts that came more than once, their rows, and how many of them had several values. */
  readonly texts: number;
  readonly rows: number;
  readonly conflicting: number;
}

interface Seen {
  readonly first: number;
  readonly value: string;
  rows: number;
  isConflicting: boolean;
}

/**
 * Finds texts that come again, with the same value or another: problems and their answers. It remembers the hashes of
 * texts: memory grows with distinct texts, by about a hundred bytes each, and not with rows or their length.
 */
export class RepeatFinder {
  readonly #seen = new Map<string, Seen>();
  readonly #conflicts = new Set<number>();
  #misjudged = 0;

  /** First places of texts that came with several values. */
  get conflicts(): ReadonlySet<number> {
    return this.#conflicts;
  }

  /** Rows that were called `duplicate` before their text came with another value. */
  get misjudged(): number {
    return this.#misjudged;
  }

  /** Judges the next text. */
  add(text: string, value: string, place: number): Sighting {
    const key = hash('sha256', text, 'base64');
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#seen.set(key, { first: place, value, rows: 1, isConflicting: false });
      return { kind: 'new', first: place, isSame: true };
    }
    const isSame = seen.value === value;
    if (!isSame && !seen.isConflicting) {
      seen.isConflicting = true;
      this.#misjudged += seen.rows - 1;
      this.#conflicts.add(seen.first);
    }
    seen.rows += 1;
    return { kind: seen.isConflicting ? 'conflict' : 'duplicate', first: seen.first, isSame };
  }

  count(): RepeatCount {
    const repeated = [...this.#seen.values()].filter(({ rows }) => rows > 1);
    return {
      distinct: this.#seen.size,
      texts: repeated.length,
      rows: repeated.reduce((sum, { rows }) => sum + rows, 0),
      conflicting: this.#conflicts.size,
    };
  }
}
