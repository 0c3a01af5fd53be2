import type { FormatMode } from '../core/format/format-report.ts';
import type { Problem } from '../core/problem.ts';
import type { Reward } from '../core/reward.ts';
import type { Trajectory } from '../core/trajectory.ts';
import type { Verdict } from '../core/verify/verdict.ts';
import type { TrainerRequestLog } from './trainer.ts';

/** The run store as the pipeline sees it: every fact of a run, synchronous, durable when the call returns. */

export type RunStatus = 'running' | 'interrupted' | 'failed' | 'done';

export interface RunRecord {
  /** Short, unique, sortable by time. */
  readonly id: string;
  readonly name: string;
  readonly preset: string | null;
  readonly seed: number;
  /** Resolved configuration as JSON, secrets never included. */
  readonly configJson: string;
  /** SHA-256 of `configJson`: decides whether a resume is allowed. */
  readonly configHash: string;
  /** Version of this software that created the run. */
  readonly softwareVersion: string;
  readonly status: RunStatus;
  /** Why it failed or stopped; null otherwise. */
  readonly message: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type StageKind = 'cold-start' | 'sft' | 'rl' | 'eval';

export interface StageRecord {
  readonly index: number;
  readonly id: string;
  readonly kind: StageKind;
  readonly status: 'pending' | 'running' | 'done' | 'refused';
  /** Curriculum state as JSON (pilot and gate results, stop reason, cursors); owned by the pipeline. */
  readonly stateJson: string;
}

export interface PromptRecord {
  /** SHA-256 of the template text, hex. */
  readonly hash: string;
  readonly name: string;
  readonly text: string;
}

/** One cold-start attempt: a teacher's answer to a problem and what the filters said of it. */
export interface AttemptRecord {
  readonly problem: Problem;
  readonly sample: number;
  readonly status: 'accepted' | 'rejected' | 'failed';
  /** Code of the filter that stopped it (`missing_summary`, `wrong_answer`, `transport`, ...); null when accepted. */
  readonly code: string | null;
  readonly seed: number;
  /** Teacher's raw content; null when the call failed. */
  readonly raw: string | null;
  readonly reasoning: string | null;
  /** Canonical target text; null unless accepted. */
  readonly target: string | null;
  /** The judgement of the answer; null when an earlier filter objected, and in rows older than the column. */
  readonly verdict: Verdict | null;
  /** The answer that was found; the verdict's own where there is one. */
  readonly extracted: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Hash of the teacher prompt template. */
  readonly promptHash: string;
}

/**
 * What an engine answered to one call, kept until the attempts or rollouts it belongs to are stored: a killed run that
 * goes on need not ask again. Owner and call are names the pipeline gives; `answer` is JSON.
 */
export interface AnswerRecord {
  readonly owner: string;
  readonly call: string;
  readonly answer: string;
}

/** Sums over the stored attempts of a stage. */
export interface AttemptTotals {
  readonly attempts: number;
  readonly problems: number;
  /** Problems with an accepted attempt. */
  readonly acceptedProblems: number;
  /** As the server counted; where it did not, four characters of an answer are one. Nothing for failed attempts. */
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Time in which attempts arrived, pauses longer than a minute left out. */
  readonly activeMs: number;
}

export type RolloutPurpose = 'train' | 'eval' | 'pilot';

/** Where a rollout belongs. Unique: the same key is never stored twice. */
export interface RolloutKey {
  readonly stageIndex: number;
  readonly purpose: RolloutPurpose;
  /** Training step within the stage, from 1; evaluations carry the step after which they ran (0 = before the first). */
  readonly step: number;
  /** Position of the group in its batch, from 0. */
  readonly group: number;
  /** Index within the group, from 0. */
  readonly sample: number;
}

/** A trajectory plus problem, seed, weights version, verdict and reward. */
export interface RolloutRecord extends RolloutKey {
  readonly problem: Problem;
  /** Null when the attempt failed for good; then `failure` says why and no verdict or reward exists. */
  readonly trajectory: Trajectory | null;
  readonly failure: string | null;
  readonly weightsVersion: string;
  readonly verdict: Verdict | null;
  readonly formatMode: FormatMode;
  readonly formatValid: boolean;
  /** Primary violation code; null when valid. */
  readonly formatCode: string | null;
  readonly reward: Reward | null;
  readonly durationMs: number;
}

/** A rollout that is judged anew. Its reward is null where it has none. */
export type RolloutRevision = RolloutKey & { readonly verdict: Verdict; readonly reward: Reward | null };

/** A cold-start attempt that is judged anew, and what becomes of it. */
export type AttemptRevision = Pick<AttemptRecord, 'problem' | 'sample' | 'status' | 'code' | 'target'> & {
  readonly stageIndex: number;
  readonly verdict: Verdict;
};

/** Everything one `reverify --apply` changes. */
export interface Revisions {
  readonly rollouts: readonly RolloutRevision[];
  readonly attempts: readonly AttemptRevision[];
}

export interface CheckpointRecord {
  readonly stageIndex: number;
  readonly step: number;
  /** `state` resumes training, `sampler` is served. */
  readonly kind: 'state' | 'sampler';
  readonly name: string;
  /** Path as the trainer names it. */
  readonly path: string;
}

export interface MetricPoint {
  readonly stageIndex: number;
  readonly step: number;
  readonly key: string;
  readonly value: number;
}

/** Sums over the stored rollouts of one stage and purpose; what `show` prints. */
export interface RolloutSummary {
  readonly stageIndex: number;
  readonly purpose: RolloutPurpose;
  readonly rollouts: number;
  readonly failed: number;
  readonly correct: number;
  readonly unparsable: number;
  readonly formatValid: number;
  /** Rollouts with at least one executed block. */
  readonly forked: number;
}

export interface RunStore {
  /** Absolute path of the database file. */
  readonly file: string;

