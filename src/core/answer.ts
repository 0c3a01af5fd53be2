import { findTags, findTrunkRanges } from './format/find-tags.ts';
import type { FormatViolation } from './format/format-report.ts';

/** Rejection codes of the answer line (method 4.3). */
export type AnswerLineCode =
  | 'no_final_answer'
  | 'multiple_final_answers'
  | 'final_answer_in_block'
  | 'text_after_final_answer';

/** A `Final Answer:` label in a text; offsets are UTF-16 code units, `end` is exclusive. */
export interface LabelMatch {
  readonly at: number;
  readonly end: number;
}

/** All labels, whatever their case and emphasis (`**Final Answer:** 7`). Linear: every repetition is bounded. */
export function findAnswerLabels(text: string): LabelMatch[] {
  const found: LabelMatch[] = [];
  for (const match of text.matchAll(/final answer[ \t]{0,3}\*{0,2}[ \t]{0,3}[:\uff1a]\*{0,2}/gi)) {
    found.push({ at: match.index, end: match.index + match[0].length });
  }
  return found;
}

/**
 * Faults of the answer line, in the order of method 4.3: there must be exactly one label, in trunk
 * text, with a value, on the last non-blank line.
 */
export function listAnswerLineFaults(text: string): (FormatViolation & { readonly code: AnswerLineCode })[] {
  const labels = findAnswerLabels(text);
  const last = labels.at(-1);
  if (last === undefined) return [{ code: 'no_final_answer', at: text.length }];
  const faults: (FormatViolation & { readonly code: AnswerLineCode })[] = [];
  if (labels.length > 1) faults.push({ code: 'multiple_final_answers', at: labels[1]!.at });
  const hidden = findHiddenLabel(text, labels);
  if (hidden !== null) faults.push({ code: 'final_answer_in_block', at: hidden.at });
  const rest = text.slice(last.end);
  const value = rest.trimStart();
  if (value === '') return [...faults, { code: 'no_final_answer', at: last.at }];
  const lineEnd = findLineEnd(text, last.end);
  const after = text.slice(lineEnd);
  if (text.slice(last.end, lineEnd).trim() === '' || after.trim() !== '') {
    faults.push({ code: 'text_after_final_answer', at: lineEnd + after.length - after.trimStart().length });
  }
  return faults;
}

/** The first fault of the answer line, or null when the line is as wanted. */
export function checkAnswerLine(text: string): AnswerLineCode | null {
  return listAnswerLineFaults(text)[0]?.code ?? null;
}

function findHiddenLabel(text: string, labels: readonly LabelMatch[]): LabelMatch | null {
  const trunk = findTrunkRanges(text, findTags(text));
  let range = 0;
  for (const label of labels) {
    while (range < trunk.length && trunk[range]![1] <= label.at) range += 1;
    if (range === trunk.length || trunk[range]![0] > label.at) return label;
  }
  return null;
}

/** Offset of the next line break, or the end of the text. */
export function findLineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}
