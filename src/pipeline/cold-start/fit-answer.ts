import type { ColdStartStage } from '../../core/curriculum.ts';
import { estimateTokensAtMost, LONGEST_FRAME_TOKENS } from '../../core/token-bound.ts';
import type { RunContext, Teacher } from '../context.ts';
import { findContext } from '../engine/find-context.ts';

/** The most tokens an answer to this prompt may be asked for. */
export type FitAnswer = (prompt: string) => number;

/** An answer of fewer tokens is of no use: then the server itself may say what is wrong. */
const FEWEST_TOKENS = 64;

/**
 * Keeps prompt and answer within the context of the teacher's model, where its server tells how long that is: it refuses
 * a request for more, whatever the answer would have been. The prompt is estimated, since its tokenizer is not known.
 */
export async function createAnswerFit(ctx: RunContext, stage: ColdStartStage, teacher: Teacher): Promise<FitAnswer> {
  const { model, maxTokens } = stage.teacher;
  const { clock, signal } = ctx;
  const contextTokens = await findContext({ engine: teacher.engine, clock, signal }, model);
  if (contextTokens === null) return () => maxTokens;
  if (contextTokens <= maxTokens) {
    ctx.reporter.info(
      `${stage.id}: ${model} has a context of ${contextTokens} tokens, prompt included, so that an answer may have fewer than teacher.maxTokens ${maxTokens}`,
    );
  }
  return (prompt) => {
    const room = contextTokens - estimateTokensAtMost(Buffer.byteLength(prompt)) - LONGEST_FRAME_TOKENS;
    return room < FEWEST_TOKENS ? maxTokens : Math.min(maxTokens, room);
  };
}
