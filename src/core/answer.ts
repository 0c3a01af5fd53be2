import type { LintCode } from './format/format-report.ts';
import {
  AT_END,
  PieceSearch,
  scanText,
  type TagListener,
  type TagMatch,
  type TextPiece,
  TrunkTracker,
} from './format/tag-stream.ts';

/** Rejection codes of the answer line. Where several apply, the first in this list is reported. */
const ANSWER_LINE_CODES = [
  'multiple_final_answers',
  'final_answer_in_block',
  'no_final_answer',
  'text_after_final_answer',
] as const satisfies readonly LintCode[];

export type AnswerLineCode = (typeof ANSWER_LINE_CODES)[number];

/** A `Final Answer:` label in a text; offsets are UTF-16 code units, `end` is exclusive. */
export interface LabelMatch {
  readonly at: number;
  readonly end: number;
}

/** The label up to its colon, whatever its case and emphasis. Every repetition is bounded. */
const LABEL = /final answer[ \t]{0,3}\*{0,2}[ \t]{0,3}[:\uff1a]/gi;
const LONGEST_LABEL = 21;

/** All labels with the emphasis around them (`**Final Answer:** 7`). Linear in the length of the text. */
export function findAnswerLabels(text: string): LabelMatch[] {
  const found: LabelMatch[] = [];
  for (const match of text.matchAll(LABEL)) {
    found.push({ at: match.index, end: skipEmphasis(text, match.index + match[0].length) });
  }
  return found;
}

function skipEmphasis(text: string, from: number): number {
  let end = from;
  while (end < from + 2 && text[end] === '*') end += 1;
  return end;
}

/**
 * Checks the answer line of a text that arrives in pieces: there must be exactly one label, in trunk
 * text, with a value, on the last non-blank line. Reports each code once. Linear time.
 */
export class AnswerLineWatch implements TagListener {
  readonly #report: (code: AnswerLineCode, at: number, seen: number) => void;
  readonly #search = new PieceSearch(LABEL, LONGEST_LABEL, false);
  readonly #trunk = new TrunkTracker();
  #labels = 0;
  #hasHidden = false;
  #last: LabelMatch | null = null;

  constructor(report: (code: AnswerLineCode, at: number, seen: number) => void) {
    this.#report = report;
  }

  text({ content, from }: TextPiece): void {
    for (const { at, end } of this.#search.add(content, from)) {
      this.#last = { at, end };
      this.#labels += 1;
      if (this.#labels === 2) this.#report('multiple_final_answers', at, end);
      if (this.#trunk.isTrunk || this.#hasHidden) continue;
      this.#hasHidden = true;
      this.#report('final_answer_in_block', at, end);
    }
  }

  tag({ tag }: TagMatch): void {
    this.#search.close();
    this.#trunk.accept(tag);
  }

  /** Reports what only the end of the text can show; `text` is the whole of it. */
  finish(text: string): void {
    if (this.#last === null) {
      this.#report('no_final_answer', text.length, AT_END);
      return;
    }
    const end = skipEmphasis(text, this.#last.end);
    if (text.slice(end).trimStart() === '') {
      this.#report('no_final_answer', this.#last.at, AT_END);
      return;
    }
    const lineEnd = findLineEnd(text, end);
    const after = text.slice(lineEnd);
    const rest = after.trimStart();
    if (text.slice(end, lineEnd).trim() === '' || rest !== '') {
      this.#report('text_after_final_answer', text.length - rest.length, AT_END);
    }
  }
}

/** The first fault of the answer line, in the order of the codes, or null when the line is as it should be. */
export function checkAnswerLine(text: string): AnswerLineCode | null {
  const faults = new Set<AnswerLineCode>();
  const watch = new AnswerLineWatch((code) => faults.add(code));
  scanText(text, watch);
  watch.finish(text);
  return ANSWER_LINE_CODES.find((code) => faults.has(code)) ?? null;
}

/** Offset of the next line break, or the end of the text. */
export function findLineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}
