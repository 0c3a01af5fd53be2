import { foldCharacters } from '../read/characters.ts';

/**
 * An answer as text for the first comparison: look-alike characters folded, sizing commands, dollar signs, blanks and
 * final punctuation dropped. Blanks between letters or digits stay, so that `1 2` is not `12`.
 */
export function normaliseText(text: string): string {
  if (/^[\d+/-]{0,400}$/.test(text)) return text;
  return foldCharacters(text)
    .replace(/\\(?:text|mbox|mathrm|textbf) ?\{([^{}]*)\}/g, '$1')
    .replace(/\\(?:left|right|displaystyle)(?![A-Za-z])|\\[!,;:]|\\?\$/g, '')
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

/** Letters, digits and signs that mean something; a point counts between digits, a hyphen not between words. */
function toWords(text: string): string {
  const bare = foldCharacters(text).replace(/\\(?:text|mbox|textbf|mathrm|operatorname)(?![A-Za-z])/g, '');
  let words = '';
  for (let at = 0; at < bare.length; at += 1) {
    const char = bare[at]!;
    const [before, after] = [bare[at - 1] ?? '', bare[at + 1] ?? ''];
    if (char === '.') words += /\d/.test(before) && /\d/.test(after) ? char : '';
    else if (char === '-') words += isWordCharacter(before) && isWordCharacter(after) ? '' : char;
    else if (isWordCharacter(char) || '0123456789+*/=<>^:_\\!%|~'.includes(char)) words += char;
  }
  return words;
}

function isWordCharacter(char: string): boolean {
  return /[A-Za-z\u0080-\uffff]/.test(char);
}

/** Letters that options have; the reference's own letter counts too. */
const OPTION_LETTERS = 'ABCDEFGHIJ';

/** A reference that names an option: `C`, `(C)`, `\text{(C)}`, `(D) Alina`, `C. Cecile`. Null for anything else. */
export function findChoice(gold: string): string | null {
  if (gold.length > 400 || !/[A-Z]/.test(gold)) return null;
  const bare = stripMarkup(gold).trim();
  const lone = /^\(?([A-Z])\)?[.:]?$/.exec(bare);
  if (lone !== null) return lone[1]!;
  const withText =
    /^(?:\(([A-Z])\)|([A-Z])[.:)])\s{1,3}[A-Za-z\u0080-\uffff]{2}/.exec(bare) ??
    /^([A-Z])\s[A-ZÀ-Þ][a-zß-ÿ]/.exec(bare);
  return withText?.[1] ?? withText?.[2] ?? null;
}

/**
 * The one option letter a text asserts; null when it asserts none, or two. Whole words only; what is denied ("it
 * can't be A", "B不是 A") is not asserted, a letter in a formula is a symbol. Of the clauses of a text the last one
 * counts when `which` is `last`; otherwise all together must name one.
 */
export function findAssertedLetter(text: string, goldLetter: string, which: 'only' | 'last'): string | null {
  if (/\\(?!text|textbf|mbox|mathrm|boxed|bf|rm|left|right|[()[\] ,])/.test(text)) return null;
  const letters = OPTION_LETTERS.includes(goldLetter) ? OPTION_LETTERS : OPTION_LETTERS + goldLetter;
  const asserted: string[] = [];
  for (const clause of stripMarkup(text).split(/[,.;:!?\n，。；：！？]|\bbut\b|\bbecause\b/)) {
    const found = findInClause(clause, letters);
    if (found.length > 1) return null;
    asserted.push(...found);
  }
  if (which === 'last') return asserted.at(-1) ?? null;
  return new Set(asserted).size === 1 ? asserted[0]! : null;
}

function stripMarkup(text: string): string {
  return text.replace(/\\(?:text|textbf|mbox|mathrm|boxed|bf|rm|left|right)(?![A-Za-z])|[{}$*_]|\\[()[\]]/g, ' ');
}

const DENIAL =
  /(?<![A-Za-z])(?:not|cannot|neither|nor|never|isn't|wasn't|can't|couldn't|won't|doesn't|wrong|incorrect|false|unless|except)(?![A-Za-z])|不|非|没/iu;

/** Distinct letters asserted in one clause: with a denial, those before it, provided it is about a later one. */
function findInClause(clause: string, letters: string): string[] {
  const denial = DENIAL.exec(clause.replaceAll('’', "'"));
  const all = findLetters(clause, letters);
  if (denial === null) return distinct(all);
  const isAboutLater = all.some(({ at }) => at > denial.index);
  return isAboutLater ? distinct(all.filter(({ at }) => at < denial.index)) : [];
}

interface FoundLetter {
  readonly letter: string;
  readonly at: number;
}

function distinct(found: readonly FoundLetter[]): string[] {
  return [...new Set(found.map(({ letter }) => letter))];
}

function findLetters(clause: string, letters: string): FoundLetter[] {
  const found: FoundLetter[] = [];
  for (const match of clause.matchAll(/(?<![A-Za-z0-9'’])[A-Z](?![A-Za-z0-9'’])/g)) {
    const [letter, at] = [match[0], match.index];
    if (!letters.includes(letter) || isPartOfFormula(clause, at) || isWord(clause, at, letter)) continue;
    found.push({ letter, at });
  }
  return found;
}

/** `C+1`, `-(C)`, `C = 3`; a dash before words is none. */
function isPartOfFormula(clause: string, at: number): boolean {
  const before = clause.slice(Math.max(0, at - 6), at);
  const after = clause.slice(at + 1, at + 8);
  return (
    /[-+/^\\=<>|](?:\s{0,3}\(?\s{0,3}\(?)$/.test(before) ||
    /^\)?\s{0,2}[-+/^=<>|!]\s?(?:\d|[A-Za-z(](?![A-Za-z])|$)/.test(after)
  );
}

/** "A triangle", "I cannot decide": an article and a pronoun, unless a verb that speaks of an option follows. */
function isWord(clause: string, at: number, letter: string): boolean {
  const rest = clause.slice(at + 1, at + 12);
  if (letter === 'I') return /^\s+[a-z]/.test(rest);
  return letter === 'A' && /^\s+[a-z]/.test(rest) && !/^\s+(?:is|was|or|and|seems|because|since)\b/.test(rest);
}
