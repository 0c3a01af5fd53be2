import { hashSeed, type Rng } from '../rng.ts';

/** The words of the word-sum family, and the one sentence that sums are put into. */

export const NAMES = ['Dan', 'Eve', 'Sam', 'Mia', 'Leo', 'Ana', 'Tom', 'Zoe'] as const;

export const ITEMS = ['keys', 'pens', 'cups', 'maps', 'nuts', 'rings', 'coins', 'shells'] as const;

export const VERBS = ['makes', 'wins', 'finds', 'buys', 'gets', 'earns'] as const;

/** The words between name and first number, before every further verb, and at the end (no key is called `then`: the object would pass for a promise). */
export const JOINTS = { has: ' has ', next: ', then ', ask: '. How many in all?' } as const;

/** Operands are two-digit numbers. */
export const MIN_OPERAND = 10;
export const MAX_OPERAND = 99;

/** Operands one problem may have; more than 4 is beyond what the embedded model learns. */
export const MIN_OPERANDS = 2;
export const MAX_OPERANDS = 8;

/** All that one problem says. `verbs[i]` belongs to `operands[i + 1]`. */
export interface WordSum {
  readonly name: string;
  readonly item: string;
  readonly verbs: readonly string[];
  readonly operands: readonly number[];
}

/** The problem as text: `Dan has 18 keys, then makes 31, then wins 45. How many in all?` */
export function renderWordSum(sum: WordSum): string {
  const further = sum.verbs.map((verb, i) => `${JOINTS.next}${verb} ${sum.operands[i + 1]}`).join('');
  return `${sum.name}${JOINTS.has}${sum.operands[0]} ${sum.item}${further}${JOINTS.ask}`;
}

/** One of the words. */
export function pickWord(words: readonly string[], rng: Rng): string {
  return words[rng.nextInt(words.length)]!;
}

/** Only this much of the end of a text is searched. */
export const MAX_SEARCHED_CHARS = 100_000;

// Every part is a fixed word or two digits and the repetition is bounded: a try costs a constant.
export const SUM_PATTERN = new RegExp(
  `(?:${NAMES.join('|')})${JOINTS.has}([1-9]\\d) (?:${ITEMS.join('|')})` +
    `((?:${JOINTS.next}(?:${VERBS.join('|')}) [1-9]\\d){1,${MAX_OPERANDS - 1}})${JOINTS.ask.replace(/[.?]/g, '\\$&')}`,
  'g',
);

/** What a sum asks: all of its two-digit operands together. */
export interface Sum {
  readonly kind: 'sum';
  readonly operands: readonly number[];
}

/** What a match of the pattern says. */
export function readSum(match: RegExpMatchArray): Sum {
  const further = (match[2] ?? '').match(/\d\d/g) ?? [];
  return { kind: 'sum', operands: [Number(match[1]), ...further.map(Number)] };
}

/** Number the split is decided by: the same for the operands in any order. */
export function hashSum({ operands }: Sum): number {
  return hashSeed('word-sums/split', ...operands.toSorted((a, b) => a - b));
}

/** The operands of the last word-sum problem in any text, or null when there is none. Linear time, never throws. */
export function parseWordSum(text: string): { readonly operands: readonly number[] } | null {
  let last: RegExpMatchArray | null = null;
  for (const match of text.slice(-MAX_SEARCHED_CHARS).matchAll(SUM_PATTERN)) last = match;
  return last === null ? null : { operands: readSum(last).operands };
}
