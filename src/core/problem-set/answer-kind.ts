/** What a reference answer looks like, judged by its spelling alone. */
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
  | 'text';

/** Kinds and the patterns that tell them; the first match counts. */
const KINDS: readonly (readonly [AnswerKind, RegExp])[] = [
  ['integer', /^[-+\u2212]?(\d+|\d{1,3}([,\s]\d{3})+)$/],
  ['decimal', /^[-+\u2212]?(\d*\.\d+|\d{1,3}(,\d{3})+\.\d+|\d+\.)$/],
  [
    'fraction',
    /^[-+\u2212]?(\d+\s*\/\s*\d+|\\[dt]?frac\s*(\{[-+]?\d+\}|\d)\s*(\{\d+\}|\d)|\d+\s*\\[dt]?frac\{\d+\}\{\d+\})$/,
  ],
  [
    'percent or unit',
    /^(\\?\$)?\s*[-+\u2212]?[\d.,]+\s*(\\?%|\^?\{?\\circ\}?|°|\\(text|mbox|mathrm|textrm)\{[^{}]*\}(\^\d)?|[a-z]{2,12})$|^\\?\$\s*[\d.,]+$/i,
  ],
  ['other base', /^\d+_\{?\d+\}?$/],
  ['choice', /^(\\(text|textbf|mathrm)\{)?\(?[A-Ja-j]\)?\}?$/],
  ['matrix', /\\begin\{[pbvBV]?(small)?matrix\}|\\begin\{array\}/],
  [
    'tuple, set or interval',
    /^(\\left)?\s*(\(|\[|\\\{|\\lbrace).*,.*(\)|\]|\\\}|\\rbrace)(\s*(\\cup|\\cap).*)?$|\\cup/s,
  ],
  ['equation or inequality', /(?<![<>!])=|<|>|\\(le|ge|leq|geq|lt|gt|ne|neq|in)(?![a-z])/],
  ['list', /,(?!\d{3}(\D|$))|\\(text|mbox)\{\s*(and|or)\s*\}/],
];

/** LaTeX commands and names of functions are neither words nor variables. */
const COMMANDS = /\\[a-zA-Z]+/g;

/** Longer than any answer that has a kind; some of the patterns are slow on long texts. */
const MAX_LENGTH = 500;

/** Kind of a reference answer. */
export function findAnswerKind(answer: string): AnswerKind {
  if (answer.length > MAX_LENGTH) return 'text';
  const text = stripMath(answer.trim());
  const found = KINDS.find(([, pattern]) => pattern.test(text));
  if (found !== undefined) return found[0];
  if (/^\\(text|mbox|textbf|mathrm)\{[^{}]*\}$/.test(text)) return 'text';
  const letters =
    text
      .replaceAll(/\\(text|mbox|mathrm)\{[^{}]*\}/g, ' ')
      .replaceAll(COMMANDS, ' ')
      .match(/\p{L}+/gu) ?? [];
  if (letters.some((word) => word.length > 2)) return 'text';
  const variables = letters.filter((word) => word !== 'i' && word !== 'e');
  if (variables.length > 0) return 'expression';
  return /\d|\\(pi|infty|sqrt)|[ie]/.test(text) ? 'closed form' : 'text';
}

/** Removes what says nothing about the kind: dollar signs around the whole, and thin spaces. */
function stripMath(spaced: string): string {
  const text = spaced.replaceAll(/\\[!,;]\s*/g, '');
  return /^\$[^$]+\$$/.test(text) ? text.slice(1, -1).trim() : text;
}
