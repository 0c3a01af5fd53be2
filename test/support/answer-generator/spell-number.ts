import type { Rng } from '../../../src/core/rng.ts';
import { pick } from './draw.ts';
import { any, plain, type Spelling, tex } from './spelling.ts';

/** Digits in groups of three. */
export function groupDigits(digits: string, separator: string): string {
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(digits.slice(Math.max(0, end - 3), end));
  return groups.join(separator);
}

/** Minus signs that a reader takes for one, in running text or LaTeX. */
const MINUS_SIGNS: readonly ((digits: string) => Spelling)[] = [
  (digits) => any(`-${digits}`),
  (digits) => any(`−${digits}`),
  (digits) => any(`–${digits}`),
  (digits) => tex(`- ${digits}`),
  (digits) => any(`(-${digits})`),
  (digits) => any(`－${digits}`),
  (digits) => any(`﹣${digits}`),
  (digits) => tex(`{-}${digits}`),
  (digits) => tex(`-{${digits}}`),
  (digits) => tex(`\\text{-}${digits}`),
  (digits) => tex(`\\left(-${digits}\\right)`),
  (digits) => tex(`-\\,${digits}`),
  (digits) => plain(`minus ${digits}`),
  (digits) => plain(`negative ${digits}`),
  (digits) => tex(`\\text{minus } ${digits}`),
];

/** A negative number by one of the signs a reader takes for a minus. */
export function spellNegative(digits: string, rng: Rng): Spelling {
  return pick(rng, MINUS_SIGNS)(digits);
}

/**
 * Marks that may be, or may be meant as, a sign: what follows one of them is not the bare number. Dashes and minus
 * signs of Unicode, hyphens and bullets, and LaTeX that prints one of them.
 */
const SIGN_MARKS: readonly string[] = [
  ...['-', '−', '–', '—', '‒', '―', '‐', '‑', '﹣', '－', '⁻', '₋', '˗', '➖', '⁃', '﹘', '╶', '─', '━', '➖\u{fe0f}'],
  ...['¯', '¬', '∸', '⊖', '⊝', '᠆', '⸺', '〜', '~-', '±', '∓', '∼-', '֊', '־', 'ー'],
];

const SIGN_COMMANDS: readonly string[] = [
  ...['{-}', '\\text{-}', '\\mathrm{-}', '(-)', '\\text{--}', '\\textminus ', '\\minus ', '\\neg ', '\\pm ', '\\mp '],
  ...['\\ominus ', '\\text{−}', '\\mathbf{-}', '-\\,', '\\boldsymbol{-}', '{}-', '-{}', '\\!-', '\\operatorname{-}'],
  ...['\\text{minus }', '\\text{negative }', '{\\color{red}-}', '\\mathop{-}', '\\mbox{-}', '-\\!', '\\phantom{0}-'],
  ...['\\smallsetminus ', '\\setminus ', '\\lnot '],
];

/** A number behind a mark that takes or may take its sign: never the number itself. */
export function markSign(number: string, rng: Rng): Spelling {
  if (rng.nextInt(3) === 0) return tex(pick(rng, SIGN_COMMANDS) + number);
  if (rng.nextInt(8) === 0) return plain(`${pick(rng, ['minus', 'negative', 'Minus', 'neg.'])} ${number}`);
  return any(pick(rng, SIGN_MARKS) + number);
}

const UNITS = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** A number from 0 to 999,999 in English words. */
export function spellWords(n: number, rng: Rng): string {
  if (n < 20) return UNITS[n]!;
  if (n < 100) {
    return n % 10 === 0 ? TENS[n / 10]! : `${TENS[Math.floor(n / 10)]}${pick(rng, ['-', ' '])}${UNITS[n % 10]}`;
  }
  const [size, name] = n < 1000 ? [100, 'hundred'] : [1000, 'thousand'];
  const head = `${spellWords(Math.floor(n / size), rng)} ${name}`;
  if (n % size === 0) return head;
  const glue = n < 1000 ? pick(rng, [' ', ' and ']) : ' ';
  return `${head}${glue}${spellWords(n % size, rng)}`;
}

const FULL_WIDTH = '０１２３４５６７８９';
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Digits of East Asian typography. */
export function toFullWidth(digits: string): string {
  return digits.replace(/\d/g, (digit) => FULL_WIDTH[Number(digit)]!);
}

/** Digits as an exponent in running text. */
export function toSuperscript(digits: string): string {
  return digits.replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!).replace('-', '⁻');
}

/** The digits with one changed; the first stays above 0. */
export function changeDigit(digits: string, rng: Rng): string {
  const places = [...digits].map((_, k) => k).filter((k) => digits[k] !== '.');
  const at = pick(rng, places);
  const old = Number(digits[at]);
  const low = at === 0 && digits.length > 1 ? 1 : 0;
  let drawn = old;
  while (drawn === old) drawn = low + rng.nextInt(10 - low);
  return digits.slice(0, at) + drawn + digits.slice(at + 1);
}

/** The digits with one more at a random place; not a zero at the front. */
export function addDigit(digits: string, rng: Rng): string {
  const at = rng.nextInt(digits.length + 1);
  return digits.slice(0, at) + (1 + rng.nextInt(9)) + digits.slice(at);
}

/** The digits with two unlike neighbours exchanged; null where there are none, or a zero would lead. */
export function swapDigits(digits: string, rng: Rng): string | null {
  const places = [...digits]
    .map((_, k) => k)
    .filter((k) => {
      const [a, b] = [digits[k], digits[k + 1]];
      return b !== undefined && a !== b && a !== '.' && b !== '.' && (k > 0 || b !== '0');
    });
  if (places.length === 0) return null;
  const at = pick(rng, places);
  return digits.slice(0, at) + digits[at + 1] + digits[at] + digits.slice(at + 2);
}
