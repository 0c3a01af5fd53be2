import type { EmbeddedLm } from '../../model/contract.ts';
import type { Snapshots } from '../snapshots.ts';
import type { TeacherMix } from '../teacher/mix.ts';
import type { RequestCounts } from './request-counts.ts';

/** What the routes of the engine face share. */
export interface EngineContext {
  readonly lm: EmbeddedLm;
  readonly snapshots: Snapshots;
  readonly counts: RequestCounts;
  readonly teacherMix: TeacherMix;
  /** Seed behind requests that name none. */
  readonly seed: number;
  /** Milliseconds, for `created` fields and latencies. */
  readonly now: () => number;
  /** A fresh number per call, for response ids and seeds. */
  readonly nextNumber: () => number;
}
