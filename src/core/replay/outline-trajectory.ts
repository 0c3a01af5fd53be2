import { countGeneratedTokens, countSegmentTokens, isAwaited, type Segment, type Trajectory } from '../trajectory.ts';

/** What a replay needs of one segment, in tokens: injected before, generated, injected after. */
export interface Stretch {
  readonly opening: number;
  readonly generated: number;
  readonly closing: number;
}

/** A joined path with the ordinal it was requested under. */
export type PathStretch = Stretch & { readonly ordinal: number };

/** The joined paths of one block in rendering order, and how many were given up, of which nothing is known. */
export interface OutlineBlock {
  readonly paths: readonly PathStretch[];
  readonly givenUp: number;
}

/** One call of the trunk (main or summary), or a block, whose paths were requested side by side. */
export type OutlineStep = { readonly trunk: Stretch } | OutlineBlock;

export interface Outline {
  readonly promptTokens: number;
  readonly steps: readonly OutlineStep[];
}

/** The lengths of a trajectory in the order of its calls. */
export function outlineTrajectory({ promptIds, segments }: Trajectory): Outline {
  const steps: ({ trunk: Stretch } | { paths: PathStretch[]; givenUp: number })[] = [];
  for (const segment of segments) {
    if (segment.role !== 'path') {
      steps.push({ trunk: measureStretch(segment) });
      continue;
    }
    const last = steps.at(-1);
    const block = last !== undefined && 'paths' in last ? last : { paths: [], givenUp: 0 };
    if (block !== last) steps.push(block);
    if (isAwaited(segment)) block.paths.push({ ...measureStretch(segment), ordinal: segment.path });
    else block.givenUp += 1;
  }
  return { promptTokens: promptIds.length, steps };
}

/** A path or summary that did not end with its own tag was closed by the controller, with its last piece. */
function measureStretch(segment: Segment): Stretch {
  const generated = countGeneratedTokens(segment);
  const last = segment.pieces.at(-1);
  const isClosed = segment.role !== 'main' && segment.stop !== 'tag' && last?.origin === 'injected';
  const closing = isClosed ? last.ids.length : 0;
  return { opening: countSegmentTokens(segment) - generated - closing, generated, closing };
}
