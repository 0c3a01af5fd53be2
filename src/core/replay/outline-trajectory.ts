import { countGeneratedTokens, countSegmentTokens, isAwaited, type Segment, type Trajectory } from '../trajectory.ts';

/** What a replay needs of one segment, in tokens: injected before, generated, injected after. */
export interface Stretch {
  readonly opening: number;
  readonly generated: number;
  readonly closing: number;
}

/** One call of the trunk (main or summary), or the paths of one block, which were called side by side. */
export type OutlineStep = { readonly trunk: Stretch } | { readonly paths: readonly Stretch[] };

export interface Outline {
  readonly promptTokens: number;
  readonly steps: readonly OutlineStep[];
}

/** The lengths of a trajectory in the order of its calls. A path that was given up has no part in it. */
export function outlineTrajectory({ promptIds, segments }: Trajectory): Outline {
  const steps: ({ trunk: Stretch } | { paths: Stretch[] })[] = [];
  for (const segment of segments) {
    const last = steps.at(-1);
    if (!isAwaited(segment)) continue;
    if (segment.role !== 'path') steps.push({ trunk: measureStretch(segment) });
    else if (last !== undefined && 'paths' in last) last.paths.push(measureStretch(segment));
    else steps.push({ paths: [measureStretch(segment)] });
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
