/** Name and version of the verifier; stored with every verdict so that history can be re-scored. */
export const VERIFIER = 'math/1';

/** The judgement of one answer against one reference. `unparsable` earns what a wrong answer earns and is counted apart. */
export interface Verdict {
  readonly verdict: 'correct' | 'incorrect' | 'unparsable';
  /** The rule that decided (`text-equal`, `rational`, `probe`, ...). */
  readonly rule: string;
  /** Why it is unparsable (`no-answer`, `syntax`, `limit:depth`, `nonfinite`, `killed`); null otherwise. */
  readonly reason: string | null;
  /** The answer as found in the text; null when none was found. */
  readonly extracted: string | null;
  readonly verifier: string;
}
