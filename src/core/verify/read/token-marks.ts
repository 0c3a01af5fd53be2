import { findFormulas } from '../extract/formulas.ts';

/** Characters and words that the tokenizer knows, and where the dollar signs of formulas are. */

export const DEGREE_MARK = /^\^ ?(?:\{ ?\\(?:circ|degree) ?\}|\\(?:circ|degree)(?![A-Za-z]))/;

export const TWO_CHARS: Readonly<Record<string, string>> = {
  ...{ '>=': '>=', '<=': '<=', '!=': '!=', '==': '=', '~=': '≈', ':=': '=' },
};

export const LETTER = /[\p{Ll}\p{Lu}\p{Lo}]/u;
export const LETTER_OR_MARK = /[\p{L}\p{M}]/u;
/** A letter of another alphabet than the Latin one, or a digit of Chinese and Japanese; their other signs are words. */
export const FOREIGN_DIGIT = /^[\u0370-\u1fff〇零一二三四五六七八九]/;
export const DIGIT_BEFORE = /[〇零一二三四五六七八九]$/;
export const NOT_ASCII = /[^ -~]/;
export const UNKNOWN_SIGNS = '#@?\x7f';

export const PERCENT_WORDS: ReadonlySet<string> = new Set(['percent', 'percentage', 'pct']);
export const DEGREE_WORDS: ReadonlySet<string> = new Set(['degrees', 'degree', 'deg']);

export function findDelimiters(text: string): ReadonlyMap<number, boolean> {
  const found = new Map<number, boolean>();
  for (const { at, end } of findFormulas(text)) {
    if (text[at] !== '$') continue;
    const width = text[at + 1] === '$' ? 2 : 1;
    for (let k = 0; k < width; k += 1) {
      found.set(at + k, true);
      found.set(end - 1 - k, false);
    }
  }
  return found;
}

export function isAsciiLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

export const SETS: Readonly<Record<string, string>> = {
  ...{ R: 'reals', Z: 'integers', N: 'naturals', Q: 'rationals', C: 'complexes' },
};

export const CURRENCIES: Readonly<Record<string, string>> = {
  ...{ euro: 'EUR', pounds: 'GBP', yen: 'JPY', dollar: 'USD', textdollar: 'USD' },
};
