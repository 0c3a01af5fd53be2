/** Name and version of the verifier; stored with every verdict so that history can be re-scored. */
export const VERIFIER = 'math/2';

/** The judgement of one answer against one reference. `unparsable` earns what a wrong answer earns and is counted apart. */
export interface Verdict {
  readonly verdict: 'correct' | 'incorrect' | 'unparsable';
  /** The rule that decided (`text-equal`, `rational`, `probe`, ...); see `isUnconfirmed` for one that is followed by `-unconfirmed`. */
  readonly rule: string;
  /** Why it is unparsable (`no-answer`, `syntax`, `limit:depth`, `nonfinite`, `unconfirmed`, `killed`); null otherwise. */
  readonly reason: string | null;
  /** The answer as found in the text; null when none was found. */
  readonly extracted: string | null;
  readonly verifier: string;
}

/** Ending of the rule of a verdict that rests on doubles alone. */
export const UNCONFIRMED = '-unconfirmed';

/** Whether an accepted answer agrees as far as doubles tell, and more digits are needed to be sure. */
export function isUnconfirmed({ rule }: Verdict): boolean {
  return rule.endsWith(UNCONFIRMED);
}
