import { TAGS } from '../../core/grammar.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Completion, CompletionRequest } from '../../ports/engine.ts';
import type { Binding, RunContext } from '../context.ts';
import { describeBetweenPieces, findTagsBetweenPieces, listTagIds } from '../engine/tag-rows.ts';
import { Fault, readFault } from './faults.ts';
import type { Findings } from './finding.ts';

/**
 * What fork and join ask of an engine beyond token ids: stops that are heeded, tags that differ, a cached prefix.
 * `maxLength` is the context of the model; null where the server does not tell.
 */
export async function diagnoseTokens(
  ctx: RunContext,
  binding: Binding,
  maxLength: number | null,
  findings: Findings,
): Promise<void> {
  const all = listTagIds(binding);
  await findings.look('sampling', () => checkStops(ctx, all));
  await findings.look('tokenizer', () => checkDistinct(ctx, all));
  await lookAtRows(ctx, binding, findings);
  await lookAtCache(ctx, all, maxLength, findings);
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
  const after = stopped.ids.length - at - 1;
  throw new Fault('stops_ignored', `stop id ${stop} was sampled and ${after} tokens came after it`);
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
  throw new Fault(
    'tags_alike',
    `the model does not tell tags apart: ${alike.join(', ')} (the same next token, to the digit)`,
  );
}

async function lookAtRows(ctx: RunContext, binding: Binding, findings: Findings): Promise<void> {
  try {
    const between = await findTagsBetweenPieces(ctx, binding);
    if (between === null) return;
    if (between.length > 0) findings.warn('tokenizer', 'tags_between_pieces', describeBetweenPieces(between));
    else findings.good('tokenizer', 'no tag has the mean of the rows of its pieces');
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof ParallelR1Error)) throw error;
    findings.warn('tokenizer', readFault(error), `the rows of the tags could not be looked at: ${error.message}`);
  }
}

/**
 * Length of the prompt the cache is looked at with. Caches hold whole blocks: of 16 tokens by default, of 128 on CPUs, of
 * up to some hundreds elsewhere. The prompt is not longer than that because of servers whose steps take 2,048 tokens.
 */
const CACHE_PROMPT = 1040;

/** Up to this length a prompt may be shorter than one block. */
const LONGEST_BLOCK = 1024;

async function lookAtCache(
  ctx: RunContext,
  tags: readonly number[],
  maxLength: number | null,
  findings: Findings,
): Promise<void> {
  const length = Math.min(CACHE_PROMPT, (maxLength ?? CACHE_PROMPT + 1) - 1);
  const prompt = Array.from({ length }, (_, i) => tags[i % tags.length]!);
  try {
    await complete(ctx, { prompt, maxTokens: 1 });
    const { cachedTokens } = await complete(ctx, { prompt, maxTokens: 1 });
    if (cachedTokens === null) {
      findings.warn('sampling', 'cache_untold', 'the server does not tell what its prefix cache saves');
      return;
    }
    const seen = `${cachedTokens} of ${length} tokens of a prompt asked for again came from the cache`;
    if (cachedTokens > 0) findings.good('sampling', seen);
    else if (length > LONGEST_BLOCK) findings.warn('sampling', 'cache_off', seen);
    else {
      const detail = `whether prefixes are cached cannot be told: ${seen}, and the context of ${maxLength} takes no longer one; it may be shorter than one block`;
      findings.warn('sampling', 'cache_unclear', detail);
    }
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof ParallelR1Error)) throw error;
    findings.warn('sampling', readFault(error), `the prefix cache could not be looked at: ${error.message}`);
  }
}

type Asked = Pick<CompletionRequest, 'prompt' | 'maxTokens'> & Partial<Pick<CompletionRequest, 'stopTokenIds'>>;

/** One greedy completion of the base model. Greedy answers need no random numbers, whose generator vLLM's CPU build dies of. */
async function complete(ctx: RunContext, asked: Asked): Promise<Completion> {
  const greedy = { model: ctx.plan.engine.model, n: 1, temperature: 0, topP: 1, seed: 7, stopTokenIds: [] };
  const [completion] = await ctx.engine.complete({ ...greedy, ...asked }, ctx.signal);
  return completion!;
}
