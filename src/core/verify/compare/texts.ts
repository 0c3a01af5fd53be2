import { foldCharacters } from '../read/characters.ts';

/**
 * An answer as text for the first comparison: look-alike characters folded, sizing commands, dollar signs, blanks and
 * final punctuation dropped. Blanks between letters or digits stay, so that `1 2` is not `12`.
 */
export function normaliseText(text: string): string {
  return foldCharacters(text)
    .replace(/\\(?:text|mbox|mathrm|textbf) ?\{([^{}]*)\}/g, '$1')
    .replace(/\\(?:left|right|displaystyle)(?![A-Za-z])|\\[!,;:]|(?<!\\)\$/g, '')
    .replace(/\\[dt]frac(?![A-Za-z])/g, '\\frac')
    .replace(/\s+/g, ' ')
    .replace(/(?<![A-Za-z0-9]) | (?![A-Za-z0-9])/g, '')
    .replace(/[.,;:]$/, '');
}

/** Whether two texts say the same in the same words: case, blanks and punctuation aside. A single letter keeps its case. */
export function isSameText(gold: string, answer: string): boolean {
  const [a, b] = [toWords(gold), toWords(answer)];
  if (a === '' || b === '') return false;
  return a.length === 1 || b.length === 1 ? a === b : a.toLowerCase() === b.toLowerCase();
}

/** Letters, digits and signs that mean something. */
function toWords(text: string): string {
  return foldCharacters(text)
    .replace(/\\(?:text|mbox|textbf|mathrm|operatorname)(?![A-Za-z])/g, '')
    .replace(/(?<!\d)\.|\.(?!\d)|(?<=\p{L})-(?=\p{L})|[^-\p{L}\p{N}.+*/=<>^:_\\!%|~]/gu, '');
}
