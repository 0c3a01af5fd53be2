import type { AccuracyTarget } from '../../core/curriculum.ts';
import type { RolloutPurpose } from '../../ports/run-store/rollouts.ts';
import type { Binding, RunContext } from '../context.ts';
import { type EvalResult, evaluate } from './evaluate.ts';

/** A measured target: kept in the stage's curriculum state. */
export interface TargetOutcome {
  readonly accuracy: number;
  readonly minAccuracy: number;
  readonly met: boolean;
}

/** Where and when targets are measured. */
export interface TargetCheck {
  readonly stageIndex: number;
  readonly step: number;
  readonly purpose: RolloutPurpose;
  servedVersion(): Promise<string>;
}

/** Measures sampled held-out accuracy against each target, at the temperature of training rollouts. */
export async function checkTargets(
  ctx: RunContext,
  binding: Binding,
  targets: readonly AccuracyTarget[],
  check: TargetCheck,
): Promise<TargetOutcome[]> {
  const { temperature, topP } = ctx.plan.rollout;
  const sets = targets.map((target, index) => ({ name: `target-${index + 1}`, ...target }));
  const results: EvalResult[] = await evaluate(ctx, binding, { ...check, sets, temperature, topP });
  return results.map((result, index) => {
    const { minAccuracy } = targets[index]!;
    return { accuracy: result.accuracy, minAccuracy, met: result.accuracy >= minAccuracy };
  });
}

/** `.42 of .40, .18 of .20` */
export function describeOutcomes(outcomes: readonly TargetOutcome[]): string {
  return outcomes.map(({ accuracy, minAccuracy }) => `${accuracy.toFixed(2)} of ${minAccuracy.toFixed(2)}`).join(', ');
}
