/**
 * What a reader sees of a text, as units that can be counted and compared: words, numbers, single symbols of scripts
 * that write without spaces. Whatever is invisible or filler makes no unit.
 */

/** Code points that show nothing: controls, format marks (zero width, bidi, soft hyphen), default-ignorable and blank ones. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A word, a number with its separators, or one ideograph. Dots, dashes and other marks alone are no unit. */
const UNIT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|\p{Nd}+(?:[.,]\p{Nd}+)*|\p{L}[\p{L}\p{M}]*/gu;

/** Words that carry no content of their own; a path and a problem always share them. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  (
    'a an and are as at be been both but by can did do does for from get gets given had has have he her his how i if in ' +
    'into is it its let me more must need needs no not now of on one or our out per she so some than that the their them ' +
    'then there these they this to total up use using was we were what when which who will with would you your'
  ).split(' '),
);

/** The text as it is seen: compatibility forms folded (full-width, superscript digits), invisible code points gone. */
export function toVisibleText(text: string): string {
  // Line ends and tabs are white space to a reader, not nothing.
  return text
    .replace(/[\n\r\t]/g, ' ')
    .normalize('NFKC')
    .replace(INVISIBLE, '');
}

/** The units of a text in order, in lower case; thousands separators of a number are dropped. Linear in the text. */
export function listUnits(text: string): string[] {
  const units = toVisibleText(text).toLowerCase().match(UNIT) ?? [];
  return units.map((unit) => (/^\p{Nd}/u.test(unit) ? normaliseNumber(unit) : unit));
}

/** `1,234.50` and `1234.5` are one number; a comma before other than three digits stays what it is. */
function normaliseNumber(digits: string): string {
  const plain = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(digits) ? digits.replaceAll(',', '') : digits;
  const value = Number(plain);
  return Number.isFinite(value) ? String(value) : plain;
}

/** Whether a unit is a number. */
export function isNumber(unit: string): boolean {
  return /^\p{Nd}/u.test(unit);
}

/** Whether a unit says something by itself: a number, or a word that is no function word. */
export function isContent(unit: string): boolean {
  return isNumber(unit) || (unit.length > 1 && !FUNCTION_WORDS.has(unit));
}

/** Runs of `size` units, with how often each occurs; of a shorter text its units. */
export function countShingles(units: readonly string[], size: number): Map<string, number> {
  const length = Math.max(1, Math.min(size, units.length));
  const counts = new Map<string, number>();
  for (let at = 0; at + length <= units.length; at += 1) {
    const shingle = units.slice(at, at + length).join(' ');
    counts.set(shingle, (counts.get(shingle) ?? 0) + 1);
  }
  return counts;
}

/** Share of the shingles of `a` that `b` holds too, each as often as `b` has it; 0 for a text without units. */
export function measureContainment(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  let all = 0;
  for (const [shingle, count] of a) {
    all += count;
    shared += Math.min(count, b.get(shingle) ?? 0);
  }
  return all === 0 ? 0 : shared / all;
}
