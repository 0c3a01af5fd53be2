/** Name and version of the verifier; stored with every verdict so that history can be re-scored. */
export const VERIFIER = 'math/7';

/** Something of a statement that was read over because it does not change the value, and what it was taken for. */
export interface Skipped {
  readonly what: /** "The area is" before the value. */
    | 'lead'
    | 'unit'
    | 'currency'
    /** A noun phrase behind a number. */
    | 'noun'
    /** `12th` as 12. */
    | 'ordinal'
    /** "about", `\approx`. */
    | 'approximation'
    /** "for all x", `(k \in \mathbb{Z})`. */
    | 'qualifier'
    /** In parentheses, or in a relative clause. */
    | 'remark'
    /** "because ...". */
    | 'reason'
    /** "instead of 5". */
    | 'contrast'
    /** Sentences behind the statement. */
    | 'rest';
  readonly text: string;
}

/** The judgement of one answer against one reference. `unparsable` earns what a wrong answer earns and is counted apart. */
export interface Verdict {
  readonly verdict: 'correct' | 'incorrect' | 'unparsable';
  /** The rule that decided: `text-equal`, `rational`, `probe`, `set`, ... */
  readonly rule: string;
  /**
   * Why it is unparsable, null otherwise: `no-answer`, `syntax`, `unparsable reference`, `unconfirmed`, `nonfinite`,
   * `limit:depth` and other bounds, `killed`.
   */
  readonly reason: string | null;
  /** The statement as found in the text; null when none was found. */
  readonly extracted: string | null;
  /** What of the statement was read over. Absent when nothing was, and in verdicts of version 2 and older. */
  readonly skipped?: readonly Skipped[];
  readonly verifier: string;
}

/** The reason of a verdict that doubles alone would have accepted: more digits are needed to be sure. */
export const UNCONFIRMED = 'unconfirmed';

/** Whether the values agree as far as doubles tell, and nothing better was at hand to confirm it. */
export function isUnconfirmed({ reason }: Verdict): boolean {
  return reason === UNCONFIRMED;
}
