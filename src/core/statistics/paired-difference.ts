import { computeMean, type Estimate, type EstimateOptions, estimateMean } from './estimate-mean.ts';
import { computePairedScoreInterval } from './paired-score.ts';
import { computeSignFlipP } from './sign-flip.ts';

/** A figure of one problem, between 0 and 1: mean@k, pass@k, maj@k. */
export interface ProblemValue {
  readonly problem: string;
  readonly value: number;
}

/** The second run compared with the first, on the problems that both have. */
export interface PairedDifference {
  /** Means over the shared problems. */
  readonly first: number;
  readonly second: number;
  /** Second minus first. `method` is `score` where every problem is solved or not in both runs. */
  readonly difference: Omit<Estimate, 'method'> & { readonly method: Estimate['method'] | 'score' };
  /** Chance of a difference this large in either direction if the runs were interchangeable on every problem: the exact sign-flip test, which for k = 1 is McNemar's. */
  readonly pValue: number;
  /** Problems on which the second run has the higher, the lower, the same figure. */
  readonly won: number;
  readonly lost: number;
  readonly same: number;
  /** Problems of one run that the other lacks; they are not compared. */
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
}

export type CompareOptions = Omit<EstimateOptions, 'range'>;

/**
 * Compares two runs problem by problem; null where they share none. The interval is Tango's score interval where every
 * figure is 0 or 1 (k = 1), otherwise what `options.method` says over the differences of the problems. RangeError where a
 * run names a problem twice.
 */
export function comparePaired(
  first: readonly ProblemValue[],
  second: readonly ProblemValue[],
  options: CompareOptions,
): PairedDifference | null {
  const ofFirst = indexValues(first);
  const ofSecond = indexValues(second);
  const pairs = first.flatMap(({ problem, value }) => {
    const other = ofSecond.get(problem);
    return other === undefined ? [] : [{ first: value, second: other }];
  });
  const differences = pairs.map((pair) => subtract(pair.second, pair.first));
  const estimate = estimateMean(differences, { ...options, range: [-1, 1] });
  if (estimate === null) return null;
  const won = differences.filter((difference) => difference > 0).length;
  const lost = differences.filter((difference) => difference < 0).length;
  const allOrNothing = pairs.every((pair) => isWhole(pair.first) && isWhole(pair.second));
  const counts = { problems: pairs.length, won, lost };
  return {
    first: computeMean(pairs.map((pair) => pair.first)),
    second: computeMean(pairs.map((pair) => pair.second)),
    difference: allOrNothing
      ? { ...estimate, ...computePairedScoreInterval(counts, options.level), method: 'score' }
      : estimate,
    pValue: computeSignFlipP(differences),
    won,
    lost,
    same: pairs.length - won - lost,
    onlyFirst: [...ofFirst.keys()].filter((problem) => !ofSecond.has(problem)),
    onlySecond: [...ofSecond.keys()].filter((problem) => !ofFirst.has(problem)),
  };
}

/** A difference in the last digits alone counts as none. */
function subtract(a: number, b: number): number {
  return Math.abs(a - b) < 1e-9 ? 0 : a - b;
}

function isWhole(value: number): boolean {
  return value === 0 || value === 1;
}

function indexValues(values: readonly ProblemValue[]): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  for (const { problem, value } of values) {
    if (index.has(problem)) throw new RangeError(`problem ${problem} occurs twice in one run; a pair needs one figure`);
    index.set(problem, value);
  }
  return index;
}
