/**
 * What a terminal would act on instead of showing it, and what shows as nothing or as something else: control
 * characters except the line feed, marks that change the direction of text, line and paragraph separators, invisible
 * tags, lone halves of surrogate pairs.
 */
const UNSAFE =
  /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e007f}]/gu;

/**
 * Somebody else's text, safe for a terminal: unsafe characters appear as `\x1b`, `\u202e` or `\u{e0041}`; tabs become
 * blanks, line ends `\n`. Text that is safe stays as it is, so that doing it twice changes nothing.
 */
export function toPlainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  if (code.length > 4) return `\\u{${code}}`;
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

/**
 * JSON with every unsafe character as an escape of JSON: it parses to the same value, and is as safe for a terminal as
 * plain text.
 */
export function toPlainJson(json: string): string {
  return json.replace(UNSAFE, (characters) =>
    Array.from({ length: characters.length }, (_, i) => escapeUnit(characters.charCodeAt(i))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
