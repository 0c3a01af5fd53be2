import type { FormatMode } from '../../core/format/format-report.ts';
import type { Problem } from '../../core/problem.ts';
import type { Reward } from '../../core/reward.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { AttemptRevision } from './attempts.ts';

/** What rollouts are made for: training, held-out figures, or deciding whether a stage may begin or end. */
export type RolloutPurpose = 'train' | 'eval' | 'pilot';

/** The groups of one decision: the rollouts of a training step, of an evaluation, of a pilot. */
export interface RolloutStep {
  readonly stageIndex: number;
  readonly purpose: RolloutPurpose;
  /** Training step within the stage, from 1; evaluations carry the step after which they ran (0 = before the first). */
  readonly step: number;
}

/** Where a rollout belongs. Unique: the same key is never stored twice. */
export interface RolloutKey extends RolloutStep {
  /** Position of the group in its batch, from 0. */
  readonly group: number;
  /** Index within the group, from 0. */
  readonly sample: number;
}

/** A trajectory plus problem, seed, weights version, verdict and reward. */
export interface RolloutRecord extends RolloutKey {
  readonly problem: Problem;
  /** Evaluation set or target that the group belongs to; null for training, and in rows older than the column. */
  readonly set: string | null;
  /** Null when the rollout failed for good; then `failure` says why and no verdict or reward exists. */
  readonly trajectory: Trajectory | null;
  readonly failure: string | null;
  /** What the engine served when the rollout began. */
  readonly weightsVersion: string;
  readonly verdict: Verdict | null;
  /** Mode of the format checker. */
  readonly formatMode: FormatMode;
  readonly formatValid: boolean;
  /** Primary violation code; null when valid. */
  readonly formatCode: string | null;
  readonly reward: Reward | null;
  /** From the first call of its group to the last answer of the group. */
  readonly durationMs: number;
}

/** A rollout that was judged again. Its reward is null where it has none. */
export type RolloutRevision = RolloutKey & { readonly verdict: Verdict; readonly reward: Reward | null };

/** Answers whose verdicts are replaced together. */
export interface Revisions {
  readonly rollouts: readonly RolloutRevision[];
  readonly attempts: readonly AttemptRevision[];
}

/** Sums over the stored rollouts of one stage and purpose; what `show` prints. */
export interface RolloutSummary {
  readonly stageIndex: number;
  readonly purpose: RolloutPurpose;
  readonly rollouts: number;
  /** Without a trajectory. */
  readonly failed: number;
  readonly correct: number;
  readonly unparsable: number;
  readonly formatValid: number;
  /** Rollouts with at least one executed block. */
  readonly forked: number;
}

/** How many groups of one step belong to an evaluation set; null for groups of no set, or of rows older than the column. */
export interface RolloutSetCount {
  readonly set: string | null;
  readonly groups: number;
}

/** The family of `RunStore` that holds rollouts. */
export interface StoredRollouts {
  /** The first rollout under a key stays. */
  saveRollouts(runId: string, rollouts: readonly RolloutRecord[]): void;
  /** Rollouts of one step in (group, sample) order; with `set` those of that evaluation set alone. */
  loadRollouts(runId: string, stageIndex: number, purpose: RolloutPurpose, step: number, set?: string): RolloutRecord[];
  /** The same in pages of at most `size`, each read when it is asked for: what is in memory does not grow with the step. */
  pageRollouts(
    runId: string,
    stageIndex: number,
    purpose: RolloutPurpose,
    step: number,
    size: number,
  ): Iterable<RolloutRecord[]>;
  /** Evaluation sets of one step, in the order of their groups. */
  countRolloutSets(runId: string, stageIndex: number, purpose: RolloutPurpose, step: number): RolloutSetCount[];
  /** In order of (stage, purpose). */
  summarizeRollouts(runId: string): RolloutSummary[];
  /** The steps that hold rollouts, in order of (stage, purpose, step). */
  listRolloutSteps(runId: string): RolloutStep[];
  /** Whether an answer of the run, rollout or attempt, stands as this verifier judged it. */
  hasVerdictsOf(runId: string, verifier: string): boolean;
  /**
   * Replaces verdicts and what follows from them; what they replace is kept. Survives power loss. Throws, and changes
   * nothing, where one names an answer that is not there.
   */
  reviseVerdicts(runId: string, revisions: Revisions): void;
}
