import { type CallerOption, findOptionFault } from '../options.ts';
import { type FormatMode, type FormatSource, type IdLintCode, LINT_CODES } from './format-report.ts';

/** What callers without types may get wrong: a check that ignored it would judge by other rules than were asked for. */

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

/** Throws `TypeError`, in one line that names the caller, for a mode, a switch or a lint that does not exist. */
export function requireFormatOptions(
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
