import type { JsonObject } from '../../../../src/core/json-object.ts';
import type { EmbeddedLm } from '../../model/contract.ts';
import type { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { Snapshots } from '../snapshots.ts';
import { FutureTable } from './futures.ts';
import { type LiveModel, LiveModels, Sessions } from './live-models.ts';

/** What the routes of the trainer face share. */
export interface TrainerContext {
  readonly lm: EmbeddedLm;
  readonly checkpoints: CheckpointStore;
  readonly snapshots: Snapshots;
  readonly futures: FutureTable;
  readonly sessions: Sessions;
  readonly models: LiveModels;
  /** Seed of models that ask for none, and of the base model. */
  readonly seed: number;
  /** A fresh number per call, for the seeds of samples that ask for none. */
  readonly nextNumber: () => number;
  /** How long one poll of a future may wait. */
  readonly pollLimitMs: number;
}

/** Opens the tables of a trainer face; `now` gives milliseconds since the epoch. */
export function createTrainerContext(options: {
  readonly lm: EmbeddedLm;
  readonly checkpoints: CheckpointStore;
  readonly snapshots: Snapshots;
  readonly seed: number;
  readonly nextNumber: () => number;
  readonly pollLimitMs: number;
  readonly now: () => number;
}): TrainerContext {
  const { now, ...rest } = options;
  const futures = new FutureTable();
  const sessions = new Sessions(now);
  return { ...rest, futures, sessions, models: new LiveModels(options.lm, futures, options.checkpoints, sessions) };
}

/** Checks a request at once (throwing what the client did wrong) and returns the work to be queued. */
export type OperationParser = (body: JsonObject, model: LiveModel, ctx: TrainerContext) => () => Promise<unknown>;

/** Keys a numbered operation may have: its own and those all have. */
export function operationKeys(...own: readonly string[]): ReadonlySet<string> {
  return new Set(['model_id', 'seq_id', 'type', ...own]);
}
