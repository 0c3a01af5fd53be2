import { hashSeed, type Rng } from '../rng.ts';
import { type LevelSolutions, sumOperands } from './solutions.ts';
import { ITEMS, JOINTS, NAMES, pickWord, VERBS } from './wording.ts';

/**
 * The level `chain`: what is done next depends on what came out before, twice. No split serves: a path that has only a
 * part of the numbers takes the wrong turn. The right way is the direct one.
 */
export interface Chain {
  readonly kind: 'chain';
  /** Two one-digit numbers that are added first. */
  readonly start: readonly [number, number];
  readonly turns: readonly [Turn, Turn];
}

/** Above `over`, `less` is taken away; otherwise `more` is added. */
interface Turn {
  readonly over: number;
  readonly less: number;
  readonly more: number;
}

export const CHAIN_JOINTS = { over: '. If that is over ', less: ', take away ', more: ', otherwise add ' } as const;

/** Sums of two numbers from 2 to 9 lie on both sides of any bound from 8 to 13. */
const MIN_START = 2;
const MAX_START = 9;
const MIN_OVER = 8;
const MAX_OVER = 13;
const MAX_CHANGE = 6;

/**
 * Draws a problem and its text: `Dan has 7 keys, then makes 8. If that is over 9, take away 3, otherwise add 4. If ...`.
 * The two numbers taken through the turns apart never come to the answer.
 */
export function drawChain(rng: Rng): { readonly text: string; readonly problem: Chain } {
  const drawTurn = (): Turn => ({
    over: MIN_OVER + rng.nextInt(MAX_OVER - MIN_OVER + 1),
    less: 1 + rng.nextInt(MAX_CHANGE),
    more: 1 + rng.nextInt(MAX_CHANGE),
  });
  const drawNumber = () => MIN_START + rng.nextInt(MAX_START - MIN_START + 1);
  const draw = (): Chain => ({
    kind: 'chain',
    start: [drawNumber(), drawNumber()],
    turns: [drawTurn(), drawTurn()],
  });
  let problem = draw();
  while (isSplittable(problem)) problem = draw();
  const { start, turns } = problem;
  const opening = `${pickWord(NAMES, rng)}${JOINTS.has}${start[0]} ${pickWord(ITEMS, rng)}${JOINTS.next}${pickWord(VERBS, rng)} ${start[1]}`;
  const rules = turns.map(
    ({ over, less, more }) => `${CHAIN_JOINTS.over}${over}${CHAIN_JOINTS.less}${less}${CHAIN_JOINTS.more}${more}`,
  );
  return { text: opening + rules.join('') + JOINTS.ask, problem };
}

function isSplittable(problem: Chain): boolean {
  const { answer, parallel } = solveChain(problem);
  return parallel.answer === answer;
}

const RULE = '\\. If that is over ([1-9]\\d?), take away ([1-9]), otherwise add ([1-9])';

/** One problem in a text, wherever it stands; every part is fixed or bounded. */
export const CHAIN_PATTERN = new RegExp(
  `(?:${NAMES.join('|')})${JOINTS.has}([1-9]) (?:${ITEMS.join('|')})${JOINTS.next}(?:${VERBS.join('|')}) ([1-9])${RULE}${RULE}\\. How many in all\\?`,
  'g',
);

/** What a match of the pattern says. */
export function readChain(match: RegExpMatchArray): Chain {
  const numbers = match.slice(1).map(Number);
  const readTurn = (at: number): Turn => ({ over: numbers[at]!, less: numbers[at + 1]!, more: numbers[at + 2]! });
  return { kind: 'chain', start: [numbers[0]!, numbers[1]!], turns: [readTurn(2), readTurn(5)] };
}

/** Number the split is decided by: the same for the two first numbers in either order. */
export function hashChain({ start, turns }: Chain): number {
  const rules = turns.flatMap(({ over, less, more }) => [over, less, more]);
  return hashSeed('word-sums/split/chain', Math.min(...start), Math.max(...start), ...rules);
}

/** Takes a number through the turns. */
function follow(from: number, turns: Chain['turns']): { readonly steps: readonly string[]; readonly end: number } {
  let value = from;
  const steps = turns.map(({ over, less, more }) => {
    const before = value;
    value = before > over ? before - less : before + more;
    return before > over ? `${before}-${less}=${value}` : `${before}+${more}=${value}`;
  });
  return { steps, end: value };
}

/** The parallel solution is the mistake of who splits all the same: each number goes through the turns alone. */
export function solveChain({ start, turns }: Chain): LevelSolutions {
  const sum = sumOperands(start);
  const whole = follow(sum, turns);
  const direct = [`${start[0]}+${start[1]}=${sum}`, ...whole.steps].join(';');
  const apart = start.map((number) => follow(number, turns));
  const paths = apart.map(({ steps }) => steps.join(';'));
  const ends = apart.map(({ end }) => end);
  const mistaken = sumOperands(ends);
  const summary = `${ends[0]}+${ends[1]}=${mistaken}`;
  return {
    answer: whole.end,
    parallel: { paths, summary, answer: mistaken },
    direct,
    inTurn: { steps: `${paths.join(';')};${summary}`, answer: mistaken },
  };
}
