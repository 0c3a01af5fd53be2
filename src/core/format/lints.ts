import { AnswerLineWatch } from '../answer.ts';
import { findEarlyAnswer } from './early-answer.ts';
import { type TagMatch, TrunkTracker } from './find-tags.ts';
import type { FormatBlock, LintCode } from './format-report.ts';
import { findNearDuplicate, findOrderWords, type PathPlace } from './path-lints.ts';
import { PieceSearch } from './piece-search.ts';
import { AT_END, type TagListener, type TextPiece } from './tag-stream.ts';

/** Takes a lint; only the first of each code counts. `seen` as in `ViolationSink`. */
export type LintReport = (code: LintCode, at: number, seen: number) => void;

/** All repetitions are bounded, so that a run of blanks after `<` costs nothing. */
const LOOKALIKE = /<\s{0,3}\/?\s{0,3}(?:parallel|path|summary)(?:[\s\d:="'][^<>\n]{0,40})?\s{0,3}\/?>/gi;
const LONGEST_LOOKALIKE = 64;

const MECHANISM = /\bparallel (?:thinking|blocks?|paths?|reasoning)\b|\breasoning paths?\b/gi;
const LONGEST_MECHANISM = 18;

/**
 * Habits worth a look that need the letters of a response (method 2.3). Keeps the text, because some
 * can be told at its end only. Linear time, never throws.
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
