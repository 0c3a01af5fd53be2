import { Refusal } from '../limits.ts';
import type { Expr } from '../syntax-tree.ts';
import { parseDecimal } from '../value/rational.ts';

/** What a comma between digits is: it depends on what stands around the number. */
export interface CommaRule {
  /** Whether a bare comma may separate thousands: not inside brackets, nor where other commas carry a blank. */
  readonly separatesThousands: boolean;
  /** Whether it is the decimal mark, by policy. */
  readonly isDecimal: boolean;
  /** In a subscript or exponent without braces a blank ends the number: `\log_2 128`. */
  readonly isScript: boolean;
}

/** A number as it is written, without separators, and the place behind it. */
export interface ScannedNumber {
  /** Digits with at most one point, `0.1(6)` for a period, `1.2e5` for a power of ten. */
  readonly digits: string;
  readonly end: number;
}

const SEPARATOR_STARTS = "{,\\ '";

/** Reads the number that begins at a place of a text. */
export function scanNumber(text: string, at: number, commas: CommaRule): ScannedNumber {
  let end = skipDigits(text, at);
  let digits = text.slice(at, end);
  const head = digits;
  while (!commas.isScript && head.length > 0 && head.length <= 3 && !head.startsWith('0')) {
    const size = measureSeparator(text, end, commas);
    if (size === 0) break;
    const from = end + size;
    end = skipDigits(text, from);
    digits += text.slice(from, end);
  }
  const mark = commas.isDecimal ? ',' : '.';
  if (text[end] === mark && isMark(text, end)) {
    const from = end + 1;
    end = skipDigits(text, from);
    const decimals = text.slice(from, end);
    const period = readPeriod(text, end);
    end += period.length;
    if (decimals !== '' || period.digits !== '') digits += `.${decimals}${period.digits}`;
  }
  const exponent = readExponent(text, end);
  return { digits: digits + exponent.digits, end: end + exponent.length };
}

/** A point ends a number; dots do not, nor does a comma without digits behind it. */
function isMark(text: string, at: number): boolean {
  return text[at] === ',' ? isDigit(text.charCodeAt(at + 1)) : !text.startsWith('..', at);
}

function skipDigits(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

/** Length of a thousands separator at this place, 0 when there is none: exactly three digits must follow. */
function measureSeparator(text: string, at: number, commas: CommaRule): number {
  const char = text[at] ?? 'x';
  if (commas.isDecimal) return char === '.' && /^\.\d{3}(?!\d)/.test(text.slice(at, at + 5)) ? 1 : 0;
  if (!SEPARATOR_STARTS.includes(char)) return 0;
  const match = /^(?:\{,\}|,\s?\\!\s?|,|\\[,;:! ]\s?| (?!\d{3}\/)|')(?=\d{3}(?!\d))/.exec(text.slice(at, at + 12));
  if (match === null || (match[0] === ',' && !commas.separatesThousands)) return 0;
  return match[0].length;
}

interface Part {
  readonly digits: string;
  readonly length: number;
}

const NOTHING: Part = { digits: '', length: 0 };

/** The digits that repeat, `0.\overline{36}` or `0.(36)`, in parentheses. */
function readPeriod(text: string, at: number): Part {
  if (text[at] === '(' && text[at - 1] === '.') {
    const typed = /^\((\d{1,40})\)/.exec(text.slice(at, at + 44));
    return typed === null ? NOTHING : { digits: typed[0], length: typed[0].length };
  }
  if (text[at] !== '\\') return NOTHING;
  const match = /^\\(?:overline|bar|dot) ?\{ ?(\d{1,40}) ?\}/.exec(text.slice(at, at + 60));
  return match === null ? NOTHING : { digits: `(${match[1]})`, length: match[0].length };
}

/** The `e5` of `1.2e5`: a power of ten, not a product with e. */
function readExponent(text: string, at: number): Part {
  const code = text.charCodeAt(at);
  if (code !== 101 && code !== 69) return NOTHING;
  const match = /^[eE]([+-]?\d{1,4})(?![\d.A-Za-z\u0080-\uffff_^])/.exec(text.slice(at, at + 8));
  return match === null ? NOTHING : { digits: `e${match[1]}`, length: match[0].length };
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** A number node from the digits of a number token. Throws `Refusal` when they are out of bounds. */
export function toNumber(digits: string): Expr {
  const open = digits.indexOf('(');
  if (open >= 0) return toRepeating(digits.slice(0, open), digits.slice(open + 1, -1));
  const value = parseDecimal(digits);
  if (value === null) throw new Refusal('limit:literal');
  return { type: 'number', value, decimals: countDecimals(digits) };
}

/** `0.1` with the period `6` is 16/90 - 1/90: an exact fraction, no decimal. */
function toRepeating(head: string, period: string): Expr {
  const places = head.length - head.indexOf('.') - 1;
  const nines = 10n ** BigInt(period.length) - 1n;
  const over = BigInt(head.replace('.', '') || '0') * nines + BigInt(period);
  const whole = (num: bigint): Expr => ({ type: 'number', value: { num, den: 1n }, decimals: 0 });
  return { type: 'binary', op: '/', left: whole(over), right: whole(nines * 10n ** BigInt(places)) };
}

/** Digits that are written behind the point; a power of ten moves it. */
function countDecimals(digits: string): number {
  const [mantissa, exponent] = digits.split('e');
  const point = mantissa!.indexOf('.');
  const places = point < 0 ? 0 : mantissa!.length - point - 1;
  return Math.max(0, places - Number(exponent ?? 0));
}

/** Whether a number token is digits alone. */
export function isWholeText(digits: string): boolean {
  for (let k = 0; k < digits.length; k += 1) if (!isDigit(digits.charCodeAt(k))) return false;
  return digits !== '';
}
