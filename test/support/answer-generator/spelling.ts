/**
 * A piece of text that states an answer, and where it may stand: `tex` between math delimiters or in a box,
 * `plain` in running text, `any` in both.
 */
export interface Spelling {
  readonly text: string;
  readonly medium: 'tex' | 'plain' | 'any';
}

/** Mathematics that needs delimiters or a box. */
export function tex(text: string): Spelling {
  return { text, medium: 'tex' };
}

/** Words, or mathematics as typed into running text. */
export function plain(text: string): Spelling {
  return { text, medium: 'plain' };
}

/** What reads the same as LaTeX and as running text. */
export function any(text: string): Spelling {
  return { text, medium: 'any' };
}
