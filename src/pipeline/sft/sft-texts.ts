import type { SftStage } from '../../core/curriculum.ts';
import { selectRows } from '../cold-start/select-rows.ts';
import type { RunContext } from '../context.ts';
import type { SftText } from './sft-text.ts';

/**
 * The rows of an SFT stage: the answer per problem that a cold-start stage of this run keeps,
 * in the order of problems, or what a data file or another run holds.
 */
export function* readSftTexts(ctx: RunContext, stage: SftStage): Generator<SftText> {
  const index = ctx.plan.stages.findIndex(({ id, kind }) => id === stage.data && kind === 'cold-start');
  const source = ctx.plan.stages[index];
  if (source?.kind !== 'cold-start') {
    yield* ctx.sftTextsOf(stage.data);
    return;
  }
  const accepted = ctx.store.listAttempts(ctx.runId, index, 'accepted');
  for (const { problem, target } of selectRows(accepted, source)) yield { problem, target };
}
