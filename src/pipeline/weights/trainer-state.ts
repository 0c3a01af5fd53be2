import type { CheckpointRecord } from '../../ports/run-store/training.ts';
import type { RunContext } from '../context.ts';

/** Saved trainer states of a run: where training continues, and which ones may go. */

/** The newest saved state of this stage or an earlier one; null when nothing was saved yet. */
export function findResumeState(ctx: RunContext, stageIndex: number): CheckpointRecord | null {
  const states = ctx.store.listCheckpoints(ctx.runId, 'state').filter((state) => state.stageIndex <= stageIndex);
  return states.reduce<CheckpointRecord | null>(
    (best, state) => (best === null || isLater(state, best) ? state : best),
    null,
  );
}

function isLater(a: CheckpointRecord, b: CheckpointRecord): boolean {
  return a.stageIndex > b.stageIndex || (a.stageIndex === b.stageIndex && a.step > b.step);
}

/**
 * Opens the trainer's model where the stage continues and returns the step reached. A stage that
 * begins takes the weights of the stage before; its moments start at zero unless `keepOptimizer`.
 */
export async function openStageModel(ctx: RunContext, stageIndex: number, keepOptimizer: boolean): Promise<number> {
  const { plan, trainer, signal } = ctx;
  const state = findResumeState(ctx, stageIndex);
  if (state === null) {
    await trainer.openModel(plan.trainer, null, signal);
    return 0;
  }
  const continues = state.stageIndex === stageIndex;
  await trainer.openModel(plan.trainer, { path: state.path, optimizer: continues || keepOptimizer }, signal);
  return continues ? state.step : 0;
}

/** Saves the trainer's state after `step` and deletes the stage's older ones: one recent state is what a resume needs. */
export async function saveStageState(ctx: RunContext, stageIndex: number, step: number): Promise<void> {
  const { trainer, store, runId, signal } = ctx;
  const name = `s${stageIndex}_${step}`;
  const saved = await trainer.saveState(name, signal);
  store.saveCheckpoint(runId, { stageIndex, step, kind: 'state', name, path: saved.path });
  for (const older of store.listCheckpoints(runId, 'state')) {
    if (older.stageIndex !== stageIndex || older.path === saved.path) continue;
    store.markCheckpointDeleted(runId, older.path);
    await trainer.deleteSaved(older.path, signal);
  }
}
