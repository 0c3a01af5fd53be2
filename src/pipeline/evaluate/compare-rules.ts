import type { Verdict } from '../../core/verify/verdict.ts';
import { verify } from '../../core/verify/verify.ts';

/** An answer with the verdict on it. */
export interface RuledAnswer<Place> {
  /** Where it is, for whoever looks it up. */
  readonly place: Place;
  /** The references: whoever states one of them is right. */
  readonly golds: readonly [string, ...string[]];
  readonly text: string;
  readonly verdict: Verdict;
}

/** An answer that the two rules judge differently. */
export interface RuleDifference<Place> {
  readonly place: Place;
  /** The reference; several are joined by "or". */
  readonly gold: string;
  /** By our verifier, and by the reference's rule. */
  readonly ours: Verdict;
  readonly reference: Verdict;
}

/** Our verifier beside the string comparison of the reference implementation, answer by answer. */
export interface RuleComparison<Place> {
  readonly set: string;
  readonly judged: number;
  /** Right answers by each. */
  readonly ours: number;
  readonly reference: number;
  /** The first of those that differ, and how many there are. */
  readonly differing: readonly RuleDifference<Place>[];
  readonly differences: number;
}

/** Differences that are kept. */
const MAX_KEPT = 1000;

/**
 * Judges answers once more as the reference implementation of Parallel-R1 does (`reference-dapo`, docs/verification.md):
 * what stands behind the last `Final Answer:` of the last 300 characters, compared as a string. It judges answers that were
 * cut off too, as the reference does.
 */
export class RuleTally<Place> {
  readonly #set: string;
  readonly #differing: RuleDifference<Place>[] = [];
  #judged = 0;
  #ours = 0;
  #reference = 0;
  #differences = 0;

  constructor(set: string) {
    this.#set = set;
  }

  add({ place, golds, text, verdict }: RuledAnswer<Place>): void {
    const verdicts = golds.map((gold) => verify(gold, text, { mode: 'reference-dapo', structured: true }));
    const reference = verdicts.find((one) => one.verdict === 'correct') ?? verdicts[0]!;
    const [isOurs, isReference] = [verdict, reference].map((one) => one.verdict === 'correct');
    this.#judged += 1;
    this.#ours += Number(isOurs);
    this.#reference += Number(isReference);
    if (isOurs === isReference) return;
    this.#differences += 1;
    if (this.#differing.length < MAX_KEPT)
      this.#differing.push({ place, gold: golds.join(' or '), ours: verdict, reference });
  }

  finish(): RuleComparison<Place> {
    return {
      ...{ set: this.#set, judged: this.#judged, ours: this.#ours, reference: this.#reference },
      ...{ differing: this.#differing, differences: this.#differences },
    };
  }
}
