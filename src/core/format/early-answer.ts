import { findAnswerLabels, findLineEnd } from '../answer.ts';
import { findTags, findTrunkRanges } from './find-tags.ts';
import type { FormatBlock } from './format-report.ts';

/** A longer value is no value but prose. */
const MAX_VALUE_CHARS = 60;

/** Offset of a block that repeats a final value the trunk had asserted before (`… is 42. <Parallel>…42…`), or null. */
export function findEarlyAnswer(text: string, blocks: readonly FormatBlock[]): number | null {
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
