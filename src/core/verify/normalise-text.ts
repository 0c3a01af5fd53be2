import { foldCharacters } from './tokens.ts';

/**
 * An answer as text for the first comparison: look-alike characters folded, sizing commands, dollar
 * signs, blanks and final punctuation dropped. Blanks between letters or digits stay, so that `1 2`
 * is not `12`.
 */
export function normaliseText(text: string): string {
  return foldCharacters(text)
    .replace(/\\(?:left|right|displaystyle)(?![A-Za-z])|\\[!,;:]|(?<!\\)\$/g, '')
    .replace(/\\[dt]frac(?![A-Za-z])/g, '\\frac')
    .replace(/\s+/g, ' ')
    .replace(/(?<![A-Za-z0-9]) | (?![A-Za-z0-9])/g, '')
    .replace(/[.,;:]$/, '');
}
