import type { TokenLoss } from '../../../../src/core/datum.ts';

/**
 * One target's part of a summed loss, and its weight w: the gradient of the loss is -w times the gradient
 * of the log-prob. `given` is the cross-entropy weight or the advantage; 0 masks the position, whatever
 * the other numbers are. Source: Tinker API, losses.
 */
export interface TargetLoss {
  term: number;
  weight: number;
}

/** Writes term and weight of one target into `out`, which is reused to keep the loop free of allocation. */
export function computeTargetLoss(
  spec: TokenLoss,
  logprob: number,
  oldLogprob: number,
  given: number,
  out: TargetLoss,
): void {
  const ratio = given === 0 || spec.kind === 'cross_entropy' ? 1 : Math.exp(logprob - oldLogprob);
  if (given === 0) {
    out.term = 0;
    out.weight = 0;
  } else if (spec.kind === 'cross_entropy') {
    out.term = -given * logprob;
    out.weight = given;
  } else if (spec.kind === 'importance_sampling') {
    out.term = -ratio * given;
    out.weight = ratio * given;
  } else if (spec.kind === 'cispo') {
    const clipped = clip(ratio, spec);
    out.term = -clipped * logprob * given;
    out.weight = clipped * given;
  } else {
    const isClipped = given > 0 ? ratio > spec.clipHigh : ratio < spec.clipLow;
    out.term = -Math.min(ratio * given, clip(ratio, spec) * given);
    out.weight = isClipped ? 0 : ratio * given;
  }
}

function clip(ratio: number, { clipLow, clipHigh }: { readonly clipLow: number; readonly clipHigh: number }): number {
  return Math.min(Math.max(ratio, clipLow), clipHigh);
}
