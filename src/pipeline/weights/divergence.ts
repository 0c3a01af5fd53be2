import { type Datum, toForwardDatum } from '../../core/datum.ts';
import { RunError } from '../../errors.ts';
import type { StageRun } from '../stage-run.ts';
import type { UpdateResult } from './trainer-model.ts';

/** The weights at the trainer hold numbers that are none; going on from the last saved state would lead there again. */
export class DivergedError extends RunError {}

/** An update and what it was made of. */
export interface DoneUpdate extends UpdateResult {
  readonly data: readonly Datum[];
}

/**
 * Stops a run whose trainer diverged, before these weights are saved or served: a loss, or a log-prob of a trained
 * position, that is no finite number. A gradient norm that is none is warned of, and where no finite one is told the weights are looked at:
 * some trainers leave a step out whose gradient is broken, and their weights are whole.
 */
export async function refuseDivergence(
  { ctx, stage }: Pick<StageRun, 'ctx' | 'stage'>,
  step: number,
  updates: readonly DoneUpdate[],
): Promise<void> {
  const { trainer, reporter, signal } = ctx;
  const where = `stage ${stage.id} step ${step}`;
  if (updates.some(({ data, logprobs }) => !areFinite(data, logprobs))) throw describeDivergence(where, 'log-probs');
  if (updates.some(({ toldLoss }) => toldLoss != null && !Number.isFinite(toldLoss))) {
    throw describeDivergence(where, 'losses');
  }
  const norms = updates.map(({ gradNorm }) => gradNorm);
  const broken = norms.find((norm) => norm !== null && !Number.isFinite(norm));
  if (broken !== undefined) {
    reporter.warn(
      `${where}: the trainer tells a gradient norm of ${broken}; its weights are looked at before they are used`,
    );
  }
  if (norms.every((norm) => norm !== null && Number.isFinite(norm))) return;
  const probe = findProbe(updates.flatMap(({ data }) => data));
  if (probe === undefined) return;
  const { logprobs } = await trainer.forward([toForwardDatum(probe)], signal);
  const isUnseen = logprobs[0] == null && broken !== undefined;
  if (isUnseen || !areFinite([probe], logprobs))
    throw describeDivergence(where, isUnseen ? 'gradient norm' : 'log-probs');
}

function describeDivergence(where: string, what: string): DivergedError {
  return new DivergedError(
    `${where}: the trainer diverged, its ${what} are no finite numbers; nothing of it was saved or served. Start a run with a lower learning rate, or look into its rewards and data`,
  );
}

/** Whether the log-probs of everything that was trained on are finite; a row that the trainer does not give says nothing. */
function areFinite(data: readonly Datum[], logprobs: UpdateResult['logprobs']): boolean {
  return data.every((datum, index) => {
    const row = logprobs[index];
    return row == null || row.every((value, position) => !isTrained(datum, position) || Number.isFinite(value));
  });
}

function isTrained({ weights, advantages }: Datum, position: number): boolean {
  return (weights ?? advantages)?.[position] !== 0;
}

/** The shortest one that something is learnt from. */
function findProbe(data: readonly Datum[]): Datum | undefined {
  const trained = data.filter((datum) => datum.targets.some((_, position) => isTrained(datum, position)));
  return trained.toSorted((a, b) => a.tokens.length - b.tokens.length)[0];
}
