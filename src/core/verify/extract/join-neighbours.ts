import type { MathSpan } from './boxes.ts';

/** A stretch of adjacent boxes or environments, as one answer. */
export interface JoinedSpan extends MathSpan {}

/**
 * What may stand between two boxes that make one list: blanks, math delimiters, punctuation, "and",
 * "or", `y_2 =`, "for part (a)", a row of plus signs. Alternatives are disjoint and single.
 */
const SEPARATOR =
  /\s+|\$|\\[()[\],;:!" ]|\\q?quad(?![A-Za-z])|[,;.&"]|(?:and|or)(?![A-Za-z])|\+\++|(?:for|in) part (?=\()|\([a-z0-9]\)|[A-Za-z](?:_\{?\w\}?)?\s?=|\\(?:text|mbox)\s?\{|\}/iy;

/** More than this between two boxes is no separator. */
const MAX_GAP = 200;

/** Whether two neighbouring boxes with this text between them are members of one list. */
export function isBoxSeparator(between: string): boolean {
  if (between.length > MAX_GAP) return false;
  let at = 0;
  while (at < between.length) {
    SEPARATOR.lastIndex = at;
    const match = SEPARATOR.exec(between);
    if (match === null) return false;
    at += match[0].length;
  }
  return true;
}

/** Whether two neighbouring formulas with this text between them are members of one list. */
export function isFormulaSeparator(between: string): boolean {
  return (
    between.length <= 20 && /^\s*[,;]?\s*(?:and|or|ou|et|und|oder|或|和)?\s*$/i.test(between) && /\S/.test(between)
  );
}

/** The span at `index` together with its neighbours on both sides as long as only separators stand between. */
export function joinAround(
  text: string,
  spans: readonly MathSpan[],
  index: number,
  isSeparator: (between: string) => boolean,
): JoinedSpan {
  let first = index;
  let last = index;
  while (first > 0 && isSeparator(text.slice(spans[first - 1]!.end, spans[first]!.at))) first -= 1;
  while (last + 1 < spans.length && isSeparator(text.slice(spans[last]!.end, spans[last + 1]!.at))) last += 1;
  return joinSpans(text, spans.slice(first, last + 1));
}

/** Several spans as the members of one list. A percent sign behind the last one belongs to it. */
export function joinSpans(text: string, spans: readonly MathSpan[]): JoinedSpan {
  const [first, last] = [spans[0]!, spans.at(-1)!];
  const content = spans.map((span) => trimPunctuation(span.content)).join('; ');
  const mark = hasPercentAfter(text, last.end) && !/%/.test(last.content) ? '\\%' : '';
  return { at: first.at, end: last.end, content: content + mark };
}

function hasPercentAfter(text: string, at: number): boolean {
  return /^(?:\s?\\?\)?\$?)\s?(?:\\?%|percent\b|pct\b|per cent\b)/.test(text.slice(at, at + 16));
}

/** Drops a leading equals sign and final punctuation of a formula. */
export function trimPunctuation(content: string): string {
  return content
    .trim()
    .replace(/^=\s{0,3}/, '')
    .replace(/(?:[.,;:]|\\[,;:!])$/, '')
    .trim();
}
