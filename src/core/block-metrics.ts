import type { TagIds } from './grammar.ts';
import { countForks, flattenResponse, isLeadingPath, type Trajectory } from './trajectory.ts';

/** Where the blocks of one response begin: index of the `<Parallel>` token over response length, each in [0, 1). */
export interface BlockPositions {
  /** Every `<Parallel>` token, executed or not. */
  readonly text: readonly number[];
  readonly executed: readonly number[];
}

/** Relative positions of the blocks of one response (method section 11, item 2). Tokens, prompt excluded. */
export function findBlockPositions(trajectory: Trajectory, tags: TagIds): BlockPositions {
  const { ids, segmentIndex } = flattenResponse(trajectory);
  const { segments } = trajectory;
  const text: number[] = [];
  const executed: number[] = [];
  ids.forEach((id, i) => {
    if (id !== tags.parallelOpen) return;
    text.push(i / ids.length);
    const isLastOfSegment = segmentIndex[i + 1] !== segmentIndex[i];
    if (isLastOfSegment && isLeadingPath(segments, segmentIndex[i]! + 1)) executed.push(i / ids.length);
  });
  return { text, executed };
}

/** Mean positions of a step; null where no response has a block. */
export interface PositionSummary {
  /** Over all blocks. */
  readonly micro: number | null;
  /** Over responses, of the mean within each. */
  readonly macro: number | null;
  /** Over responses, of the first block. */
  readonly first: number | null;
}

/** Summarises relative positions, one list per response. */
export function summarizePositions(perResponse: readonly (readonly number[])[]): PositionSummary {
  const withBlocks = perResponse.filter((positions) => positions.length > 0);
  return {
    micro: meanOrNull(withBlocks.flat()),
    macro: meanOrNull(withBlocks.map((positions) => meanOrNull(positions)!)),
    first: meanOrNull(withBlocks.map((positions) => positions[0]!)),
  };
}

/** Shares of responses with at least one block; 0 for no responses. */
export interface ParallelRatio {
  /** With a `<Parallel>` token, executed or not. */
  readonly text: number;
  readonly executed: number;
}

/** Parallel ratio of a set of responses (method section 11, item 1). */
export function computeParallelRatio(trajectories: readonly Trajectory[], tags: TagIds): ParallelRatio {
  const count = Math.max(1, trajectories.length);
  const withText = trajectories.filter((one) => flattenResponse(one).ids.includes(tags.parallelOpen));
  const withForks = trajectories.filter((one) => countForks(one) > 0);
  return { text: withText.length / count, executed: withForks.length / count };
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
