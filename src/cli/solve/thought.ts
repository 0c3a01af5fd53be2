import { countCriticalTokens, countGeneratedTokens, type Segment } from '../../core/trajectory.ts';
import type { SegmentEvent, SegmentPlace } from '../../pipeline/rollout/trajectory-calls.ts';

/** One call of a thought; still being written while `segment` is null. */
export interface ThoughtNode {
  readonly role: SegmentPlace['role'];
  readonly block: number;
  readonly path: number;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly segment: Segment | null;
}

/** A call of the trunk, or the paths of one block side by side. */
export type ThoughtRow = ThoughtNode | readonly ThoughtNode[];

/** What is known of one rollout while it happens. */
export interface Thought {
  /** In the order of their beginning. */
  readonly nodes: readonly ThoughtNode[];
}

export const EMPTY_THOUGHT: Thought = { nodes: [] };

/** The thought after one more event, at a time of one monotonic clock. */
export function followThought({ nodes }: Thought, event: SegmentEvent, nowMs: number): Thought {
  const { role, block, path } = event;
  if (event.kind === 'started') {
    const node = { role, block, path, startedMs: nowMs, endedMs: null, segment: null };
    // A path that is asked for again takes the place of the first one.
    const again = nodes.findIndex((one) => role === 'path' && one.block === block && one.path === path);
    return { nodes: again < 0 ? [...nodes, node] : nodes.with(again, node) };
  }
  const at = nodes.findIndex((node) => node.segment === null && node.block === block && node.path === path);
  return { nodes: nodes.with(at, { ...nodes[at]!, endedMs: nowMs, segment: event.segment }) };
}

/** The nodes as rows: paths of one block stand together. */
export function listRows({ nodes }: Thought): ThoughtRow[] {
  const rows: (ThoughtNode | ThoughtNode[])[] = [];
  for (const node of nodes) {
    const last = rows.at(-1);
    if (node.role !== 'path') rows.push(node);
    else if (Array.isArray(last) && last[0]?.block === node.block) last.push(node);
    else rows.push([node]);
  }
  return rows;
}

/** Generated tokens of what is finished, all and on the longest chain. */
export function countThoughtTokens({ nodes }: Thought): { readonly total: number; readonly critical: number } {
  const segments = nodes.flatMap(({ segment }) => (segment === null ? [] : [segment]));
  const total = segments.reduce((sum, segment) => sum + countGeneratedTokens(segment), 0);
  return { total, critical: countCriticalTokens({ promptIds: [], segments, end: 'eos' }) };
}
