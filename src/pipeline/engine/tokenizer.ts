import { SUMMARY_GAP, TAGS, type Tag } from '../../core/grammar.ts';
import { type RenderedPrompt, renderAnnotatePrompt, renderPrompt } from '../../core/prompt.ts';
import { RunError } from '../../errors.ts';
import type { Binding, RunContext, TokenCache } from '../context.ts';
import { describeRefusal } from './calls.ts';

/** A model whose tokenizer does not fit; `kind` says in what. */
export class TokenizerFault extends RunError {
  readonly kind: 'tag_split' | 'tags_share_id' | 'no_eos_token';

  constructor(kind: TokenizerFault['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Asks the engine's tokenizer for the tags, the gap, the path labels and the end of sequence.
 * Refuses (TokenizerFault) unless each tag is exactly one id and all six differ: a tag that splits into
 * pieces would neither stop a call nor be one token of the loss. Where nothing forks and nothing is trained (`isPlain`) any
 * model will do: no token is a tag of one whose tokenizer splits them.
 */
export async function bindTokenizer(ctx: RunContext, isPlain = false): Promise<Binding> {
  const ids = isPlain ? await findTags(ctx) : await requireTags(ctx);
  return {
    template: ctx.studentTemplate,
    gapText: SUMMARY_GAP,
    labels: await tokenizeLabels(ctx),
    tags: {
      parallelOpen: ids.get('<Parallel>')!,
      parallelClose: ids.get('</Parallel>')!,
      pathOpen: ids.get('<Path>')!,
      pathClose: ids.get('</Path>')!,
      summaryOpen: ids.get('<Summary>')!,
      summaryClose: ids.get('</Summary>')!,
      gap: await tokenizeText(ctx, SUMMARY_GAP),
      eos: await findEosIds(ctx),
    },
  };
}

/** Stands for tags that the vocabulary does not have, one number for each; no token has a negative id. */
const NO_TAGS: ReadonlyMap<Tag, number> = new Map(TAGS.map((tag, i) => [tag, -1 - i]));

async function findTags(ctx: RunContext): Promise<ReadonlyMap<Tag, number>> {
  try {
    return await requireTags(ctx);
  } catch (error) {
    if (error instanceof TokenizerFault) return NO_TAGS;
    throw error;
  }
}

async function requireTags(ctx: RunContext): Promise<ReadonlyMap<Tag, number>> {
  const ids = new Map<Tag, number>();
  for (const tag of TAGS) ids.set(tag, await tokenizeTag(ctx, tag));
  if (new Set(ids.values()).size !== TAGS.length) {
    throw new TokenizerFault(
      'tags_share_id',
      `two tags share one token id in model ${ctx.plan.engine.model}: ${[...ids].join(' ')}; add the six tags as special tokens`,
    );
  }
  return ids;
}

/** Token ids of plain text under the student's tokenizer. */
export function tokenizeText(ctx: RunContext, text: string): Promise<readonly number[]> {
  return ctx.tokens.get(`t${text}`, () => askTokenizer(ctx, { text }));
}

/** Token ids of a user message put through the student's chat template. */
export function tokenizePrompt(ctx: RunContext, userMessage: string): Promise<readonly number[]> {
  return ctx.tokens.get(`m${userMessage}`, () => askTokenizer(ctx, { userMessage }));
}

/** How many tokens a text has. The answer is not remembered: there are too many texts that are only measured. */
export async function countTextTokens(ctx: RunContext, text: string): Promise<number> {
  return (await askTokenizer(ctx, { text })).length;
}

/** How many tokens a user message has after the student's chat template. */
export async function countPromptTokens(ctx: RunContext, userMessage: string): Promise<number> {
  return (await askTokenizer(ctx, { userMessage })).length;
}

function askTokenizer(ctx: RunContext, input: { text: string } | { userMessage: string }): Promise<number[]> {
  const request = { model: ctx.plan.engine.model, input };
  return ctx.calls.run((own) => ctx.engine.tokenize(request, own), ctx.signal);
}

async function tokenizeTag(ctx: RunContext, tag: Tag): Promise<number> {
  const ids = await tokenizeText(ctx, tag);
  if (ids.length !== 1) {
    throw new TokenizerFault(
      'tag_split',
      `${tag} is ${ids.length} tokens in model ${ctx.plan.engine.model}; parallel thinking needs each tag as one special token (see README, "Preparing a model")`,
    );
  }
  return ids[0]!;
}

async function tokenizeLabels(ctx: RunContext): Promise<Binding['labels']> {
  const texts = ctx.plan.rollout.pathLabels;
  if (texts === null) return null;
  return Promise.all(texts.map(async (text) => ({ text, ids: await tokenizeText(ctx, text) })));
}

async function findEosIds(ctx: RunContext): Promise<number[]> {
  const found: number[] = [];
  for (const text of ctx.plan.engine.eosTokens) {
    const ids = await tokenizeText(ctx, text).catch((error: unknown) => {
      describeRefusal(error);
      return [];
    });
    if (ids.length === 1) found.push(ids[0]!);
  }
  if (found.length === 0) {
    throw new TokenizerFault(
      'no_eos_token',
      `none of ${ctx.plan.engine.eosTokens.join(', ')} is one token in model ${ctx.plan.engine.model}; set engine.eosTokens to the end-of-sequence tokens of this model`,
    );
  }
  return found;
}

/** Holds at most `maxEntries` answers; the oldest goes first. A failed question is not remembered. */
export function createTokenCache(maxEntries: number): TokenCache {
  const entries = new Map<string, Promise<readonly number[]>>();
  return {
    get(key, ask) {
      const known = entries.get(key);
      if (known !== undefined) return known;
      const answer = ask();
      entries.set(key, answer);
      answer.catch(() => entries.delete(key));
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value!);
      return answer;
    },
  };
}

/** The template with the problem in its place. Throws RunError for a template without exactly one `{Problem}`. */
export function renderStudentPrompt(template: string, problemText: string): string {
  return takeText(renderPrompt(template, problemText));
}

/** The template with problem and solution in their places. Throws RunError unless each placeholder occurs exactly once. */
export function renderAnnotationPrompt(template: string, problemText: string, solution: string): string {
  return takeText(renderAnnotatePrompt(template, problemText, solution));
}

function takeText(rendered: RenderedPrompt): string {
  if ('fault' in rendered) throw new RunError(rendered.fault);
  return rendered.text;
}
