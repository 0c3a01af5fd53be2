import type {
  CheckFormatOptions,
  CheckIdsFormatOptions,
  FormatChecker,
  FormatCheckerOptions,
  IdSource,
  TextSource,
} from '../core/format/format-checker.ts';
import * as core from '../core/format/format-checker.ts';
import {
  type FormatMode,
  type FormatReport,
  type FormatSource,
  type FormatStrictness,
  type IdLintCode,
  type IdStrictness,
  LINT_CODES,
} from '../core/format/format-report.ts';
import { type CallerOption, findOptionFault } from '../core/options.ts';

/**
 * The format checks for callers without types, who may name a mode or a switch that does not exist: a check that
 * ignored it would judge by rules that nobody asked for.
 */

const MODES: Readonly<Record<FormatMode, true>> = { strict: true, reference: true, algorithm1: true };

const ID_LINTS: Readonly<Record<IdLintCode, true>> = { tag_in_prompt: true, no_block: true, noncanonical_space: true };

const LINTS: Readonly<Record<FormatSource, readonly string[]>> = { text: LINT_CODES, ids: Object.keys(ID_LINTS) };

const ID_SWITCHES = {
  emptyPath: 'boolean?',
  duplicatePath: 'boolean?',
  textBeforeSummary: 'boolean?',
  tagInPrompt: 'boolean?',
  promote: 'list?',
} as const satisfies Readonly<Record<string, CallerOption>>;

const TEXT_SWITCHES = { ...ID_SWITCHES, answerBeforeBlock: 'boolean?', nearDuplicatePaths: 'boolean?' } as const;

/** The switches of a check; `checkFormat` and `checkIdsFormat` take the parts of the source beside them. */
const FORMAT_OPTIONS = {
  switches: { text: TEXT_SWITCHES, ids: ID_SWITCHES },
  all: {
    text: { ...TEXT_SWITCHES, prompt: 'text?' },
    ids: { ...ID_SWITCHES, prompt: 'list?', isBlank: 'function?' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<FormatSource, Readonly<Record<string, CallerOption>>>>>>;

const CHECKER_OPTIONS = { mode: 'text', source: 'object', strictness: 'object?' } as const;

/**
 * Creates a check of text (offsets are UTF-16 code units) or of token ids (offsets are token indices). Throws
 * `TypeError` for a mode, source or switch that does not exist.
 */
export function createFormatChecker(options: FormatCheckerOptions<TextSource, FormatStrictness>): FormatChecker<string>;
export function createFormatChecker(
  options: FormatCheckerOptions<IdSource, IdStrictness>,
): FormatChecker<readonly number[]>;
export function createFormatChecker(
  options: FormatCheckerOptions<TextSource, FormatStrictness> | FormatCheckerOptions<IdSource, IdStrictness>,
): FormatChecker<string> | FormatChecker<readonly number[]> {
  const fault = findOptionFault('createFormatChecker', options, CHECKER_OPTIONS);
  if (fault !== null) throw new TypeError(fault);
  const { kind } = options.source;
  if (kind !== 'text' && kind !== 'ids')
    throw new TypeError('createFormatChecker: source.kind must be one of text, ids');
  requireFormatOptions('createFormatChecker', kind, options.mode, options.strictness ?? {}, 'switches');
  return isOfText(options) ? core.createFormatChecker(options) : core.createFormatChecker(options);
}

function isOfText(
  options: FormatCheckerOptions<TextSource, FormatStrictness> | FormatCheckerOptions<IdSource, IdStrictness>,
): options is FormatCheckerOptions<TextSource, FormatStrictness> {
  return options.source.kind === 'text';
}

/**
 * Checks the format of a response (never the prompt, which holds the tags itself). `strict` is the
 * grammar of docs/data-flow.md, `reference` the function the reference rewards with, `algorithm1`
 * the paper's bracket check. Linear time. No text makes it throw; a mode or an option that does not exist does
 * (`TypeError`).
 */
export function checkFormat(text: string, mode: FormatMode, options: CheckFormatOptions = {}): FormatReport {
  requireFormatOptions('checkFormat', 'text', mode, options, 'all');
  if (typeof text !== 'string') throw new TypeError('checkFormat: the response must be text');
  return core.checkFormat(text, mode, options);
}

/** `checkFormat` on the token ids of a response: ids alone decide what is a tag. Offsets are token indices. */
export function checkIdsFormat(
  ids: readonly number[],
  mode: FormatMode,
  tags: IdSource['tags'],
  options: CheckIdsFormatOptions = {},
): FormatReport {
  requireFormatOptions('checkIdsFormat', 'ids', mode, options, 'all');
  return core.checkIdsFormat(ids, mode, tags, options);
}

/** Throws `TypeError`, in one line that names the caller, for a mode, a switch or a lint that does not exist. */
function requireFormatOptions(
  caller: string,
  source: FormatSource,
  mode: unknown,
  given: { readonly promote?: unknown },
  kind: keyof typeof FORMAT_OPTIONS,
): void {
  const fault = findModeFault(caller, mode) ?? findOptionFault(caller, given, FORMAT_OPTIONS[kind][source]);
  if (fault !== null) throw new TypeError(fault);
  const lints = LINTS[source];
  const unknown = (given.promote as readonly string[] | undefined)?.find((code) => !lints.includes(code));
  if (unknown === undefined) return;
  throw new TypeError(`${caller}: promote: there is no lint ${JSON.stringify(unknown)}; known: ${lints.join(', ')}`);
}

function findModeFault(caller: string, mode: unknown): string | null {
  if (typeof mode === 'string' && Object.hasOwn(MODES, mode)) return null;
  return `${caller}: the mode must be one of ${Object.keys(MODES).join(', ')}`;
}
