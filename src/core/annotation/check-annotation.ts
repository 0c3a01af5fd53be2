import { checkFormat } from '../format/format-checker.ts';
import type { FormatBlock, FormatCode, LintCode } from '../format/format-report.ts';
import type { Tag } from '../grammar.ts';
import { alignTrunk } from './align-trunk.ts';
import { collectNumbers, collectWords, listNumbers, measureShare, type NumberPlace } from './list-terms.ts';

/** Faults of an annotated solution beyond its format; docs/data-flow.md says what each means. */
export type AnnotationCode = 'no_block' | 'text_changed' | 'content_lost' | 'content_added' | 'paths_depend';

/** Share of the distinct words of a replaced stretch that its block must keep. */
const MIN_KEPT_WORDS = 0.5;

/** Share of the distinct words and numbers of a path that must come from the solution or the problem. */
const MIN_TAKEN_TERMS = 0.5;

const SUMMARY_END: Tag = '</Summary>';

/** A solution and its annotated form. */
export interface Annotation {
  readonly problem: string;
  /** The sequential solution as the annotator was given it. */
  readonly solution: string;
  /** The annotated solution in canonical form. */
  readonly annotated: string;
}

/**
 * The first fault of an annotated solution, or null where there is none. Wanted are strict format with at least
 * `minBlocks` blocks, and never none; text outside the blocks unchanged; every block in the place of a stretch, with
 * all of its numbers and half of its words; no path that mostly says something else; no path that refers to another
 * or uses what only another finds. Never throws; work is bounded by the length squared.
 */
export function checkAnnotation(
  annotation: Annotation,
  { minBlocks, promote }: { readonly minBlocks: number; readonly promote: readonly LintCode[] },
): AnnotationCode | FormatCode | null {
  const { problem, solution, annotated } = annotation;
  const options = { promote: [...promote, 'order_words_in_path' as const], prompt: problem };
  const { violations, blocks } = checkFormat(annotated, 'strict', options);
  const fault = violations[0];
  if (fault !== undefined) return fault.code === 'order_words_in_path' ? 'paths_depend' : fault.code;
  if (blocks.length < Math.max(1, minBlocks)) return 'no_block';
  const { trunk, replacements } = splitResponse(annotated, blocks);
  const keeps = (stretch: string, gap: number) => keepsContent(stretch, replacements[gap]!);
  const alignment = alignTrunk(solution, trunk, keeps);
  if (alignment === 'changed') return 'text_changed';
  if (alignment === 'refused') return 'content_lost';
  return checkPaths(annotation, blocks);
}

/**
 * The pieces of the trunk, and what is between them: the paths and summary of a block. Blocks with nothing but
 * white space between them replace one stretch together.
 */
function splitResponse(annotated: string, blocks: readonly FormatBlock[]): { trunk: string[]; replacements: string[] } {
  const trunk: string[] = [];
  const replacements: string[] = [];
  let end = 0;
  for (const { open, paths, summary } of blocks) {
    const piece = annotated.slice(end, open);
    const content = [...paths, summary].map(([from, to]) => annotated.slice(from, to)).join('\n');
    if (replacements.length > 0 && piece.trim() === '') {
      replacements.push(`${replacements.pop()}\n${content}`);
    } else {
      trunk.push(piece);
      replacements.push(content);
    }
    end = summary[1] + SUMMARY_END.length;
  }
  return { trunk: [...trunk, annotated.slice(end)], replacements };
}

function keepsContent(stretch: string, block: string): boolean {
  return (
    measureShare(collectNumbers(stretch), collectNumbers(block)) === 1 &&
    measureShare(collectWords(stretch), collectWords(block)) >= MIN_KEPT_WORDS
  );
}

function checkPaths(
  { problem, solution, annotated }: Annotation,
  blocks: readonly FormatBlock[],
): AnnotationCode | null {
  const source = collectTerms(`${problem}\n${solution}`);
  for (const { open, paths } of blocks) {
    const contents = paths.map(([from, to]) => annotated.slice(from, to));
    if (contents.some((path) => measureShare(collectTerms(path), source) < MIN_TAKEN_TERMS)) return 'content_added';
    if (hasDependentPath(`${problem}\n${annotated.slice(0, open)}`, contents)) return 'paths_depend';
  }
  return null;
}

function collectTerms(text: string): Set<string> {
  return new Set([...collectNumbers(text), ...collectWords(text)]);
}

/** What shows, right before a number, that it was just found: a sign, or a sign or word. */
const COMPUTED = /[=≈][\s$£€\\({*]{0,6}$/;
const STATED =
  /(?:[=≈]|\b(?:is|are|be|equals?|gives?|makes?|so|thus|or|to|has|have|gets?|total|totals|totall?ing))[\s$£€\\({*:]{0,6}$/i;

/** An operator beside a number. */
const OPERATOR_BEFORE = /(?:[-+*/×÷·−]|\\times|\\cdot|\\div)[\s$£€\\({]{0,6}$/;
const OPERATOR_AFTER = /^[\s$\\)}]{0,6}(?:[-+*/×÷·−]|times|cdot|div)/;

/**
 * Whether a path calculates with a value that only a sibling finds: the path uses it as an operand and nowhere states
 * it as found (after `=`, `is`, `so`, ...), no text before the block holds it, and a sibling computes it (after `=`).
 * Values of one digit, and 100, are left out: they are as often words in digits ("twice", "per cent") as a sibling's
 * result.
 */
export function hasDependentPath(before: string, paths: readonly string[]): boolean {
  const known = collectNumbers(before);
  const read = paths.map((path) => readValues(path, known));
  return read.some(({ borrowed }, i) =>
    read.some(({ computed }, k) => k !== i && [...borrowed].some((value) => computed.has(value))),
  );
}

/** The values a path calculates with and does not find, and those it computes. */
function readValues(path: string, known: ReadonlySet<string>): { borrowed: Set<string>; computed: Set<string> } {
  const numbers = listNumbers(path).filter(({ value }) => value.length > 1 && value !== '100' && !known.has(value));
  const valuesOf = (places: readonly NumberPlace[]) => new Set(places.map(({ value }) => value));
  const stated = valuesOf(numbers.filter(({ lead }) => STATED.test(lead)));
  const operands = numbers.filter(({ lead, tail }) => OPERATOR_BEFORE.test(lead) || OPERATOR_AFTER.test(tail));
  return {
    borrowed: valuesOf(operands.filter(({ value }) => !stated.has(value))),
    computed: valuesOf(numbers.filter(({ lead }) => COMPUTED.test(lead))),
  };
}
