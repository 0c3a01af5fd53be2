import {
  countCriticalTokens,
  countGeneratedTokens,
  countSegmentTokens,
  flattenResponse,
  isAwaited,
  isLeadingPath,
  type Trajectory,
} from './trajectory.ts';

/**
 * The shape of one trajectory in figures, in tokens. Everything is derived
 * from the segments; prompt tokens never count, injected ones only in `responseTokens` and positions.
 */
export interface TrajectoryFigures {
  /** T: every generated token, given-up paths included: the compute bill. */
  readonly totalTokens: number;
  /** T_join: the same over the segments the answer waited for; `criticalTokens <= joinedTokens <= totalTokens`. */
  readonly joinedTokens: number;
  /** D: the longest dependency chain, the latency in tokens. */
  readonly criticalTokens: number;
  /** P = T_join / D, at least 1: how many tokens one step of the chain writes on average. 1 where nothing was generated. */
  readonly selfParallelism: number;
  /** eta = 1 - D / T_join, in [0, 1): the share of the joined tokens that cost no latency. */
  readonly savedFraction: number;
  /** Length of the flat response, injected tokens included. */
  readonly responseTokens: number;
  /** Executed blocks, in order. */
  readonly blocks: readonly BlockFigures[];
}

/** One executed block. */
export interface BlockFigures {
  /** From 1. */
  readonly block: number;
  /** Generated tokens per path in rendering order, given-up ones included (0 where nothing of them is known). */
  readonly pathTokens: readonly number[];
  /** Where it begins: 0-based index of its `<Parallel>` token over `responseTokens`, in [0, 1). */
  readonly position: number;
  /** Longest over mean awaited path, at least 1: 1 when all are equally long. */
  readonly stragglerSlack: number;
  /** 1 - mean / longest awaited path, in [0, 1): the share of path slots that wait for the longest one. */
  readonly idleFraction: number;
}

/** All figures of one trajectory. */
export function computeTrajectoryFigures(trajectory: Trajectory): TrajectoryFigures {
  const { segments } = trajectory;
  const totalTokens = sum(segments.map(countGeneratedTokens));
  const joinedTokens = sum(segments.filter(isAwaited).map(countGeneratedTokens));
  const criticalTokens = countCriticalTokens(trajectory);
  return {
    totalTokens,
    joinedTokens,
    criticalTokens,
    selfParallelism: criticalTokens === 0 ? 1 : joinedTokens / criticalTokens,
    savedFraction: joinedTokens === 0 ? 0 : 1 - criticalTokens / joinedTokens,
    responseTokens: sum(segments.map(countSegmentTokens)),
    blocks: listBlockFigures(trajectory),
  };
}

function listBlockFigures({ segments }: Trajectory): BlockFigures[] {
  const length = sum(segments.map(countSegmentTokens));
  const blocks: BlockFigures[] = [];
  let before = 0;
  for (const [index, segment] of segments.entries()) {
    if (isLeadingPath(segments, index)) {
      const paths = segments.filter(({ role, block }) => role === 'path' && block === segment.block);
      const awaited = paths.filter(isAwaited).map(countGeneratedTokens);
      blocks.push({
        block: segment.block,
        pathTokens: paths.map(countGeneratedTokens),
        // The fork tag is the last token before the first path.
        position: (before - 1) / length,
        ...measureSpread(awaited),
      });
    }
    before += countSegmentTokens(segment);
  }
  return blocks;
}

function measureSpread(lengths: readonly number[]): Pick<BlockFigures, 'stragglerSlack' | 'idleFraction'> {
  const longest = Math.max(0, ...lengths);
  if (longest === 0) return { stragglerSlack: 1, idleFraction: 0 };
  const mean = sum(lengths) / lengths.length;
  return { stragglerSlack: longest / mean, idleFraction: 1 - mean / longest };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Where `<Parallel>` stands in one response, executed or not: 0-based index over response length, each in [0, 1). */
export function listTagPositions(trajectory: Trajectory, parallelOpen: number): number[] {
  const { ids } = flattenResponse(trajectory);
  return ids.flatMap((id, index) => (id === parallelOpen ? [index / ids.length] : []));
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

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
