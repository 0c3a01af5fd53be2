import type { SftStage } from '../core/curriculum.ts';
import type { RunContext } from './context.ts';
import type { SftText } from './sft-text.ts';

/**
 * The rows of an SFT stage: the first answer per problem that a cold-start stage of this run accepted,
 * in the order of problems, or what a data file or another run holds.
 */
export function* readSftTexts(ctx: RunContext, stage: SftStage): Generator<SftText> {
  const index = ctx.plan.stages.findIndex(({ id, kind }) => id === stage.data && kind === 'cold-start');
  if (index < 0) {
    yield* ctx.sftTextsOf(stage.data);
    return;
  }
  let last = '';
  for (const { problem, target } of ctx.store.listAttempts(ctx.runId, index, 'accepted')) {
    const key = `${problem.source}\u0000${problem.id}`;
    if (target === null || key === last) continue;
    last = key;
    yield { problem, target };
  }
}
