import type { FormatMode, IdLintCode, LintCode } from './format-report.ts';

/** Checks that each mode switches on or off, whatever the source. */
interface CommonStrictness {
  /** `empty_path`: a path of white space only. On in `strict`. */
  readonly emptyPath: boolean;
  /** `duplicate_path`: the text of an earlier sibling, white space collapsed. On in `strict`. */
  readonly duplicatePath: boolean;
  /** `text_before_summary`: text between `</Parallel>` and `<Summary>`. On in `strict`. */
  readonly textBeforeSummary: boolean;
  /** Promotes `tag_in_prompt`: a tag in the prompt the source names. Off. */
  readonly tagInPrompt: boolean;
}

/**
 * How strict a check of text is, beyond its mode. In `reference` and `algorithm1` every switch is off
 * and adds what the strict parser sees to the fault of the bracket matcher.
 */
export interface FormatStrictness extends CommonStrictness {
  /** Promotes `answer_before_block`: the final value stated in the trunk before a block that repeats it. Off. */
  readonly answerBeforeBlock: boolean;
  /** Promotes `near_duplicate_paths`: siblings that share nine words of ten. Off. */
  readonly nearDuplicatePaths: boolean;
  /** Lints that make a response invalid. */
  readonly promote: readonly LintCode[];
}

/** How strict a check of token ids is: the switches that need no letters. */
export interface IdStrictness extends CommonStrictness {
  readonly promote: readonly IdLintCode[];
}

/** The switches of one check, every one decided. */
export interface ResolvedStrictness {
  readonly emptyPath: boolean;
  readonly duplicatePath: boolean;
  readonly textBeforeSummary: boolean;
  readonly promoted: ReadonlySet<LintCode>;
}

/** Fills in the defaults of a mode; switches that stand for a lint become promotions. */
export function resolveStrictness(mode: FormatMode, given: Partial<FormatStrictness> = {}): ResolvedStrictness {
  const base = mode === 'strict';
  const promoted = new Set<LintCode>(given.promote);
  if (given.tagInPrompt === true) promoted.add('tag_in_prompt');
  if (given.answerBeforeBlock === true) promoted.add('answer_before_block');
  if (given.nearDuplicatePaths === true) promoted.add('near_duplicate_paths');
  return {
    emptyPath: given.emptyPath ?? base,
    duplicatePath: given.duplicatePath ?? base,
    textBeforeSummary: given.textBeforeSummary ?? base,
    promoted,
  };
}
