import type { RolloutSettings } from '../../core/curriculum.ts';
import type { Segment, Trajectory } from '../../core/trajectory.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Completion } from '../../ports/engine.ts';
import type { Binding } from '../context.ts';
import type { OwnedAnswers } from './answer-log.ts';

/** One group to roll out: `groupSize` attempts at one prompt under one weights version. */
export interface GroupRequest {
  readonly promptIds: readonly number[];
  readonly groupSize: number;
  readonly model: string;
  /** Everything the seeds derive from, for instance [run seed, stage, purpose, step, problem id]. */
  readonly seedParts: readonly (string | number)[];
}

/** How the rollout of one group reaches the engine, and what it needs to know of tokens and budgets. */
export interface RolloutIo {
  readonly binding: Binding;
  readonly settings: RolloutSettings;
  readonly eosTexts: readonly string[];
  readonly clock: Pick<Clock, 'sleep'>;
  /** Ends the rollout. */
  readonly signal: AbortSignal;
  /** What the engine answered to earlier processes, and where what it answers now is kept. */
  readonly answers: Pick<OwnedAnswers, 'recall'>;
  /** `signal` gives one call up; it fires at the latest with that of the rollout. */
  complete(call: CallSpec, signal: AbortSignal): Promise<Completion[]>;
  /** Told of every call of every attempt as it happens. It changes nothing, and must not throw. */
  onSegment?(event: SegmentEvent): void;
}

/**
 * A call of one attempt begins, or its segment is there (one that was given up has `stop: 'abort'`). A call that fails
 * has no second event. A path that is asked once more begins again. Flags that the rest of the trajectory decides
 * (`fork_refused`, `duplicate_path`) are in the trajectory only.
 */
export type SegmentEvent =
  | ({ readonly kind: 'started' } & SegmentPlace)
  | ({ readonly kind: 'finished'; readonly segment: Segment } & SegmentPlace);

/** Which segment of which attempt; block and path as in `Segment`. */
export type SegmentPlace = { readonly sample: number } & Pick<Segment, 'role' | 'block' | 'path'>;

/** What the engine is asked for, sampling temperature aside. */
export interface CallSpec {
  readonly model: string;
  readonly prompt: readonly number[];
  readonly n: number;
  readonly maxTokens: number;
  readonly stopTokenIds: readonly number[];
  readonly seed: number;
}

/** A finished attempt, or why it failed for good. */
export type AttemptOutcome = { readonly trajectory: Trajectory } | { readonly failure: string };
