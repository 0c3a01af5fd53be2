import type { RlStage } from '../../core/curriculum.ts';
import type { Problem } from '../../core/problem.ts';
import { hashSeed } from '../../core/rng.ts';
import { selectBatch } from '../../core/step-schedule.ts';
import { rollOutStep, type StepRollouts } from '../rollout/roll-out-step.ts';
import type { SamplingRun } from '../stage-run.ts';

/** Where the rollouts come from that an RL step learns from. */
export interface RolloutSource {
  /** The rollouts of `step` (from 1), in (group, sample) order. Called for one step after the other. */
  take(step: number): Promise<StepRollouts>;
}

/**
 * On policy: the rollouts of a step are sampled from the weights after the step before it. Those the store holds already
 * are used as they are. `tell` hears how many groups of how many are finished.
 */
export function createOnPolicySource(
  run: SamplingRun<RlStage>,
  problems: readonly Problem[],
  tell: (step: number, finishedGroups: number, groups: number) => void,
): RolloutSource {
  const { ctx, stage } = run;
  const { temperature, topP } = ctx.plan.rollout;
  return {
    take: (step) => {
      const batch = selectBatch(problems, stage.batchSize, step, hashSeed(ctx.plan.seed, stage.id));
      return rollOutStep(run, {
        purpose: 'train',
        step,
        groups: batch.map((problem) => ({ problem, size: stage.groupSize })),
        reward: stage.reward,
        temperature,
        topP,
        weightsStep: step - 1,
        onGroup: (finished) => tell(step, finished, batch.length),
      });
    },
  };
}
