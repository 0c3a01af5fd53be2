import type { AccuracyTarget } from '../../core/curriculum.ts';
import type { SamplingRun } from '../stage-run.ts';
import { evaluate } from './evaluate.ts';

/** A measured target: kept in the stage's curriculum state. */
export interface TargetOutcome {
  readonly accuracy: number;
  readonly minAccuracy: number;
  readonly met: boolean;
}

/**
 * Measures sampled held-out accuracy against each target, at the temperature of training rollouts, after `step` of the
 * stage. `weightsStep` as in `StepRolloutRequest`.
 */
export async function checkTargets(
  run: SamplingRun,
  targets: readonly AccuracyTarget[],
  { step, weightsStep }: { readonly step: number; readonly weightsStep: number | null },
): Promise<TargetOutcome[]> {
  const { temperature, topP } = run.ctx.plan.rollout;
  const sets = targets.map((target, index) => ({ name: `target-${index + 1}`, ...target }));
  const results = await evaluate(run, { purpose: 'pilot', step, weightsStep, sets, temperature, topP });
  return results.map((result, index) => {
    const { minAccuracy } = targets[index]!;
    return { accuracy: result.accuracy, minAccuracy, met: result.accuracy >= minAccuracy };
  });
}

/** `.42 of .40, .18 of .20` */
export function describeOutcomes(outcomes: readonly TargetOutcome[]): string {
  return outcomes.map(({ accuracy, minAccuracy }) => `${accuracy.toFixed(2)} of ${minAccuracy.toFixed(2)}`).join(', ');
}
