import { ITEMS, JOINTS, MAX_OPERANDS, NAMES, VERBS } from './wording.ts';

/** Only this much of the end of a text is searched. */
const MAX_SEARCHED_CHARS = 100_000;

// Every part is a fixed word or two digits and the repetition is bounded: an attempt costs a constant.
const PROBLEM = new RegExp(
  `(?:${NAMES.join('|')})${JOINTS.has}([1-9]\\d) (?:${ITEMS.join('|')})` +
    `((?:${JOINTS.next}(?:${VERBS.join('|')}) [1-9]\\d){1,${MAX_OPERANDS - 1}})${JOINTS.ask.replace(/[.?]/g, '\\$&')}`,
  'g',
);

/** The operands of the last word-sum problem in any text, or null when there is none. Linear time, never throws. */
export function parseWordSum(text: string): { readonly operands: readonly number[] } | null {
  let last: RegExpMatchArray | null = null;
  for (const match of text.slice(-MAX_SEARCHED_CHARS).matchAll(PROBLEM)) last = match;
  if (last === null) return null;
  const further = (last[2] ?? '').match(/\d\d/g) ?? [];
  return { operands: [Number(last[1]), ...further.map(Number)] };
}