  createRun(run: RunRecord, stages: readonly StageRecord[]): void;
  getRun(id: string): RunRecord | null;
  /** Newest first. */
  listRuns(): RunRecord[];
  setRunStatus(id: string, status: RunStatus, message: string | null): void;

  listStages(runId: string): StageRecord[];
  /** Writes status and state of one stage; survives power loss when it returns. */
  saveStage(runId: string, stage: StageRecord): void;

  savePrompt(runId: string, role: string, prompt: PromptRecord): void;
  listPrompts(runId: string): (PromptRecord & { readonly role: string })[];

  /** Runs synchronous writes as one transaction: all of them, or none when one throws. */
  saveTogether(writes: () => void): void;

  /** The first answer to a call stays. */
  saveAnswers(runId: string, stageIndex: number, answers: readonly AnswerRecord[]): void;
  /** Whether any answer of the stage is kept. */
  hasAnswers(runId: string, stageIndex: number): boolean;
  loadAnswers(runId: string, stageIndex: number, owner: string): AnswerRecord[];
  /** Forgets all answers of these owners. */
  dropAnswers(runId: string, stageIndex: number, owners: readonly string[]): void;

  /** Idempotent per (run, stage, problem, sample). */
  saveAttempts(runId: string, stageIndex: number, attempts: readonly AttemptRecord[]): void;
  /** In order of (problem source, problem id, sample), whatever order they were finished in. */
  listAttempts(runId: string, stageIndex: number, status?: AttemptRecord['status']): Iterable<AttemptRecord>;
  /** What is stored of one problem. */
  findAttempts(
    runId: string,
    stageIndex: number,
    problem: Problem,
  ): { readonly sample: number; readonly status: AttemptRecord['status'] }[];
  measureAttempts(runId: string, stageIndex: number): AttemptTotals;
  countAttempts(
    runId: string,
    stageIndex: number,
  ): { readonly code: string | null; readonly status: string; readonly count: number }[];

  /** One transaction; a key that exists already is left as it is. */
  saveRollouts(runId: string, rollouts: readonly RolloutRecord[]): void;
  /** Rollouts of one step, in (group, sample) order. */
  loadRollouts(runId: string, stageIndex: number, purpose: RolloutPurpose, step: number): RolloutRecord[];
  summarizeRollouts(runId: string): RolloutSummary[];
  /** Where rollouts of a run are, in order of (stage, purpose, step). */
  listRolloutSteps(runId: string): Pick<RolloutKey, 'stageIndex' | 'purpose' | 'step'>[];
  /** Replaces verdicts and what follows from them, in one transaction; what they replace is kept. */
  reviseVerdicts(runId: string, revisions: Revisions): void;

  /** Marks a step as applied by the optimiser and writes its metrics; survives power loss when it returns. */
  commitStep(runId: string, stageIndex: number, step: number, metrics: Readonly<Record<string, number>>): void;
  /** Highest committed step of a stage; 0 when none. */
  lastStep(runId: string, stageIndex: number): number;
  /** Metrics outside a training step (evaluations). Replaces equal keys. */
  saveMetrics(runId: string, points: readonly MetricPoint[]): void;
  /** In (stage, step, key) order. `keyPrefix` narrows. */
  listMetrics(runId: string, keyPrefix?: string): MetricPoint[];

  /** Survives power loss when it returns. */
  saveCheckpoint(runId: string, checkpoint: CheckpointRecord): void;
  /** Live ones only, oldest first. */
  listCheckpoints(runId: string, kind?: CheckpointRecord['kind']): CheckpointRecord[];
  markCheckpointDeleted(runId: string, path: string): void;

  trainerLog(runId: string): TrainerRequestLog;

  [Symbol.dispose](): void;
}
