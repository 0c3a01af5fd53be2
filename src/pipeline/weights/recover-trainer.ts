import { repeatCall } from '../../edge/waiting.ts';
import { TrainerError } from '../../errors.ts';
import type { RunContext } from '../context.ts';

/** A stage loses its model so often in a row, without a step that is new, before the run gives up. */
const MOST_LOSSES = 5;

/** Between tries to open a model at a trainer that does not answer. */
const REOPENING = { firstPauseMs: 1_000, maxPauseMs: 15_000, tries: Number.POSITIVE_INFINITY };

/**
 * Runs a stage to its end through deaths of the trainer. `work` begins where the store says the stage stands: from the
 * last saved state it repeats the updates of the stored steps, and nothing that is stored is sampled again. Rejects with
 * what `work` rejects with, unless a new model would help.
 */
export async function surviveTrainerLoss<T>(
  ctx: RunContext,
  { stageId, index }: { readonly stageId: string; readonly index: number },
  work: () => Promise<T>,
): Promise<T> {
  let losses = 0;
  let reached = -1;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (!isModelLost(error) || patienceOf(ctx) === 0) throw error;
      const last = ctx.store.lastStep(ctx.runId, index);
      losses = last > reached ? 1 : losses + 1;
      reached = Math.max(reached, last);
      if (losses > MOST_LOSSES) throw error;
      ctx.reporter.warn(
        `${stageId}: ${error.message}; a model is opened from the last saved state, and the stored steps since are repeated`,
      );
    }
  }
}

/**
 * Opens a model as `Trainer.openModel` does, and waits for a trainer that does not answer: as long as one operation may
 * take. What it waits for is told once.
 */
export function openPatiently(ctx: RunContext, ...[spec, from]: Parameters<RunContext['trainer']['openModel']>) {
  const { trainer, clock, signal, reporter } = ctx;
  const patienceMs = patienceOf(ctx);
  const startedMs = clock.monotonic();
  let hasTold = false;
  return repeatCall(() => trainer.openModel(spec, from, signal), {
    policy: REOPENING,
    clock,
    signal,
    causeOf: (error) => (error instanceof TrainerError && error.retryable ? 'no_answer' : null),
    isOver: () => clock.monotonic() - startedMs >= patienceMs,
    onRepeat: ({ error }) => {
      if (hasTold) return;
      hasTold = true;
      reporter.warn(
        `${(error as TrainerError).message}; waiting up to ${patienceMs / 1000} s for trainer ${trainer.url}`,
      );
    },
  });
}

function patienceOf({ plan }: Pick<RunContext, 'plan'>): number {
  return plan.trainer.patienceMs ?? 0;
}

/** Whether the trainer, or the model it held, is gone: no answer, a failure of its own, or it knows the model no more. */
function isModelLost(error: unknown): error is TrainerError {
  if (!(error instanceof TrainerError)) return false;
  for (let cause: unknown = error; cause instanceof TrainerError; cause = cause.cause) {
    if (cause.retryable || cause.status === 404 || cause.status === 410) return true;
  }
  return false;
}
