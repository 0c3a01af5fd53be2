import type { ColdStartStage } from '../../core/curriculum.ts';
import { estimateTokensAtMost, LONGEST_FRAME_TOKENS } from '../../core/token-bound.ts';
import { Deadlines } from '../../edge/waiting.ts';
import { EngineError } from '../../errors.ts';
import type { RunContext, Teacher } from '../context.ts';

/** The most tokens an answer to this prompt may be asked for. */
export type FitAnswer = (prompt: string) => number;

/** Longest wait for the list of models; without one nothing is fitted. */
const LIST_MS = 10_000;

/** An answer of fewer tokens is of no use: then the server itself may say what is wrong. */
const FEWEST_TOKENS = 64;

/**
 * Keeps prompt and answer within the context of the teacher's model, where its server tells how long that is: it refuses
 * a request for more, whatever the answer would have been. The prompt is estimated, since its tokenizer is not known.
 */
export async function createAnswerFit(ctx: RunContext, stage: ColdStartStage, teacher: Teacher): Promise<FitAnswer> {
  const { model, maxTokens } = stage.teacher;
  const contextTokens = await findContext(ctx, teacher, model);
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

/** Null where the server does not tell. */
async function findContext(ctx: RunContext, { engine }: Teacher, model: string): Promise<number | null> {
  const deadlines = new Deadlines({ clock: ctx.clock, ms: LIST_MS, who: 'the list of models' });
  try {
    const models = await deadlines.run(ctx.signal, (signal) => engine.listModels(signal));
    return models.find(({ id }) => id === model)?.maxLength ?? null;
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}
