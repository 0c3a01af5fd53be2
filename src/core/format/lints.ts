import { AnswerLineWatch, findAnswerLabels, findLineEnd } from '../answer.ts';
import type { FormatBlock, LintCode } from './format-report.ts';
import {
  AT_END,
  findTags,
  findTrunkRanges,
  PieceSearch,
  type TagListener,
  type TagMatch,
  type TextPiece,
  TrunkTracker,
} from './tag-stream.ts';

/** Takes a lint; only the first of each code counts. `seen` as in `ViolationSink`. */
export type LintReport = (code: LintCode, at: number, seen: number) => void;

/**
 * A tag as it is not written: in other case, with blanks or attributes; escaped with a backslash or for HTML; with the angle
 * brackets of mathematics or typography; in full-width letters, or Cyrillic or Greek ones that look alike; with characters
 * without a width in it. Every repetition is bounded, so that a run of blanks after `<` costs nothing.
 */
const LOOKALIKE =
  /(?:\\?<|&lt;|[＜〈⟨‹])[\u00ad\u200b-\u200d\u2060\ufeff]{0,2}\s{0,3}\\?[/／]?\s{0,3}(?:[pｐрρ][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[aａаα][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[rｒг][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[aａаα][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[lｌӏi][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[lｌӏi][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[eｅеε][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[lｌӏi][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}|[pｐрρ][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[aａаα][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[tｔтτ][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[hｈһнη][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}|[sｓѕ][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[uｕυ][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[mｍм][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[mｍм][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[aａаα][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[rｒг][\u00ad\u200b-\u200d\u2060\ufeff]{0,2}[yｙуυ][\u00ad\u200b-\u200d\u2060\ufeff]{0,2})(?:[\s\d:="'][^<>\n]{0,40}?)?\s{0,3}\/?(?:\\?>|&gt;|[＞〉⟩›])/giu;
const LONGEST_LOOKALIKE = 96;

const MECHANISM = /\bparallel (?:thinking|blocks?|paths?|reasoning)\b|\breasoning paths?\b/gi;
const LONGEST_MECHANISM = 18;

/**
 * Habits worth a look that show in the letters of a response. Keeps the text, because some of them
 * show only at its end. Linear time, never throws.
 */
export class TextLints implements TagListener {
  readonly #report: LintReport;
  readonly #answer: AnswerLineWatch;
  readonly #lookalike = new PieceSearch(LOOKALIKE, LONGEST_LOOKALIKE, false);
  readonly #mechanism = new PieceSearch(MECHANISM, LONGEST_MECHANISM, true);
  readonly #trunk = new TrunkTracker();
  readonly #kept: string[] = [];
  readonly #blocks: FormatBlock[] = [];

  constructor(report: LintReport) {
    this.#report = report;
    this.#answer = new AnswerLineWatch(report);
  }

  text(piece: TextPiece): void {
    const { content, from } = piece;
    this.#kept.push(content);
    this.#answer.text(piece);
    for (const { at, end } of this.#lookalike.add(content, from)) this.#report('lookalike_tag', at, end);
    if (!this.#trunk.isTrunk) return;
    for (const { at, seen } of this.#mechanism.add(content, from)) this.#report('mentions_mechanism', at, seen!);
  }

  tag(match: TagMatch): void {
    this.#kept.push(match.tag);
    this.#answer.tag(match);
    this.#lookalike.close();
    this.#closeTrunk(match.end);
    this.#trunk.accept(match.tag);
  }

  /** A well-formed block is complete. */
  block(block: FormatBlock, contents: readonly string[], seen: number): void {
    this.#blocks.push(block);
    const point = (code: LintCode, place: PathPlace | null) => {
      if (place !== null) this.#report(code, block.paths[place.path]![0] + place.offset, seen);
    };
    point('near_duplicate_paths', findNearDuplicate(contents));
    point('order_words_in_path', findOrderWords(contents));
  }

  finish(): void {
    const text = this.#kept.join('');
    this.#closeTrunk(AT_END);
    this.#answer.finish(text);
    const early = findEarlyAnswer(text, this.#blocks);
    if (early !== null) this.#report('answer_before_block', early, AT_END);
  }

  #closeTrunk(seen: number): void {
    for (const match of this.#mechanism.close()) this.#report('mentions_mechanism', match.at, match.seen ?? seen);
  }
}

/** Lints on the paths of one block. Each returns the index of the path, and the offset in it, or null. */
export interface PathPlace {
  readonly path: number;
  readonly offset: number;
}

const ORDER_WORDS =
  /\b(?:first|second|third|previous|preceding|other|earlier|next|above) path\b|\bpath (?:\d|one\b|two\b|three\b)/i;

/** A path that mentions another one, or its own number. */
function findOrderWords(contents: readonly string[]): PathPlace | null {
  for (const [path, content] of contents.entries()) {
    const offset = content.search(ORDER_WORDS);
    if (offset >= 0) return { path, offset };
  }
  return null;
}

/** Paths compared per block: the number of pairs must stay small whatever the block holds. */
const MAX_COMPARED_PATHS = 8;
const NEAR_DUPLICATE_SHARE = 0.9;

/** A path that shares nearly all its words with an earlier sibling. */
function findNearDuplicate(contents: readonly string[]): PathPlace | null {
  const words = contents.slice(0, MAX_COMPARED_PATHS).map(countWords);
  for (let b = 1; b < words.length; b += 1) {
    for (let a = 0; a < b; a += 1) {
      if (measureOverlap(words[a]!, words[b]!) >= NEAR_DUPLICATE_SHARE) return { path: b, offset: 0 };
    }
  }
  return null;
}

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Shared words over all words of both, as multisets. */
function measureOverlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  let total = 0;
  for (const [word, count] of a) {
    shared += Math.min(count, b.get(word) ?? 0);
    total += count;
  }
  for (const count of b.values()) total += count;
  return total === 0 ? 0 : (2 * shared) / total;
}

/** Anything longer is prose rather than a value. */
const MAX_VALUE_CHARS = 60;

/** Offset of a block that repeats a final value which the trunk has already asserted (`… is 42. <Parallel>…42…`), or null. */
function findEarlyAnswer(text: string, blocks: readonly FormatBlock[]): number | null {
  if (blocks.length === 0) return null;
  const label = findAnswerLabels(text).at(-1);
  if (label === undefined) return null;
  const value = text.slice(label.end, findLineEnd(text, label.end)).trim();
  if (value === '' || value.length > MAX_VALUE_CHARS) return null;
  const asserted = findAssertion(text, findTrunkRanges(text, findTags(text)), value);
  if (asserted === null) return null;
  const repeats = (block: FormatBlock) => containsValue(text.slice(block.open, block.summary[1]), value);
  return blocks.find((block) => block.open > asserted && repeats(block))?.open ?? null;
}

function findAssertion(text: string, trunk: readonly (readonly [number, number])[], value: string): number | null {
  for (const [from, to] of trunk) {
    const stretch = text.slice(from, to);
    for (let at = stretch.indexOf(value); at >= 0; at = stretch.indexOf(value, at + value.length)) {
      const before = stretch.slice(Math.max(0, at - 12), at);
      if (/(?:=|\bis|\bare|\bequals|\bbe|:)[\s$*\\(]{0,4}$/.test(before) && !isGlued(stretch, at, value))
        return from + at;
    }
  }
  return null;
}

function containsValue(stretch: string, value: string): boolean {
  for (let at = stretch.indexOf(value); at >= 0; at = stretch.indexOf(value, at + value.length)) {
    if (!isGlued(stretch, at, value)) return true;
  }
  return false;
}

/** Whether the value is part of a longer number or word (`2` in `12`, in `2.5` or in `2nd`). */
function isGlued(stretch: string, at: number, value: string): boolean {
  return (
    /[\p{L}\p{N}.]$/u.test(stretch.slice(Math.max(0, at - 1), at)) ||
    /^(?:[\p{L}\p{N}]|[.,]\d)/u.test(stretch.slice(at + value.length, at + value.length + 2))
  );
}
