/** How numbers and texts are written on the page. */

/** `86 %`; with `digits` more exactly. */
export function percent(share: number | null | undefined, digits = 0): string {
  return share == null || !Number.isFinite(share) ? '–' : `${(100 * share).toFixed(digits)} %`;
}

/** `1,234`. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** `+62 points`, `−3 points`. */
export function points(difference: number, digits = 0): string {
  const value = 100 * difference;
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)} points`;
}

/** A number in about four digits. */
export function short(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 10_000) return count(Math.round(value));
  if (size >= 100 || Number.isInteger(value)) return String(Number(value.toFixed(1)));
  return size > 0 && size < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** `1 path`, `3 paths`. */
export function plural(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}

/** `2.5 minutes`, `3.1 hours`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
}

/** What a browser would act on instead of showing it: control characters, changes of direction, lone surrogates. */
const UNSAFE = /(?![\n\t])[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu;

/** Text that a model wrote, every character of it visible. It is only ever put into text nodes. */
export function showText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** The mark of a verdict, which says it without colour. */
export const MARKS = { correct: '✓', incorrect: '✗', unparsable: '?', failed: '!' } as const;
