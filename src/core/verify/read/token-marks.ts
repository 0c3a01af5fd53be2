import { findFormulas } from '../extract/formulas.ts';
import { isDigit } from './number-literal.ts';

/** Characters and words that the tokenizer knows, and where the dollar signs of formulas are. */

/** Also `60^o`, with a letter for the ring. */
export const DEGREE_MARK =
  /^\^ ?(?:\{ ?\\(?:circ|degree) ?\}|\\(?:circ|degree)(?![A-Za-z])|\{ ?o ?\}|o(?![A-Za-z])|\{? ?\\(?:text|mathrm) ?\{ ?o ?\} ?\}?)/;

export const TWO_CHARS: Readonly<Record<string, string>> = {
  ...{ '>=': '>=', '<=': '<=', '!=': '!=', '==': '=', '~=': '≈', ':=': '=' },
};

/** A comma with a blank behind a value: a list, in which a bare comma may separate too. Behind a word ("In total, 1,200") it is one of the sentence. */
export const LIST_COMMA = /(?:[^A-Za-z\s]|(?<![A-Za-z])[A-Za-z]),(?: |\\ )/;

const LETTER = /[\p{Ll}\p{Lu}\p{Lo}]/u;
const LETTER_OR_MARK = /[\p{L}\p{M}]/u;
/** A letter of another alphabet than the Latin one, or a digit of Chinese and Japanese; their other signs are words. */
export const FOREIGN_DIGIT = /^[\u0370-\u1fff〇零一二三四五六七八九]/;
export const DIGIT_BEFORE = /[〇零一二三四五六七八九]$/;
export const NOT_ASCII = /[^ -~]/;
export const UNKNOWN_SIGNS = '#@?\x7f';

export const PERCENT_WORDS: ReadonlySet<string> = new Set(
  'percent percentage pct prozent procent pourcent процент процента процентов प्रतिशत 퍼센트 パーセント'.split(' '),
);
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

/** Scales of temperature behind a degree mark. */
export const SCALES: Readonly<Record<string, string>> = {
  ...{ C: 'Celsius', F: 'Fahrenheit', Celsius: 'Celsius', Fahrenheit: 'Fahrenheit' },
};

/** `\text{arctan}(2)`: a function set as text. */
export const FUNCTION_IN_TEXT = /^\} ?(?:\(|\\left ?\()/;

/** Signs of money beside the dollar's. */
export const CURRENCY_SIGNS: Readonly<Record<string, string>> = {
  ...{ '₹': 'INR', '₽': 'RUB', '₩': 'KRW', '₪': 'ILS', '₺': 'TRY', '₱': 'PHP', '฿': 'THB', '₫': 'VND', '₦': 'NGN' },
};

/** A code of money before an amount; "US" before the sign or the word. */
export const CURRENCY_CODE = /^(?:(?:USD|EUR|GBP|CHF|INR|JPY|CNY|RMB) ?\d|US(?: ?\\?\$| dollars?(?![a-z])))/;

export const CURRENCIES: Readonly<Record<string, string>> = {
  ...{ euro: 'EUR', pounds: 'GBP', yen: 'JPY', dollar: 'USD', textdollar: 'USD' },
};

/** Whether two stars at a place stand between operands (`2**10`): a power, and no emphasis. */
export function isPowerSign(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at + 2);
  return (
    at > 0 &&
    (isDigit(before) || isAsciiLetter(before) || before === 41) &&
    (isDigit(after) || isAsciiLetter(after) || after === 40)
  );
}

/** End of a run of letters; outside of formulas an apostrophe inside a word belongs to it. */
export function findRunEnd(text: string, from: number, isMath: boolean): number {
  let end = from;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (isAsciiLetter(code)) end += 1;
    else if (code > 127) {
      const character = String.fromCodePoint(text.codePointAt(end)!);
      // Modifier letters alone look like dashes.
      if (!(end > from ? LETTER_OR_MARK : LETTER).test(character)) break;
      end += character.length;
    } else if (code === 39 && !isMath && isInsideWord(text, from, end)) end += 1;
    else break;
  }
  return end;
}

/** An apostrophe as in `doesn't` and `d'ici`; that of `f'(x)` is a prime. */
function isInsideWord(text: string, from: number, at: number): boolean {
  if (!isAsciiLetter(text.charCodeAt(at + 1))) return false;
  return at > from + 1 || isAsciiLetter(text.charCodeAt(at + 2));
}
