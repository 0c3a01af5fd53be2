import { reverifyAttempts } from './reverify-attempts.ts';
import { reverifyRollouts } from './reverify-rollouts.ts';
import type { ReverifiedBatch, ReverifyContext } from './verdict-change.ts';

/**
 * Judges every stored answer of a run anew, batch by batch. With `apply` each batch is written in a transaction of
 * its own before it is handed out; repeating an interrupted call finishes the work.
 */
export async function* reverify(ctx: ReverifyContext, apply: boolean): AsyncGenerator<ReverifiedBatch> {
  for (const { index, kind } of ctx.store.listStages(ctx.runId)) {
    if (kind === 'cold-start') yield* reverifyAttempts(ctx, index, apply);
  }
  for (const { stageIndex, purpose, step } of ctx.store.listRolloutSteps(ctx.runId)) {
    const rollouts = ctx.store.loadRollouts(ctx.runId, stageIndex, purpose, step);
    yield await reverifyRollouts(ctx, rollouts, apply);
  }
}
