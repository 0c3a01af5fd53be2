import { TAGS, type Tag } from '../../core/grammar.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Binding, RunContext } from '../context.ts';
import { tokenizeText } from './tokenizer.ts';

/** The rows of the output matrix that stand for tags: what decides whether adapters can learn to write these. */

/** Ids of the tags, in the order of `TAGS`. */
export function listTagIds({ tags }: Binding): number[] {
  return [tags.parallelOpen, tags.parallelClose, tags.pathOpen, tags.pathClose, tags.summaryOpen, tags.summaryClose];
}

/** Of the length of a row: less is what rounding leaves. Training that reaches the row takes it further. */
const SAME_ROW = 0.02;

/**
 * The tags whose row is the mean of the rows of their pieces. Their logit is the mean of the logits of the pieces whatever the
 * model thinks: it is never above all of them, and adapters, which leave that matrix alone, cannot change it. Null
 * where rows cannot be read.
 */
export async function findTagsBetweenPieces(ctx: RunContext, binding: Binding): Promise<Tag[] | null> {
  const { engine, signal, plan } = ctx;
  if (engine.readOutputRows === undefined) return null;
  const ids = listTagIds(binding);
  const close = await tokenizeText(ctx, '>');
  // Without its last character it is no tag, and falls into the pieces that it had before it was one.
  const pieces = await Promise.all(TAGS.map(async (tag) => [...(await tokenizeText(ctx, tag.slice(0, -1))), ...close]));
  const wanted = [...new Set([...ids, ...pieces.flat()])];
  const rows = await engine.readOutputRows(plan.engine.model, wanted, signal);
  if (rows === null) return null;
  const rowOf = (id: number) => rows[wanted.indexOf(id)]!;
  return TAGS.filter((_, i) => isMeanOf(rowOf(ids[i]!), pieces[i]!.map(rowOf)));
}

/** A warning where adapters are to learn such tags. That rows cannot be looked at keeps no run from going on. */
export async function warnOfTagRows(ctx: RunContext, binding: Binding): Promise<string[]> {
  const { rollout, stages, trainer } = ctx.plan;
  const trains = stages.some(({ kind }) => kind === 'sft' || kind === 'rl');
  if (!trains || trainer.rank === 0 || rollout.mode === 'sequential') return [];
  try {
    const between = await findTagsBetweenPieces(ctx, binding);
    if (between === null || between.length === 0) return [];
    return [`${describeBetweenPieces(between)}; see README, "Preparing a model"`];
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof ParallelR1Error) return [];
    throw error;
  }
}

/** What such tags mean for a run. */
export function describeBetweenPieces(tags: readonly Tag[]): string {
  return `the rows of ${tags.join(', ')} are the means of the rows of their pieces: a tag is then never likelier than all its pieces, and adapters cannot learn to write it`;
}

function isMeanOf(row: Float32Array, others: readonly Float32Array[]): boolean {
  let [apart, length] = [0, 0];
  for (const [i, value] of row.entries()) {
    const mean = others.reduce((sum, other) => sum + other[i]!, 0) / others.length;
    apart += (value - mean) ** 2;
    length += value ** 2;
  }
  return Math.sqrt(apart) < SAME_ROW * Math.sqrt(length);
}
