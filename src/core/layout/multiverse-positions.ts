import { countSegmentTokens, isLeadingPath, type Trajectory } from '../trajectory.ts';

/** Position and path id of every token of prompt + response, for `structured_attention/1`. */
export interface MultiverseLayout {
  readonly positionIds: number[];
  readonly attnPath: number[];
}

/** The most that 15 and 16 bits hold: `(block << 16) | path` must stay a positive 32-bit integer. */
const MAX_BLOCK = 32767;
const MAX_PATH = 65535;

/**
 * Positions and path ids of the Unseen layout. The paths of a block overlap: each
 * begins right after `<Parallel>`, and `</Parallel>` follows the longest. Prompt tokens count from 0
 * whatever tags they hold. Only executed blocks count; a tag that was merely sampled is plain text.
 * RangeError when a block or path number does not fit the wire format.
 */
export function computeMultiverseLayout(trajectory: Trajectory): MultiverseLayout {
  const positionIds = trajectory.promptIds.map((_, i) => i);
  const attnPath = trajectory.promptIds.map(() => 0);
  let next = trajectory.promptIds.length;
  let blockStart = next;
  for (const [index, segment] of trajectory.segments.entries()) {
    const isPath = segment.role === 'path';
    if (!isPath || isLeadingPath(trajectory.segments, index)) blockStart = next;
    const start = isPath ? blockStart : next;
    const pathId = isPath ? encodePath(segment.block, segment.path) : 0;
    const length = countSegmentTokens(segment);
    for (let k = 0; k < length; k += 1) {
      positionIds.push(start + k);
      attnPath.push(pathId);
    }
    next = Math.max(next, start + length);
  }
  return { positionIds, attnPath };
}

function encodePath(block: number, path: number): number {
  if (block < 1 || block > MAX_BLOCK || path < 1 || path > MAX_PATH) {
    throw new RangeError(`block ${block}, path ${path} does not fit (block << 16) | path`);
  }
  return (block << 16) | path;
}
