import { foldCharacters } from '../read/characters.ts';

/**
 * An answer as text for the first comparison: look-alike characters folded, sizing commands, dollar signs, blanks and
 * final punctuation dropped. Blanks between letters or digits stay, so that `1 2` is not `12`.
 */
export function normaliseText(text: string): string {
  if (text.length <= 400 && /^[\d+/-]*$/.test(text)) return text;
  const folded = foldCharacters(text);
  const bare = folded.includes('\\') ? dropCommands(folded) : folded.replaceAll('$', '');
  const joined = /\s/.test(bare) ? dropBlanks(bare) : bare;
  return '.,;:'.includes(joined.at(-1) ?? 'x') ? joined.slice(0, -1) : joined;
}

function dropCommands(text: string): string {
  return text
    .replace(/\\(?:text|mbox|mathrm|textbf) ?\{([^{}]*)\}/g, '$1')
    .replace(/\\(?:left|right|displaystyle)(?![A-Za-z])|\\[!()[\]]|\\?\$/g, '')
    .replace(/\\[dt]frac(?![A-Za-z])/g, '\\frac')
    .replace(/(?:\\[ ,;:])+/g, ' ');
}

/** Blanks stay between letters and digits alone, one of each run. */
function dropBlanks(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/(?<![A-Za-z0-9]) | (?![A-Za-z0-9])/g, '');
}

/** Whether two texts with words in them are the same but for case. */
export function isSameWording(gold: string, answer: string): boolean {
  const normal = foldWords(normaliseText(gold));
  return /(?<![\\A-Za-z])[a-z]{3}/.test(normal) && normal === foldWords(normaliseText(answer));
}

/** Words in lower case; symbols, commands and what stands behind a command (`\triangle ABC`) as they are. */
function foldWords(text: string): string {
  return text.replace(/(?<!\\[A-Za-z]{0,16}[ {]?)(?<![A-Za-z])[A-Za-z]{3,}/g, (run) => run.toLowerCase());
}

/** Whether two texts say the same in the same words: case, blanks and punctuation aside. A single letter keeps its case. */
export function isSameText(gold: string, answer: string): boolean {
  const [a, b] = [toWords(dropArticle(gold)), toWords(dropArticle(answer))];
  if (a === '' || b === '') return false;
  return a.length === 1 || b.length === 1 ? a === b : a.toLowerCase() === b.toLowerCase();
}

/** "an ellipse" is "ellipse". */
function dropArticle(text: string): string {
  return text.replace(
    /^(\s{0,4}(?:\\(?:text|textbf|mbox|mathrm) ?\{\s{0,4})?)(?:an?|the)\s{1,4}(?=[A-Za-z]{2})/i,
    '$1',
  );
}

/** Letters, digits and signs that mean something; a point counts between digits, a hyphen not between words. */
function toWords(text: string): string {
  const bare = foldCharacters(text).replace(/\\(?:text|mbox|textbf|mathrm|operatorname)(?![A-Za-z])/g, '');
  let words = '';
  for (let at = 0; at < bare.length; at += 1) {
    const char = bare[at]!;
    if (char === '.') words += /\d/.test(bare[at - 1] ?? '') && /\d/.test(bare[at + 1] ?? '') ? char : '';
    else if (char === '-') words += isHyphen(bare, at) ? '' : char;
    else if (isWordCharacter(char) || '0123456789+*/=<>^:_\\!%|~'.includes(char)) words += char;
  }
  return SYNONYMS.get(words.toLowerCase()) ?? words;
}

/** Texts that say the same in other words. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['dne', 'doesnotexist'],
  ['yes', 'true'],
  ['no', 'false'],
]);

/** "right-angled"; between symbols (`h-r`) it is a minus. */
function isHyphen(text: string, at: number): boolean {
  const isWord = (from: number) => isWordCharacter(text[from] ?? '') && isWordCharacter(text[from + 1] ?? '');
  return isWord(at - 2) && isWord(at + 1);
}

function isWordCharacter(char: string): boolean {
  return /[A-Za-z\u0080-\uffff]/.test(char);
}
