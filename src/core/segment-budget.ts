import type { RolloutSettings } from './curriculum.ts';

/** The part of the rollout settings that budgets depend on, for a block of so many paths. Tokens throughout. */
export type BudgetSettings = Pick<
  RolloutSettings,
  'maxResponseTokens' | 'maxPathTokens' | 'minPathTokens' | 'reserveSummaryTokens' | 'reserveAnswerTokens'
> & { readonly paths: number };

/**
 * `max_tokens` of each path of a block that would begin after `usedTokens` of response, or null when
 * the fork must be refused, because too little would remain for paths, summary and answer (method 3.4).
 * `fixedTokens` is what the controller may insert: path tags and labels, `</Parallel>`, gap, summary tags.
 */
export function computePathCap(settings: BudgetSettings, usedTokens: number, fixedTokens: number): number | null {
  // A summary call asks for at least one token, whatever the reserve says.
  const reserved = fixedTokens + Math.max(1, settings.reserveSummaryTokens) + settings.reserveAnswerTokens;
  const available = settings.maxResponseTokens - usedTokens - reserved;
  const cap = Math.min(settings.maxPathTokens, Math.floor(available / settings.paths));
  return cap < Math.max(1, settings.minPathTokens) ? null : cap;
}
