/** Which checker judges: our grammar, the reference's reward function, or the paper's Algorithm 1. */
export type FormatMode = 'strict' | 'reference' | 'algorithm1';

/** What was checked: text, whose offsets are UTF-16 code units, or token ids, whose offsets are token indices. */
export type FormatSource = 'text' | 'ids';

/** Faults against the strict grammar. */
export type GrammarCode =
  | 'path_outside_block'
  | 'summary_outside_block'
  | 'stray_close'
  | 'text_in_block'
  | 'nested_block'
  | 'nested_path'
  | 'tag_in_path'
  | 'tag_in_summary'
  | 'summary_inside_block'
  | 'too_few_paths'
  | 'empty_path'
  | 'empty_summary'
  | 'duplicate_path'
  | 'missing_summary'
  | 'text_before_summary'
  | 'unclosed_block'
  | 'unclosed_path'
  | 'unclosed_summary';

/** Faults the two bracket matchers know (modes `reference` and `algorithm1`). */
export type BracketCode =
  | 'unmatched_close'
  | 'unclosed_tag'
  | 'too_few_paths'
  | 'summary_without_block'
  | 'missing_summary';

/**
 * Habits that make a response invalid only where they are promoted by name, in the
 * order in which a report lists them. Each is reported once, where it is first seen.
 */
export const LINT_CODES = [
  'tag_in_prompt',
  'no_block',
  'noncanonical_space',
  'lookalike_tag',
  'multiple_final_answers',
  'final_answer_in_block',
  'no_final_answer',
  'text_after_final_answer',
  'answer_before_block',
  'near_duplicate_paths',
  'order_words_in_path',
  'mentions_mechanism',
] as const;

export type LintCode = (typeof LINT_CODES)[number];

/** The lints that do not depend on the letters of a text: all that a check of token ids can see. */
export type IdLintCode = 'tag_in_prompt' | 'no_block' | 'noncanonical_space';

export type FormatCode = GrammarCode | BracketCode | LintCode;

/** One fault: a stable code and the offset where it was seen (of `tag_in_prompt`: in the prompt). */
export interface FormatViolation {
  readonly code: FormatCode;
  readonly at: number;
}

/** One lint, with its place as in a violation. */
export interface FormatLint extends FormatViolation {
  readonly code: LintCode;
}

/** Offsets in the unit of the source; ranges are half-open and exclude the tags. */
export interface FormatBlock {
  readonly open: number;
  readonly paths: readonly (readonly [from: number, to: number])[];
  readonly close: number;
  readonly summary: readonly [from: number, to: number];
}

/** List of violations with code and offset; the first one is the primary code. */
export interface FormatReport {
  readonly mode: FormatMode;
  readonly source: FormatSource;
  readonly valid: boolean;
  /** In the order in which they became certain. */
  readonly violations: readonly FormatViolation[];
  /** They do not affect `valid`; promoted ones are among the violations instead (strict mode). */
  readonly lints: readonly FormatLint[];
  /** Well-formed blocks in order (strict mode). */
  readonly blocks: readonly FormatBlock[];
}

/** Checks that each mode switches on or off, whatever the source. */
export interface CommonStrictness {
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
 * How strict a check of text is, beyond its mode. In `reference` and `algorithm1` every switch is off by default; one
 * that is on adds what the strict parser sees to the fault of the bracket matcher.
 */
export interface FormatStrictness extends CommonStrictness {
  /** Promotes `answer_before_block`: the final value stated in the trunk before a block that repeats it. Off. */
  readonly answerBeforeBlock: boolean;
  /** Promotes `near_duplicate_paths`: siblings that share nine words in ten. Off. */
  readonly nearDuplicatePaths: boolean;
  /** Lints that make a response invalid. */
  readonly promote: readonly LintCode[];
}

/** How strict a check of token ids is: the switches that do not depend on the letters of a text. */
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
