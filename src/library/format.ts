/** `parallel-r1/format`: whether a response is well-formed, and bringing it into canonical form (docs/library.md). */

export { canonicaliseResponse, rewriteAnswerLine, type StrippedText, stripThinking } from '../core/canonicalise.ts';
export type {
  CheckFormatOptions,
  CheckIdsFormatOptions,
  FormatChecker,
  FormatCheckerOptions,
  IdSource,
  TextSource,
} from '../core/format/format-checker.ts';
export {
  type BracketCode,
  type CommonStrictness,
  type FormatBlock,
  type FormatCode,
  type FormatLint,
  type FormatMode,
  type FormatReport,
  type FormatSource,
  type FormatStrictness,
  type FormatViolation,
  type GrammarCode,
  type IdLintCode,
  type IdStrictness,
  LINT_CODES,
  type LintCode,
} from '../core/format/format-report.ts';
export { TAGS, type Tag, type TagIds } from '../core/grammar.ts';
export { checkFormat, checkIdsFormat, createFormatChecker } from './checked-format.ts';
