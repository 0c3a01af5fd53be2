import { createFormatChecker, type IdSource, type TextSource } from './format/format-checker.ts';
import type { FormatMode, FormatReport } from './format/format-report.ts';
import type { FormatStrictness, IdStrictness } from './format/strictness.ts';

/** Switches of a check of text, and the text that may hold no tag. */
export interface CheckFormatOptions extends Partial<FormatStrictness> {
  /** See `TextSource`. */
  readonly prompt?: string;
}

/** Switches of a check of token ids, which ids are blank, and the ids among which no tag may be. */
export type CheckIdsFormatOptions = Partial<IdStrictness> & Omit<IdSource, 'kind' | 'tags'>;

/**
 * Checks the format of a response (never the prompt, which holds the tags itself). `strict` is the
 * grammar of docs/data-flow.md, `reference` the function the reference rewards with, `algorithm1`
 * the paper's bracket check. Never throws, linear time.
 */
export function checkFormat(text: string, mode: FormatMode, options: CheckFormatOptions = {}): FormatReport {
  const { prompt, ...strictness } = options;
  const source: TextSource = prompt === undefined ? { kind: 'text' } : { kind: 'text', prompt };
  const checker = createFormatChecker({ mode, source, strictness });
  checker.push(text);
  return checker.finish();
}

/** The same on the token ids of a response: what is a tag is told by ids alone. Offsets are token indices. */
export function checkIdsFormat(
  ids: readonly number[],
  mode: FormatMode,
  tags: IdSource['tags'],
  options: CheckIdsFormatOptions = {},
): FormatReport {
  const { prompt, isBlank, ...strictness } = options;
  const source: IdSource = {
    kind: 'ids',
    tags,
    ...(isBlank === undefined ? {} : { isBlank }),
    ...(prompt === undefined ? {} : { prompt }),
  };
  const checker = createFormatChecker({ mode, source, strictness });
  checker.push(ids);
  return checker.finish();
}
