/**
 * What a terminal would act on instead of showing it: control characters except the line feed, characters
 * that change the direction of text, line and paragraph separators, lone halves of surrogate pairs.
 */
const UNSAFE = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu;

/** Model text that is safe to show: unsafe characters appear as `\x1b` or `\u202e`; tabs become blanks, line ends `\n`. */
export function toPlainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}
