import { TAGS } from '../../core/grammar.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Completion, CompletionRequest } from '../../ports/engine.ts';
import type { Binding, RunContext } from '../context.ts';

/** What fork and join ask of an engine beyond token ids: stops that are heeded, tags that differ, a cached prefix. */
export async function diagnoseTokens(ctx: RunContext, { tags }: Binding, probe: Probe): Promise<Finding[]> {
  const all = [
    tags.parallelOpen,
    tags.parallelClose,
    tags.pathOpen,
    tags.pathClose,
    tags.summaryOpen,
    tags.summaryClose,
  ];
  const unlike = 'initialise the rows of the tags (README, "Preparing a model"), in the model both servers load';
  await probe('sampling', 'use a server that heeds stop_token_ids', () => checkStops(ctx, all));
  await probe('tokenizer', unlike, () => checkDistinct(ctx, all));
  return [await lookAtCache(ctx, all)];
}

/** Greedy, so that the second answer begins like the first. */
async function checkStops(ctx: RunContext, tags: readonly number[]): Promise<string> {
  const free = await complete(ctx, { prompt: tags, maxTokens: 4 });
  const stop = free.ids[1];
  if (stop === undefined) return 'stops are not known: the answer was one token';
  const stopped = await complete(ctx, { prompt: tags, maxTokens: 4, stopTokenIds: [stop] });
  const at = free.ids.indexOf(stop);
  if (stopped.ids.length === at + 1 && stopped.ids.at(-1) === stop) return 'a stop id ends an answer and stays in it';
  if (stopped.ids[at] !== stop) return 'stops are not known: two greedy answers differed';
  throw new ParallelR1Error(`stop id ${stop} was sampled and ${stopped.ids.length - at - 1} tokens came after it`);
}

/** Two tags whose embedding rows are alike are followed by the same token with the very same log-prob. */
async function checkDistinct(ctx: RunContext, tags: readonly number[]): Promise<string> {
  const seen = new Map<string, string>();
  const alike: string[] = [];
  for (const [index, tag] of tags.entries()) {
    const { ids, logprobs } = await complete(ctx, { prompt: [tag], maxTokens: 1 });
    const key = `${ids[0]} ${logprobs[0]}`;
    const twin = seen.get(key);
    if (twin !== undefined) alike.push(`${TAGS[index]} like ${twin}`);
    seen.set(key, twin ?? TAGS[index]!);
  }
  if (alike.length === 0) return 'the model tells the tags apart';
  throw new ParallelR1Error(
    `the model does not tell tags apart: ${alike.join(', ')} (the same next token, to the digit)`,
  );
}

/** Longest prompt the cache is looked at with; whole blocks of every server's cache fit in several times. */
const CACHE_PROMPT = 512;

async function lookAtCache(ctx: RunContext, tags: readonly number[]): Promise<Finding> {
  const area = 'sampling';
  const length = Math.min(CACHE_PROMPT, ctx.plan.rollout.maxPromptTokens);
  const prompt = Array.from({ length }, (_, i) => tags[i % tags.length]!);
  try {
    await complete(ctx, { prompt, maxTokens: 1 });
    const { cachedTokens } = await complete(ctx, { prompt, maxTokens: 1 });
    if (cachedTokens === null) {
      const fix = 'vLLM tells with --enable-prompt-tokens-details';
      return { area, status: 'warn', detail: 'the server does not tell what its prefix cache saves', fix };
    }
    const detail = `${cachedTokens} of ${length} tokens of a prompt asked for again came from the cache`;
    if (cachedTokens > 0) return { area, status: 'ok', detail, fix: null };
    return {
      area,
      status: 'warn',
      detail,
      fix: 'switch prefix caching on: without it every path computes its prefix anew',
    };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof ParallelR1Error)) throw error;
    return { area, status: 'warn', detail: `the prefix cache could not be looked at: ${error.message}`, fix: null };
  }
}

type Asked = Pick<CompletionRequest, 'prompt' | 'maxTokens'> & Partial<Pick<CompletionRequest, 'stopTokenIds'>>;

/** One greedy completion of the base model. */
async function complete(ctx: RunContext, asked: Asked): Promise<Completion> {
  const greedy = { model: ctx.plan.engine.model, n: 1, temperature: 0, topP: 1, seed: 7, stopTokenIds: [] };
  const [completion] = await ctx.engine.complete({ ...greedy, ...asked }, ctx.signal);
  return completion!;
}

/** One thing looked at: what works, what does not, and what to do about it. */
export interface Finding {
  readonly area: 'engine' | 'tokenizer' | 'sampling' | 'teacher' | 'trainer' | 'recipe';
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; null when nothing. */
  readonly fix: string | null;
}

/** Records what `look` returns as a good finding, what it throws as a failed one with the fix. False when it failed. */
export type Probe = (area: Finding['area'], fix: string, look: () => Promise<string>) => Promise<boolean>;
