import { checkAlgorithm1, checkReference } from './format/bracket-checkers.ts';
import { findTags } from './format/find-tags.ts';
import type { FormatMode, FormatReport } from './format/format-report.ts';
import { lintResponse } from './format/lints.ts';
import { parseStrict } from './format/strict-parser.ts';

/**
 * Checks the format of a response (never the prompt, which holds the tags itself). `strict` is the
 * grammar of docs/data-flow.md, `reference` the function the reference rewards with, `algorithm1`
 * the paper's bracket check. Never throws, linear time.
 */
export function checkFormat(text: string, mode: FormatMode): FormatReport {
  const tags = findTags(text);
  if (mode === 'strict') {
    const parse = parseStrict(text, tags);
    const lints = lintResponse(text, tags, parse);
    return { mode, valid: parse.violations.length === 0, violations: parse.violations, lints, blocks: parse.blocks };
  }
  const fault = mode === 'reference' ? checkReference(tags) : checkAlgorithm1(tags);
  return { mode, valid: fault === null, violations: fault === null ? [] : [fault], lints: [], blocks: [] };
}
