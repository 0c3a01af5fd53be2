import { type FinishedChoice, type SamplingPlan, sampleChoices } from '../sample-choices.ts';
import type { EngineContext } from './engine-context.ts';
import { unknownModel } from './error-reply.ts';

/** Samples for a named model and counts what came of it. Throws 404 for an unknown name. */
export async function runPlan(
  model: string,
  plan: Omit<SamplingPlan, 'snapshot'>,
  signal: AbortSignal,
  ctx: EngineContext,
): Promise<readonly FinishedChoice[]> {
  const found = ctx.snapshots.find(model);
  if (found === null) throw unknownModel(model);
  const startedAt = ctx.now();
  try {
    const choices = await sampleChoices(ctx.lm, { ...plan, snapshot: await found }, signal);
    for (const choice of choices) ctx.counts.countFinish(choice.finish);
    return choices;
  } catch (error) {
    if (signal.aborted) for (let i = 0; i < plan.n; i += 1) ctx.counts.countFinish('abort');
    throw error;
  } finally {
    ctx.counts.addLatency(ctx.now() - startedAt);
  }
}

/** The `usage` object of an answer. */
export function describeUsage(promptTokens: number, choices: readonly FinishedChoice[]) {
  const completionTokens = choices.reduce((sum, choice) => sum + choice.ids.length, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    // Of the first choice: the others reuse the prompt of their own request, which says nothing of the cache.
    prompt_tokens_details: { cached_tokens: choices[0]?.cachedTokens ?? 0 },
  };
}
