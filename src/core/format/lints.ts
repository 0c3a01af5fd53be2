import { findAnswerLabels, findLineEnd, listAnswerLineFaults } from '../answer.ts';
import { findTrunkRanges, type TagMatch } from './find-tags.ts';
import type { FormatBlock, FormatViolation } from './format-report.ts';
import type { StrictParse } from './strict-parser.ts';

/** Habits worth a look that do not make a response invalid (method 2.3). Linear time, never throws. */
export function lintResponse(text: string, tags: readonly TagMatch[], parse: StrictParse): FormatViolation[] {
  const lints: FormatViolation[] = [];
  if (!tags.some((match) => match.tag === '<Parallel>')) lints.push({ code: 'no_block', at: 0 });
  const loose = parse.looseSpaces[0];
  if (loose !== undefined) lints.push({ code: 'noncanonical_space', at: loose });
  pushFirst(lints, 'lookalike_tag', findLookalike(text, tags));
  lints.push(...listAnswerLineFaults(text));
  pushFirst(lints, 'answer_before_block', findEarlyAnswer(text, tags, parse.blocks));
  pushFirst(lints, 'near_duplicate_paths', findNearDuplicate(text, parse.blocks));
  pushFirst(lints, 'order_words_in_path', findOrderWords(text, parse.blocks));
  pushFirst(lints, 'mentions_mechanism', findInTrunk(text, tags, MECHANISM));
  return lints;
}

function pushFirst(lints: FormatViolation[], code: string, at: number | null): void {
  if (at !== null) lints.push({ code, at });
}

/** All repetitions are bounded, so that a run of blanks after `<` costs nothing. */
const LOOKALIKE = /<\s{0,3}\/?\s{0,3}(?:parallel|path|summary)(?:[\s\d:="'][^<>\n]{0,40})?\s{0,3}\/?>/gi;

function findLookalike(text: string, tags: readonly TagMatch[]): number | null {
  const exact = new Set(tags.map((match) => match.at));
  for (const match of text.matchAll(LOOKALIKE)) if (!exact.has(match.index)) return match.index;
  return null;
}

const MECHANISM = /\bparallel (?:thinking|blocks?|paths?|reasoning)\b|\breasoning paths?\b/i;

function findInTrunk(text: string, tags: readonly TagMatch[], pattern: RegExp): number | null {
  for (const [from, to] of findTrunkRanges(text, tags)) {
    const at = text.slice(from, to).search(pattern);
    if (at >= 0) return from + at;
  }
  return null;
}

const ORDER_WORDS =
  /\b(?:first|second|third|previous|preceding|other|earlier|next|above) path\b|\bpath (?:\d|one\b|two\b|three\b)/i;

function findOrderWords(text: string, blocks: readonly FormatBlock[]): number | null {
  for (const block of blocks) {
    for (const [from, to] of block.paths) {
      const at = text.slice(from, to).search(ORDER_WORDS);
      if (at >= 0) return from + at;
    }
  }
  return null;
}

/** Paths compared per block: the number of pairs must stay small whatever the block holds. */
const MAX_COMPARED_PATHS = 8;
const NEAR_DUPLICATE_SHARE = 0.9;

function findNearDuplicate(text: string, blocks: readonly FormatBlock[]): number | null {
  for (const block of blocks) {
    const words = block.paths.slice(0, MAX_COMPARED_PATHS).map(([from, to]) => countWords(text.slice(from, to)));
    for (let b = 1; b < words.length; b += 1) {
      for (let a = 0; a < b; a += 1) {
        if (measureOverlap(words[a]!, words[b]!) >= NEAR_DUPLICATE_SHARE) return block.paths[b]![0];
      }
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

/** Offset of a block that repeats a final value the trunk had asserted before (`… is 42. <Parallel>…42…`). */
function findEarlyAnswer(text: string, tags: readonly TagMatch[], blocks: readonly FormatBlock[]): number | null {
  const label = findAnswerLabels(text).at(-1);
  if (label === undefined || blocks.length === 0) return null;
  const value = text.slice(label.end, findLineEnd(text, label.end)).trim();
  if (value === '' || value.length > 60) return null;
  const asserted = findAssertion(text, findTrunkRanges(text, tags), value);
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
    /[\p{L}\p{N}.]$/u.test(stretch.slice(0, at).slice(-1)) ||
    /^(?:[\p{L}\p{N}]|[.,]\d)/u.test(stretch.slice(at + value.length, at + value.length + 2))
  );
}
