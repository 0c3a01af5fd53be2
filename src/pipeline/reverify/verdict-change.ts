import type { CurriculumPlan } from '../../core/curriculum.ts';
import type { Problem } from '../../core/problem.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { RolloutKey } from '../../ports/run-store/rollouts.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { MetricPoint } from '../../ports/run-store/training.ts';
import type { Verifier } from '../../ports/verifier.ts';

/** What re-judging a run needs. */
export interface ReverifyContext {
  readonly runId: string;
  readonly plan: CurriculumPlan;
  readonly store: RunStore;
  readonly verifier: Verifier;
  readonly signal: AbortSignal;
  /** Text of the student's prompt template; null when the run has none yet. */
  readonly studentTemplate: string | null;
}

/** Where a judged answer is stored. */
export type AnswerPlace =
  | ({ readonly kind: 'rollout'; readonly problem: Problem } & RolloutKey)
  | { readonly kind: 'attempt'; readonly problem: Problem; readonly stageIndex: number; readonly sample: number };

/** An answer whose stored verdict and new one differ. `before` is null where none was stored. */
export interface VerdictChange {
  readonly place: AnswerPlace;
  readonly before: Verdict | null;
  readonly after: Verdict;
  /** Reward before and after; null where the answer has none. */
  readonly reward: { readonly before: number; readonly after: number } | null;
  /** What becomes of a cold-start attempt: code before and after, `accepted` for none. */
  readonly outcome: { readonly before: string; readonly after: string } | null;
}

/** The answers of one step or stage: how many were judged, and which verdicts differ. */
export interface ReverifiedBatch {
  readonly judged: number;
  readonly changes: readonly VerdictChange[];
  /** Figures of the run that follow from the new verdicts, where they differ from the stored ones. */
  readonly figures: readonly MetricPoint[];
}

/** Whether two verdicts agree in everything that is stored. */
export function isSameVerdict(before: Verdict | null, after: Verdict): boolean {
  return (
    before !== null &&
    before.verdict === after.verdict &&
    before.rule === after.rule &&
    before.reason === after.reason &&
    before.extracted === after.extracted &&
    before.verifier === after.verifier
  );
}
