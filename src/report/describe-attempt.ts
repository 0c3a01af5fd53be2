import type { RunConfig } from '../config/schema.ts';
import { canonicaliseResponse, stripThinking } from '../core/canonicalise.ts';
import { checkFormat } from '../core/format/format-checker.ts';
import type { ListedAttempt } from '../ports/run-store/listings.ts';
import { type FormatDetail, quoteFormat } from './describe-rollout.ts';

/** One answer of a teacher, explained: what it wrote, and what is wrong with its form where the checker sees it. */
export interface AttemptDetail {
  readonly attempt: ListedAttempt;
  /** The format of what was left once thinking was removed and the tags were in canonical form; null where nothing was. */
  readonly format: FormatDetail | null;
}

/** Checks the form of a stored attempt again, as the filters did. `config` is null where the settings cannot be read. */
export function describeAttempt(attempt: ListedAttempt, config: RunConfig | null): AttemptDetail {
  const { raw, status, problem } = attempt;
  const stripped = raw === null || status === 'failed' ? null : stripThinking(raw);
  if (stripped === null || stripped.code !== null) return { attempt, format: null };
  const response = canonicaliseResponse(stripped.content);
  const { mode, promote = [] } = config?.format ?? { mode: 'strict' };
  return { attempt, format: quoteFormat(checkFormat(response, mode, { promote, prompt: problem.text }), response) };
}
