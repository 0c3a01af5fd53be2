import type { EmbeddedLm, SampleChoice } from '../model/contract.ts';
import { decodeIds, EOS_ID } from '../tokenizer.ts';

/** One request for samples, as either face reads it. */
export interface SamplingPlan {
  readonly snapshot: string;
  readonly prompt: readonly number[];
  readonly n: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly stopTokenIds: readonly number[];
  readonly stopStrings: readonly string[];
  readonly includeStop: boolean;
  readonly skipSpecial: boolean;
  readonly positionIds?: readonly number[];
  readonly attnPath?: readonly number[];
}

/** A choice after stop strings were applied. `ids` keeps the token that ended it, `text` follows `includeStop`. */
export interface FinishedChoice {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly text: string;
  readonly finish: 'stop' | 'length';
  /** The stop string or stop token id; null for the end of sequence and for a length stop. */
  readonly stopReason: string | number | null;
  readonly cachedTokens: number;
}

/** Samples n choices; `<eos>` always ends one. Rejects as `EmbeddedLm.sample` does. */
export async function sampleChoices(
  lm: EmbeddedLm,
  plan: SamplingPlan,
  signal: AbortSignal,
): Promise<FinishedChoice[]> {
  const { snapshot, prompt, n, maxTokens, temperature, topP, seed, positionIds, attnPath } = plan;
  const stopTokenIds = plan.stopTokenIds.includes(EOS_ID) ? plan.stopTokenIds : [...plan.stopTokenIds, EOS_ID];
  const request = { snapshot, prompt, n, maxTokens, temperature, topP, seed, stopTokenIds };
  const structure = { ...(positionIds && { positionIds }), ...(attnPath && { attnPath }) };
  const choices = await lm.sample({ ...request, ...structure }, signal);
  return choices.map((choice) => cutAtStopString(choice, plan) ?? finishChoice(choice, plan));
}

function finishChoice(choice: SampleChoice, plan: SamplingPlan): FinishedChoice {
  const last = choice.ids.at(-1);
  const isStopped = choice.finish === 'stop' && last !== undefined;
  const shown = isStopped && !plan.includeStop ? choice.ids.slice(0, -1) : choice.ids;
  return {
    ...choice,
    text: decodeIds(shown, plan.skipSpecial),
    stopReason: isStopped && last !== EOS_ID ? last : null,
  };
}

/** Ends a choice at the earliest stop string in its text; null when none occurs. */
function cutAtStopString(choice: SampleChoice, plan: SamplingPlan): FinishedChoice | null {
  if (plan.stopStrings.length === 0) return null;
  const text = decodeIds(choice.ids, plan.skipSpecial);
  const found = plan.stopStrings
    .map((stop) => ({ stop, end: text.indexOf(stop) + stop.length, at: text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.end - b.end)[0];
  if (found === undefined) return null;
  const kept = countTokensUpTo(choice.ids, found.end, plan.skipSpecial);
  return {
    ids: choice.ids.slice(0, kept),
    logprobs: choice.logprobs.slice(0, kept),
    text: text.slice(0, plan.includeStop ? found.end : found.at),
    finish: 'stop',
    stopReason: found.stop,
    cachedTokens: choice.cachedTokens,
  };
}

function countTokensUpTo(ids: readonly number[], chars: number, skipSpecial: boolean): number {
  let length = 0;
  let count = 0;
  while (length < chars && count < ids.length) {
    length += decodeIds([ids[count]!], skipSpecial).length;
    count += 1;
  }
  return count;
}
