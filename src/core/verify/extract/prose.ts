import { isPlainName } from '../names.ts';

/** Words of three letters or more outside commands and `\text{…}`. */
export function countWords(text: string): number {
  return stripCommands(text).match(/\p{L}{3,}/gu)?.length ?? 0;
}

/**
 * Whether a text is running text rather than an answer: several words that are not the unit of an
 * amount, a word directly before a number ("so it is 7"; a date is none), or digits among letters
 * that are neither Latin nor Greek.
 */
export function isProse(text: string): boolean {
  if (/\d/.test(text) && /[^\p{Script=Latin}\p{Script=Greek}\P{L}]/u.test(text)) return true;
  const bare = stripCommands(text);
  if (hasWordBeforeNumber(bare) && !/^\s*\p{Lu}\p{Ll}+ \d+\.?\s*$/u.test(bare)) return true;
  return countWords(text) > 1 && !isAmountWithUnit(text);
}

function stripCommands(text: string): string {
  return text.replace(
    /\\(?:text|mbox|textbf|textit|mathrm|operatorname)\s?\{[^{}]*\}|\\(?:begin|end)\{[a-z]+\*?\}|\\[A-Za-z]+/g,
    ' ',
  );
}

function hasWordBeforeNumber(bare: string): boolean {
  for (const match of bare.matchAll(/(\p{L}{2,})\s{1,3}\$?-?\d/gu)) if (!isPlainName(match[1]!)) return true;
  return false;
}

/** `64 square feet`: a number, then nothing but words. */
function isAmountWithUnit(text: string): boolean {
  const letter = text.search(/\p{L}/u);
  return letter > 0 && /\d/.test(text.slice(0, letter)) && /^[\p{L}\s.]*$/u.test(text.slice(letter));
}
