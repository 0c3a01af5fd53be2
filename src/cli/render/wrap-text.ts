/** Marks that combine with the character before them. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Characters that take two columns: East Asian wide ones and pictures. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

/** Columns a text without control characters takes on a terminal. */
export function measureColumns(text: string): number {
  let columns = 0;
  for (const character of text) columns += countColumns(character);
  return columns;
}

/** The text padded with blanks to that many columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - measureColumns(text)));
}

/** The text in lines of at most `columns` (2 or more), broken at blanks where there are any; line feeds stay. */
export function wrapText(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns));
}

/** A command over several lines that a shell takes as one. A word that is too long stays whole. */
export function breakCommand(command: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '   ';
  for (const word of command.split(/ (?=--)/)) {
    if (line.trim() !== '' && line.length + word.length + 3 > columns) {
      lines.push(`${line} \\`);
      line = '     ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (measureColumns(rest) > columns) {
    const fitting = takeColumns(rest, columns);
    const blank = fitting.lastIndexOf(' ');
    const end = rest[fitting.length] === ' ' || blank <= 0 ? fitting.length : blank;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** The longest beginning of at most that many columns, but at least one character. */
function takeColumns(text: string, columns: number): string {
  let [taken, width] = ['', 0];
  for (const character of text) {
    width += countColumns(character);
    if (width > columns && taken !== '') break;
    taken += character;
  }
  return taken;
}

function countColumns(character: string): number {
  if (character < '\u0300') return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
