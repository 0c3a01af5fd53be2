import { type RolloutSettings, readPathRange } from './curriculum.ts';

/** How prompts and responses are kept within the context of the student's model. */

/** Lengths that hold when nobody sets others. */
export const DEFAULT_PROMPT_TOKENS = 2000;
export const DEFAULT_RESPONSE_TOKENS = 3000;

/** Longest prompt and longest response, in tokens. */
export type Lengths = Pick<RolloutSettings, 'maxPromptTokens' | 'maxResponseTokens'>;

/** What says how long a rollout may be, and how long a block is at least. */
export type LengthSettings = Lengths &
  Pick<
    RolloutSettings,
    'mode' | 'paths' | 'maxBlocks' | 'minPathTokens' | 'reserveSummaryTokens' | 'reserveAnswerTokens'
  >;

/** Tokens of the smallest possible block, with its tags and what is reserved after it; 0 where no block may open. */
export function computeBlockFloor(settings: Omit<LengthSettings, keyof Lengths>): number {
  if (settings.mode !== 'parallel' || settings.maxBlocks === 0) return 0;
  const { min } = readPathRange(settings.paths);
  const tags = 2 * min + 4;
  return min * settings.minPathTokens + settings.reserveSummaryTokens + settings.reserveAnswerTokens + tags;
}

/**
 * Lengths that fit into a context of that many tokens, and the same ones where they fit already. Only what is at its default
 * gives way: one length to what the other leaves, both in proportion. Null: both were set, or no block could open in what
 * is left.
 */
export function fitLengths(settings: LengthSettings, contextTokens: number): Lengths | null {
  const { maxPromptTokens, maxResponseTokens } = settings;
  const together = maxPromptTokens + maxResponseTokens;
  if (together <= contextTokens) return { maxPromptTokens, maxResponseTokens };
  const isPromptFree = maxPromptTokens === DEFAULT_PROMPT_TOKENS;
  const isResponseFree = maxResponseTokens === DEFAULT_RESPONSE_TOKENS;
  if (!isPromptFree && !isResponseFree) return null;
  const prompt = !isPromptFree
    ? maxPromptTokens
    : isResponseFree
      ? Math.floor((contextTokens * maxPromptTokens) / together)
      : contextTokens - maxResponseTokens;
  const response = contextTokens - prompt;
  if (prompt < 1 || response < 1 || response <= computeBlockFloor(settings)) return null;
  return { maxPromptTokens: prompt, maxResponseTokens: response };
}

/** One line on lengths that do not fit as they are set. */
export function describeMisfit(model: string, { maxPromptTokens, maxResponseTokens }: Lengths, contextTokens: number) {
  return `${model} takes ${contextTokens} tokens, and rollout.maxPromptTokens ${maxPromptTokens} + rollout.maxResponseTokens ${maxResponseTokens} are ${maxPromptTokens + maxResponseTokens}`;
}

/** One line on lengths that were made to fit. */
export function describeFit(model: string, { maxPromptTokens, maxResponseTokens }: Lengths, contextTokens: number) {
  return `${model} has a context of ${contextTokens} tokens: rollout.maxPromptTokens is ${maxPromptTokens} and rollout.maxResponseTokens ${maxResponseTokens} in this run`;
}
