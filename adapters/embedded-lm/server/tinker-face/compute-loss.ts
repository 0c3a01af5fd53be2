import type { LossSpec } from '../../../../src/core/datum.ts';
import type { LossSequence } from '../../model/contract.ts';
import { computeTargetLoss, type TargetLoss } from '../../model/learner/losses.ts';

/** The summed loss of given log-probs, for forward passes: the table of docs/data-flow.md, "Losses". */
export function computeLossSum(
  sequences: readonly LossSequence[],
  logprobs: readonly Float32Array[],
  loss: LossSpec,
): number {
  const target: TargetLoss = { term: 0, weight: 0 };
  let sum = 0;
  sequences.forEach((sequence, i) => {
    const given = loss.kind === 'cross_entropy' ? sequence.weights : sequence.advantages;
    logprobs[i]!.forEach((logprob, t) => {
      computeTargetLoss(loss, logprob, sequence.logprobs?.[t] ?? 0, given?.[t] ?? 0, target);
      sum += target.term;
    });
  });
  return sum;
}
