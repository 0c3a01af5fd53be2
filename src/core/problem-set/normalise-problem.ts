/** LaTeX that changes how a formula is typeset and not what it says. */
const SPACING =
  /\\[,;:!> ]|\\(?:quad|qquad|left|right|big|bigg|Big|Bigg|displaystyle|textstyle|limits|hspace\*?\{[^{}]*\}|text|mathrm|textbf|mbox)(?![a-zA-Z])/g;

const FRACTIONS = /\\[dt]frac(?![a-zA-Z])/g;

/** What stays: letters, digits, and signs that carry meaning in a formula. */
const DROPPED = /[^\p{L}\p{N}+\-*/=<>^_|!%]+/gu;

/**
 * A problem's text without the ways in which copies of it differ: case, punctuation, white space, dollar signs
 * and braces, and the spacing and sizes of LaTeX. Two problems whose texts then agree are the same.
 */
export function normaliseProblem(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(SPACING, ' ')
    .replaceAll(FRACTIONS, '\\frac')
    .replaceAll(/[\u2212\u2013\u2014]/g, '-')
    .toLowerCase()
    .replaceAll(DROPPED, '')
    .replaceAll(/-(?=\p{L}{3})|(?<=\p{L}{3})-/gu, '');
}

/** The letters and digits of a normalised text: texts that agree in these may still differ in a sign. */
export function keepLettersAndDigits(text: string): string {
  return normaliseProblem(text).replaceAll(/[^\p{L}\p{N}]+/gu, '');
}
