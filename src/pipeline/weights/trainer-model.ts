import type { AdamSettings, Datum, LossSpec } from '../../core/datum.ts';
import { RETRY_CAUSES, type RetryCounts } from '../../core/retry.ts';
import type { CheckpointRecord } from '../../ports/run-store/training.ts';
import type { ForwardResult } from '../../ports/trainer.ts';
import type { RunContext } from '../context.ts';
import type { StageRun, TrainingRun } from '../stage-run.ts';
import { requireAbilities } from './check-trainer.ts';
import { openPatiently } from './recover-trainer.ts';

/** The model at the trainer: opened where a stage continues, updated, saved. */

/** The newest saved state of this stage or an earlier one; null when nothing was saved yet. */
function findResumeState({ ctx, index }: StageRun): CheckpointRecord | null {
  const states = ctx.store.listCheckpoints(ctx.runId, 'state').filter(({ stageIndex }) => stageIndex <= index);
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
export async function openStageModel(run: StageRun, keepOptimizer: boolean): Promise<number> {
  const step = await openWhereSaved(run, keepOptimizer);
  // Some servers tell what they are only now.
  requireAbilities(run.ctx, [run.stage]);
  return step;
}

async function openWhereSaved(run: StageRun, keepOptimizer: boolean): Promise<number> {
  const { baseModel, rank, seed } = run.ctx.plan.trainer;
  const spec = { baseModel, rank, seed };
  const state = findResumeState(run);
  if (state === null) {
    await openPatiently(run.ctx, spec, null);
    return 0;
  }
  const continues = state.stageIndex === run.index;
  await openPatiently(run.ctx, spec, { path: state.path, optimizer: continues || keepOptimizer });
  return continues ? state.step : 0;
}

/** What one optimizer update gave back. */
export interface UpdateResult {
  /** Log-probs of the targets before the update, as `ForwardResult` has them. */
  readonly logprobs: ForwardResult['logprobs'];
  /** Null where the trainer tells none; NaN where what it tells is no finite number. */
  readonly gradNorm: number | null;
  /** As the trainer tells it; null where it tells none, NaN where what it tells is no finite number. */
  readonly toldLoss?: number | null | undefined;
}

/** One optimizer update: the gradient of the summed loss, then the step. Both are sent at once; the trainer keeps their order. */
export async function applyUpdate(
  { trainer, signal }: Pick<RunContext, 'trainer' | 'signal'>,
  data: readonly Datum[],
  loss: LossSpec,
  adam: AdamSettings,
): Promise<UpdateResult> {
  const [{ logprobs, metrics: passed }, metrics] = await Promise.all([
    trainer.forwardBackward(data, loss, signal),
    trainer.optimStep(adam, signal),
  ]);
  // Servers name it differently: grad_norm, train/grad_norm, grad_norm:mean.
  const norm = Object.entries(metrics).find(([key]) => key.includes('grad_norm'));
  const told = Object.entries(passed).find(([key]) => /^(?:train\/)?loss(?:$|:)/.test(key));
  return { logprobs, gradNorm: norm?.[1] ?? null, toldLoss: told?.[1] ?? null };
}

/** Saves the trainer's state after `step`, and deletes the older ones of the stage beyond those that are kept. */
export async function saveStageState(
  { ctx, index, checkpoints }: Pick<TrainingRun, 'ctx' | 'index' | 'checkpoints'>,
  step: number,
): Promise<void> {
  const { trainer, plan, signal } = ctx;
  const place = { stageIndex: index, step, kind: 'state', name: `s${index}_${step}` } as const;
  await checkpoints.save(place, (name) => trainer.saveState(name, signal));
  await checkpoints.deleteOlder('state', plan.trainer.keep ?? 1, index);
}

/** Requests to the trainer that were repeated between two looks, per cause that occurred; no key where none was. */
export function measureTrainerRetries(before: RetryCounts, after: RetryCounts): Record<string, number> {
  const counts = RETRY_CAUSES.map((cause) => [cause, after[cause] - before[cause]] as const);
  return Object.fromEntries(
    counts.filter(([, count]) => count > 0).map(([cause, count]) => [`trainer/retries_${cause}`, count]),
  );
}
