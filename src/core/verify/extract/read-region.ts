import { parseAnswer } from '../answer-parser.ts';
import { LIMITS, Refusal } from '../limits.ts';
import type { MathSpan, Span } from './boxes.ts';
import { isBoxSeparator, isFormulaSeparator, joinAround, joinSpans, trimPunctuation } from './join-neighbours.ts';
import { findLastNumber } from './numbers.ts';
import { isProse } from './prose.ts';

/** A text with what was found in it. */
export interface ScannedText {
  readonly text: string;
  readonly boxes: readonly MathSpan[];
  readonly environments: readonly MathSpan[];
}

/**
 * The answer that stands in a region (behind a label, in a sentence): its boxes, else all of it when
 * it is a formula and no prose, else its formulas, its last number, its words. Null when it is blank.
 */
export function readRegion(scan: ScannedText, region: Span): string | null {
  const boxes = pickInside(scan.boxes, region);
  if (boxes.length > 0) return joinAround(scan.text, boxes, boxes.length - 1, isBoxSeparator).content;
  const content = stripEmphasis(scan.text.slice(region.at, region.end));
  if (content === '') return null;
  const formula = readFormula(content);
  if (formula !== null) return formula;
  const formulas = pickInside(scan.environments, region);
  if (formulas.length > 0) return readFormulas(scan.text, region, formulas);
  return findLastNumber(content) ?? (/\p{L}/u.test(content) ? content : null);
}

function pickInside(spans: readonly MathSpan[], region: Span): MathSpan[] {
  return spans.filter((span) => span.at >= region.at && span.at < region.end);
}

/** The formulas a region begins with, else the last ones in it. */
function readFormulas(text: string, region: Span, formulas: readonly MathSpan[]): string {
  const leads = /^[\s*_"'\\:]*$/.test(text.slice(region.at, formulas[0]!.at));
  if (!leads) return joinAround(text, formulas, formulas.length - 1, isFormulaSeparator).content;
  let last = 0;
  while (last + 1 < formulas.length && isFormulaSeparator(text.slice(formulas[last]!.end, formulas[last + 1]!.at)))
    last += 1;
  return joinSpans(text, formulas.slice(0, last + 1)).content;
}

/** Without Markdown emphasis, quotes and final punctuation around it. */
export function stripEmphasis(text: string): string {
  const bare = text.replaceAll('**', ' ').replaceAll('__', ' ').replaceAll('`', ' ');
  let [from, to] = [0, bare.length];
  while (from < to && /[\s"'*_#>]/.test(bare[from]!)) from += 1;
  while (to > from && /[\s"'*_]/.test(bare[to - 1]!)) to -= 1;
  return trimPunctuation(bare.slice(from, to));
}

/** What gives a reason or a remark behind an answer: "5, since ...", "70 (bases ...". */
const REMARK = /,?\s(?:since|because|when|where|as|for|if|which|while)(?![A-Za-z])|\s\((?=[A-Za-z]{3})/;

/** The text as a formula, without a remark behind it; null when it is prose or cannot be parsed. */
export function readFormula(content: string): string | null {
  if (content.length > LIMITS.extracted) return null;
  const remark = content.search(REMARK);
  const head = remark > 0 ? content.slice(0, remark) : '';
  if (head !== '' && isFormula(head)) return head;
  return isFormula(content) ? content : null;
}

function isFormula(content: string): boolean {
  if (isProse(content)) return false;
  try {
    return parseAnswer(content).kind !== 'text';
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
