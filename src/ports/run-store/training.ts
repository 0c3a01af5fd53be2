import type { TrainerRequestLog } from '../trainer.ts';

/** What training leaves behind: committed steps, metrics, checkpoints, requests to the trainer. */

/** One figure after `step` of a stage. */
export interface MetricPoint {
  readonly stageIndex: number;
  readonly step: number;
  /** A path: `reward/mean`, `eval/<set>/mean_accuracy`. */
  readonly key: string;
  /** May be NaN. */
  readonly value: number;
}

/** Where in a run figures belong: after `step` of a stage. */
export interface StepPlace {
  readonly stageIndex: number;
  readonly step: number;
}

/** All figures after one step. */
export interface StepFigures extends StepPlace {
  /** When the step was committed, in milliseconds since the epoch; null for figures outside of training steps. */
  readonly committedAtMs: number | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Something the trainer saved. */
export interface CheckpointRecord {
  readonly stageIndex: number;
  /** Steps of the stage that its weights have seen. */
  readonly step: number;
  /** `state` resumes training, `sampler` is served. */
  readonly kind: 'state' | 'sampler';
  readonly name: string;
  /** Path as the trainer names it. */
  readonly path: string;
}

/** The family of `RunStore` that follows the training. */
export interface StoredTraining {
  /**
   * Marks a step as applied by the optimizer and writes its metrics, replacing those that are there; survives power
   * loss.
   */
  commitStep(runId: string, stageIndex: number, step: number, metrics: Readonly<Record<string, number>>): void;
  /** Highest committed step of a stage; 0 when none. */
  lastStep(runId: string, stageIndex: number): number;
  /** Metrics outside a training step (evaluations). Replaces equal keys. */
  saveMetrics(runId: string, points: readonly MetricPoint[]): void;
  /** In (stage, step, key) order; only keys that begin with `keyPrefix` when it is given. */
  listMetrics(runId: string, keyPrefix?: string): MetricPoint[];
  /** The figures of the first `limit` steps after a place (null: from the beginning), in (stage, step) order. */
  listStepFigures(runId: string, after: StepPlace | null, limit: number): StepFigures[];
  /** The highest step with figures of each stage that has any, in order of the stages. */
  listLastFigures(runId: string): StepPlace[];
  /** The newest point of each key, in the order of keys. */
  listNewestFigures(runId: string): MetricPoint[];
  /** The last global step that a tracker is known to have; null when it was never told one. */
  trackedStep(runId: string, tracker: string): number | null;
  saveTrackedStep(runId: string, tracker: string, globalStep: number): void;

  /**
   * Writes down what the trainer is about to be asked to save, so that a process that dies meanwhile leaves a trace. Until
   * `saveCheckpoint` has its path it is on no list but that of intended ones. A path that is live stays as it is. Survives
   * power loss.
   */
  intendCheckpoint(runId: string, checkpoint: CheckpointRecord): void;
  /** A path that is saved again counts as the newest; survives power loss. */
  saveCheckpoint(runId: string, checkpoint: CheckpointRecord): void;
  /** Live ones only, oldest first; of one kind when it is given. */
  listCheckpoints(runId: string, kind?: CheckpointRecord['kind']): CheckpointRecord[];
  /** What was to be saved and is neither known to be nor deleted, oldest first. */
  listIntendedCheckpoints(runId: string): CheckpointRecord[];
  /** How many of a kind were ever intended or saved, deleted ones included: it never falls. */
  countCheckpoints(runId: string, kind: CheckpointRecord['kind']): number;
  /** Takes a checkpoint off the list it is on; nothing where it is on none. */
  markCheckpointDeleted(runId: string, path: string): void;

  /** Where the trainer adapter writes what it sends for this run, before it sends it. */
  trainerLog(runId: string): TrainerRequestLog;
}
