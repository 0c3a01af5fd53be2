import type { TagIds } from '../grammar.ts';
import { flattenResponse, type Trajectory } from '../trajectory.ts';
import { buildTrajectoryFromIds, type FromIdsOptions, type IdFault } from './trajectory-from-ids.ts';

/**
 * A dialect: how a thought with parallel paths is written as one sequence of tokens. What is canonical in it comes back
 * from its own rendering: `parse(promptIds, print(t))` equals `t` for every trajectory that `parse` has made.
 */
export interface TrajectoryCodec {
  /** Name of the dialect. */
  readonly dialect: string;
  /** Ids of the response, prompt excluded; paths that were given up leave nothing in it. */
  print(trajectory: Trajectory): number[];
  /** The segments a forked rollout would have made of these ids, of origin `teacher` and `injected`; or the first fault. */
  parse(promptIds: readonly number[], responseIds: readonly number[]): Trajectory | IdFault;
}

/** The dialect of the paper: `<Parallel>` with its `<Path>`s, then `<Summary>` (grammar in docs/data-flow.md). */
export function createParallelR1Codec(tags: TagIds, options: FromIdsOptions): TrajectoryCodec {
  return {
    dialect: 'parallel-r1',
    print: (trajectory) => flattenResponse(trajectory).ids,
    parse: (promptIds, responseIds) => buildTrajectoryFromIds(promptIds, responseIds, null, tags, options),
  };
}
