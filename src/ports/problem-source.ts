import type { Problem } from '../core/problem.ts';

/** Where problems come from. Order is stable: the same source yields the same problems. */
export interface ProblemSource {
  readonly name: string;
  /** Streams the problems; rejects with `SourceError` naming file and line of a bad row. */
  read(signal?: AbortSignal): AsyncIterable<Problem>;
}
