/**
 * What happens in a run, for whoever watches it: a tracker, a page, the program that started it. An event comes after the
 * store holds what it reports, and only for what this process does: a resumed run does not repeat earlier ones. Methods
 * are synchronous and must not throw; an observer that throws is reported once and told nothing more.
 */
export interface RunObserver {
  stepCommitted?(event: StepCommitted): void;
  evaluated?(event: Evaluated): void;
  stageEnded?(event: StageEnded): void;
  runEnded?(event: RunEnded): void;
}

/** Where in a run something happened. */
export interface StagePlace {
  readonly runId: string;
  /** Position in the curriculum, from 0. */
  readonly stageIndex: number;
  readonly stageId: string;
}

/** A training step whose update is applied and whose metrics are stored. */
export interface StepCommitted extends StagePlace {
  /** Counted from 1 within the stage. */
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Held-out sets were measured after `step` (0: before the first). */
export interface Evaluated extends StagePlace {
  readonly step: number;
  readonly results: readonly EvaluatedSet[];
}

/** Held-out figures of one set. Fractions are over finished rollouts; `standardError` is over problems. */
export interface EvaluatedSet {
  readonly name: string;
  readonly problems: number;
  readonly samples: number;
  /** mean@samples: mean over problems of the share of correct answers. */
  readonly accuracy: number;
  /** Ends of its 95 % interval (docs/statistics.md). */
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
  /** Share of rollouts with at least one executed block and a valid format. */
  readonly validBlockFraction: number;
  readonly meanTokens: number;
  readonly meanCriticalTokens: number;
  /** How its rollouts think in parallel, by metric key: `block/per_answer` (docs/analyses.md). */
  readonly analyses: Readonly<Record<string, number>>;
}

/** A stage is done, or was refused by its gate. */
export interface StageEnded extends StagePlace {
  readonly status: 'done' | 'refused';
  /** What the stage leaves in the curriculum state: steps, why it stopped, pilot. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** The run will do no more in this process. */
export interface RunEnded {
  readonly runId: string;
  readonly status: 'done' | 'interrupted' | 'failed';
  /** Why it failed or stopped; null otherwise. */
  readonly message: string | null;
}
