import { hashSeed, type Rng } from '../rng.ts';
import type { LevelSolutions } from './solutions.ts';
import { ITEMS, JOINTS, NAMES, pickWord } from './wording.ts';

/**
 * The level `check`: a difference of two-digit numbers, which may need a borrow or not. There are two candidates, ten
 * apart; each can be checked by adding back, digit by digit, in a path of its own, and the summary takes the one that fits.
 */
export interface Check {
  readonly kind: 'check';
  readonly from: number;
  readonly taken: number;
}

export const CHECK_JOINTS = { loses: 'loses', ask: '. How many are left?' } as const;

/** The tens digits are two apart or more, so that both candidates have two digits. */
const MIN_TENS_APART = 2;

/** Least ones digit of what is taken: most of the differences need a borrow then. */
const MIN_TAKEN_ONES = 5;

/** There are 1,400 pairs of numbers, in 64 wordings each, one in eight held out. Far fewer may be asked for. */
export const MAX_CHECKS = 5_000;

/** Draws a problem and its text: `Dan has 52 keys, then loses 27. How many are left?`. */
export function drawCheck(rng: Rng): { readonly text: string; readonly problem: Check } {
  const draw = (): Check => ({
    kind: 'check',
    from: 10 + rng.nextInt(90),
    taken: 10 * (1 + rng.nextInt(9)) + MIN_TAKEN_ONES + rng.nextInt(10 - MIN_TAKEN_ONES),
  });
  let problem = draw();
  while (countTensApart(problem) < MIN_TENS_APART) problem = draw();
  const { from, taken } = problem;
  const text = `${pickWord(NAMES, rng)}${JOINTS.has}${from} ${pickWord(ITEMS, rng)}${JOINTS.next}${CHECK_JOINTS.loses} ${taken}${CHECK_JOINTS.ask}`;
  return { text, problem };
}

/** One problem in a text, wherever it stands; every part is fixed or bounded. */
export const CHECK_PATTERN = new RegExp(
  `(?:${NAMES.join('|')})${JOINTS.has}([3-9]\\d) (?:${ITEMS.join('|')})${JOINTS.next}${CHECK_JOINTS.loses} ([1-7]\\d)\\. How many are left\\?`,
  'g',
);

/** What a match of the pattern says; null when the numbers are too close for two candidates of two digits. */
export function readCheck(match: RegExpMatchArray): Check | null {
  const problem: Check = { kind: 'check', from: Number(match[1]), taken: Number(match[2]) };
  return countTensApart(problem) < MIN_TENS_APART ? null : problem;
}

function countTensApart({ from, taken }: Check): number {
  return Math.floor(from / 10) - Math.floor(taken / 10);
}

/** Number the split is decided by. */
export function hashCheck({ from, taken }: Check): number {
  return hashSeed('word-sums/split/check', from, taken);
}

/** The ones of a candidate added back, then its tens and the carry, then the candidate itself: `7+5=12;1+2+3=6;35`. */
function addBack(candidate: number, { taken }: Check): string {
  const [tens, ones] = [Math.floor(candidate / 10), candidate % 10];
  const [takenTens, takenOnes] = [Math.floor(taken / 10), taken % 10];
  const sum = takenOnes + ones;
  const carry = Math.floor(sum / 10);
  return `${takenOnes}+${ones}=${sum};${carry}+${takenTens}+${tens}=${carry + takenTens + tens};${candidate}`;
}

/** The direct solution subtracts in one step; who thinks in turn tries the second candidate only if the first fails. */
export function solveCheck(problem: Check): LevelSolutions {
  const { from, taken } = problem;
  const answer = from - taken;
  const tens = countTensApart(problem);
  const ones = answer % 10;
  const candidates = [10 * tens + ones, 10 * (tens - 1) + ones];
  const paths = candidates.map((candidate) => addBack(candidate, problem));
  const summary = `${taken}+${answer}=${from}`;
  const tried = answer === candidates[0] ? paths.slice(0, 1) : paths;
  return {
    answer,
    parallel: { paths, summary, answer },
    direct: `${from}-${taken}=${answer}`,
    inTurn: { steps: `${tried.join(';')};${summary}`, answer },
  };
}
