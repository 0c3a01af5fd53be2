import { extractGsm8kAnswer } from './gsm8k-answer.ts';

/** What a reference answer looks like; judged by its spelling alone. */
export type AnswerKind =
  | 'integer'
  | 'decimal'
  | 'fraction'
  | 'percent or unit'
  | 'other base'
  | 'choice'
  | 'matrix'
  | 'tuple, set or interval'
  | 'list'
  | 'equation or inequality'
  | 'closed form'
  | 'expression'
  /** A whole solution that ends in `#### 42`, as the raw files of GSM8K have it. */
  | 'GSM8K solution'
  | 'text';

/** Kinds and how they are told, in order: the first that matches is it. No pattern looks at a character twice in a row. */
const KINDS: readonly (readonly [AnswerKind, (text: string) => boolean])[] = [
  ['integer', (text) => /^[-+\u2212]?(?:\d+|\d{1,3}(?:[,\s]\d{3})+)$/.test(text)],
  ['decimal', (text) => /^[-+\u2212]?(?:\d*\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d+\.)$/.test(text)],
  ['fraction', isFraction],
  ['percent or unit', hasUnit],
  ['other base', (text) => /^\d+_\{?\d+\}?$/.test(text)],
  ['choice', (text) => /^(?:\\(?:text|textbf|mathrm)\{)?\(?[A-Ja-j]\)?\}?$/.test(text)],
  ['matrix', (text) => /\\begin\{(?:[pbvBV]?(?:small)?matrix|array)\}/.test(text)],
  ['tuple, set or interval', isBracketed],
  ['equation or inequality', (text) => /(?<![<>!])=|[<>]|\\(?:le|ge|leq|geq|lt|gt|ne|neq|in)(?![a-z])/.test(text)],
  ['list', (text) => /,(?!\d{3}(?:\D|$))|\\(?:text|mbox)\{\s{0,3}(?:and|or)\s{0,3}\}/.test(text)],
];

function isFraction(text: string): boolean {
  if (/^[-+\u2212]?\d+\s{0,3}\/\s{0,3}\d+$/.test(text)) return true;
  return /^[-+\u2212]?\d*\\[dt]?frac\s{0,3}(?:\{[-+]?\d+\}|\d)\s{0,3}(?:\{\d+\}|\d)$/.test(text);
}

const UNIT = /^(?:\\?%|\^?\{?\\circ\}?|\u00b0|\\(?:text|mbox|mathrm|textrm)\{[^{}]*\}(?:\^\d)?|[a-z]{2,12})$/i;

function hasUnit(text: string): boolean {
  const amount = /^(?:\\?\$)?\s{0,3}[-+\u2212]?[\d.,]+/.exec(text)?.[0];
  if (amount === undefined) return false;
  return (amount.includes('$') && amount.length === text.length) || UNIT.test(text.slice(amount.length).trimStart());
}

const OPENERS = ['(', '[', '\\{', '\\lbrace'];
const CLOSERS = [')', ']', '\\}', '\\rbrace'];

function isBracketed(text: string): boolean {
  const bare = text.replace(/^\\left\s{0,3}/, '');
  const opens = OPENERS.some((opener) => bare.startsWith(opener)) && text.includes(',');
  return text.includes('\\cup') || (opens && CLOSERS.some((closer) => text.endsWith(closer)));
}

/** Commands of LaTeX and names of functions are no words and no variables. */
const COMMANDS = /\\[a-zA-Z]+/g;

/** Beyond any answer one would call by a kind. */
const MAX_LENGTH = 500;

/** Kind of a reference answer. */
export function findAnswerKind(answer: string): AnswerKind {
  if (extractGsm8kAnswer(answer) !== null) return 'GSM8K solution';
  if (answer.length > MAX_LENGTH) return 'text';
  const text = stripMath(answer.trim());
  const found = KINDS.find(([, isKind]) => isKind(text));
  if (found !== undefined) return found[0];
  if (/^\\(?:text|mbox|textbf|mathrm)\{[^{}]*\}$/.test(text)) return 'text';
  const letters =
    text
      .replaceAll(/\\(?:text|mbox|mathrm)\{[^{}]*\}/g, ' ')
      .replaceAll(COMMANDS, ' ')
      .match(/\p{L}+/gu) ?? [];
  if (letters.some((word) => word.length > 2)) return 'text';
  const variables = letters.filter((word) => word !== 'i' && word !== 'e');
  if (variables.length > 0) return 'expression';
  return /\d|\\(?:pi|infty|sqrt)|[ie]/.test(text) ? 'closed form' : 'text';
}

/** Removes what says nothing about the kind: dollar signs around the whole, and thin spaces. */
function stripMath(spaced: string): string {
  const text = spaced.replaceAll(/\\[!,;]\s?/g, '');
  return /^\$[^$]+\$$/.test(text) ? text.slice(1, -1).trim() : text;
}
