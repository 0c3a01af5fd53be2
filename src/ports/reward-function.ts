import type { Problem } from '../core/problem.ts';
import type { RewardParts } from '../core/reward.ts';
import type { Trajectory } from '../core/trajectory.ts';
import type { Verdict } from '../core/verify/verdict.ts';

/** One judged training rollout, as a reward of one's own sees it. */
export interface RewardCase {
  readonly problem: Problem;
  readonly trajectory: Trajectory;
  readonly verdict: Verdict;
  /** What the built-in rewards look at. */
  readonly parts: RewardParts;
  /** Step of the stage, counted from 1. */
  readonly step: number;
}

/**
 * A reward that a caller brings along, named in the configuration as `{kind: own, name: NAME}`. It must be finite and
 * follow from its argument alone: a resumed run computes the rewards of unfinished groups once more.
 */
export type RewardFunction = (rollout: RewardCase) => number;
