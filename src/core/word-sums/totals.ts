import { hashSeed, type Rng } from '../rng.ts';
import { type LevelSolutions, sumOperands, writeRunningSums } from './solutions.ts';
import { ITEMS, JOINTS, NAMES, pickWord, VERBS } from './wording.ts';

/**
 * The level `totals`: what two persons have, together or apart. The two totals do not depend on each other, so each
 * can be a path of its own; the summary adds or subtracts them.
 */
export interface Totals {
  readonly kind: 'totals';
  /** What each of the two persons has, in the order of the text; one-digit numbers. */
  readonly parts: readonly [readonly number[], readonly number[]];
  /** All of it, or how far the two are apart. */
  readonly asks: 'total' | 'difference';
}

/** Numbers each person has, from 1 to 6: totals of two persons are then few enough for a tiny model to learn their sums. */
const PART_LENGTH = 3;
const MAX_DIGIT = 6;

/** Ends a person's sentence when another one follows; asks for the difference. */
export const TOTALS_JOINTS = { next: '. ', ask: '. How many more does one have than the other?' } as const;

/** Draws a problem and its text: `Dan has 7 keys, then makes 8, then wins 5. Eve has 9 keys, ...`. The two totals differ. */
export function drawTotals(rng: Rng): { readonly text: string; readonly problem: Totals } {
  const draw = () => Array.from({ length: PART_LENGTH }, () => 1 + rng.nextInt(MAX_DIGIT));
  let parts: Totals['parts'] = [draw(), draw()];
  while (sumOperands(parts[0]) === sumOperands(parts[1])) parts = [draw(), draw()];
  const asks = rng.nextInt(2) === 0 ? 'total' : 'difference';
  const first = rng.nextInt(NAMES.length);
  const second = (first + 1 + rng.nextInt(NAMES.length - 1)) % NAMES.length;
  const item = pickWord(ITEMS, rng);
  const tell = (name: string, numbers: readonly number[]) =>
    `${name}${JOINTS.has}${numbers[0]} ${item}` +
    numbers
      .slice(1)
      .map((number) => `${JOINTS.next}${pickWord(VERBS, rng)} ${number}`)
      .join('');
  const sentences = [tell(NAMES[first]!, parts[0]), tell(NAMES[second]!, parts[1])];
  const ask = asks === 'total' ? JOINTS.ask : TOTALS_JOINTS.ask;
  return { text: sentences.join(TOTALS_JOINTS.next) + ask, problem: { kind: 'totals', parts, asks } };
}

const PERSON = `(?:${NAMES.join('|')})${JOINTS.has}([1-9]) (?:${ITEMS.join('|')})((?:${JOINTS.next}(?:${VERBS.join('|')}) [1-9]){${PART_LENGTH - 1}})`;

/** One problem in a text, wherever it stands; every part is fixed or bounded. */
export const TOTALS_PATTERN = new RegExp(
  `${PERSON}\\. ${PERSON}\\. How many (?:(in all)|more does one have than the other)\\?`,
  'g',
);

/** What a match of the pattern says. */
export function readTotals([, a, more, b, further, inAll]: RegExpMatchArray): Totals {
  const read = (first: string, rest: string) => [Number(first), ...(rest.match(/\d/g) ?? []).map(Number)];
  const parts = [read(a!, more!), read(b!, further!)] as const;
  return { kind: 'totals', parts, asks: inAll === undefined ? 'difference' : 'total' };
}

/** Number the split is decided by: the same for the two persons in either order, and for the numbers of each. */
export function hashTotals({ parts }: Totals): number {
  const sorted = parts.map((numbers) => numbers.toSorted((a, b) => a - b).join('+')).sort();
  return hashSeed('word-sums/split/totals', ...sorted);
}

/** One total in each path. The direct solution works out one after the other, and so does who thinks in turn. */
export function solveTotals({ parts, asks }: Totals): LevelSolutions {
  const sums = parts.map(sumOperands);
  const [large, small] = [Math.max(...sums), Math.min(...sums)];
  const answer = asks === 'total' ? large + small : large - small;
  const summary = asks === 'total' ? `${sums[0]}+${sums[1]}=${answer}` : `${large}-${small}=${answer}`;
  const paths = parts.map(writeRunningSums);
  const direct = `${paths.join(';')};${summary}`;
  return { answer, parallel: { paths, summary, answer }, direct, inTurn: { steps: direct, answer } };
}
