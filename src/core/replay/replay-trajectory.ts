import { type CountedJoin, countWanted, type JoinOrder, orderPaths } from '../curriculum.ts';
import type { Trajectory } from '../trajectory.ts';
import { computePrefillMs, countCachedTokens, type LatencyModel } from './latency-model.ts';
import { type OutlineBlock, outlineTrajectory, type PathStretch, type Stretch } from './outline-trajectory.ts';

/** Another way to run the blocks of stored trajectories. */
export interface ReplayPolicy {
  readonly join: CountedJoin;
  readonly order: JoinOrder;
  /** Only the first `width` paths of a block are requested; null: all. */
  readonly width: number | null;
  /** A path is cut after this many generated tokens; null: paths end where they did. */
  readonly pathBudget: number | null;
}

/** One trajectory under a policy. */
export interface Replay {
  /** Generated tokens, those of paths that were given up at the join included. */
  readonly totalTokens: number;
  /** Generated tokens on the chain that the answer waits for. */
  readonly criticalTokens: number;
  /** Prompt tokens computed on that chain. */
  readonly prefillTokens: number;
  readonly latencyMs: number;
  /**
   * Whether the policy leaves the trajectory as it is stored, so that its outcome stays known. Where it
   * does not, the summary and everything after it would be different text, and their stored lengths stand in for it.
   */
  readonly isUnchanged: boolean;
}

interface Progress {
  totalTokens: number;
  criticalTokens: number;
  prefillTokens: number;
  latencyMs: number;
  isUnchanged: boolean;
  /** Prompt and response so far, in tokens. */
  length: number;
  /** How many of them an earlier call has seen. */
  seen: number;
}

/** Replays a stored trajectory under a policy, in tokens and modelled time. Pure arithmetic over lengths. */
export function replayTrajectory(trajectory: Trajectory, policy: ReplayPolicy, model: LatencyModel): Replay {
  const { promptTokens, steps } = outlineTrajectory(trajectory);
  const at: Progress = { ...NOTHING, length: promptTokens };
  for (const step of steps) {
    if ('trunk' in step) runTrunk(at, step.trunk, model);
    else runBlock(at, step, policy, model);
  }
  return toReplay(at);
}

/**
 * The tokens of a forked trajectory in one stream: what decoding without a fork would take if it wrote as much.
 * It would write different text, so its outcome counts as unknown wherever there is a block.
 */
export function replayInOneStream(trajectory: Trajectory, model: LatencyModel): Replay {
  const { promptTokens, steps } = outlineTrajectory(trajectory);
  const stretches = steps.flatMap((step): readonly Stretch[] => ('trunk' in step ? [step.trunk] : step.paths));
  const generated = stretches.reduce((sum, stretch) => sum + stretch.generated, 0);
  const at: Progress = { ...NOTHING, length: promptTokens };
  runTrunk(at, { opening: 0, generated, closing: 0 }, model);
  return { ...toReplay(at), isUnchanged: steps.every((step) => 'trunk' in step) };
}

const NOTHING = {
  totalTokens: 0,
  criticalTokens: 0,
  prefillTokens: 0,
  latencyMs: 0,
  isUnchanged: true,
  seen: 0,
};

function toReplay({ totalTokens, criticalTokens, prefillTokens, latencyMs, isUnchanged }: Progress): Replay {
  return { totalTokens, criticalTokens, prefillTokens, latencyMs, isUnchanged };
}

function runTrunk(at: Progress, { opening, generated, closing }: Stretch, model: LatencyModel): void {
  const prompt = at.length + opening;
  const prefill = prompt - countCachedTokens(model, at.seen);
  at.totalTokens += generated;
  at.criticalTokens += generated;
  at.prefillTokens += prefill;
  at.latencyMs += model.callMs + computePrefillMs(model, prefill) + generated * model.decodeMs;
  at.seen = prompt + generated;
  at.length = at.seen + closing;
}

/** A path under way: when it starts to decode and when it ends, in milliseconds after the fork. */
interface Runner extends PathStretch {
  readonly prefill: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly isCut: boolean;
}

function runBlock(at: Progress, { paths: stored, givenUp }: OutlineBlock, policy: ReplayPolicy, model: LatencyModel) {
  const byOrdinal = stored.toSorted((a, b) => a.ordinal - b.ordinal);
  const asked = byOrdinal.slice(0, policy.width ?? stored.length).map((path) => startPath(at, path, policy, model));
  const joinMs = findJoinMs(asked, policy.join);
  const joined = asked.filter(({ endMs }) => endMs <= joinMs);
  const ordered = orderPaths(joined, policy.order, countSeen);
  const [first] = ordered;
  const [decisive] = joined.filter(({ endMs }) => endMs === joinMs);
  for (const path of asked) at.totalTokens += countSpent(path, joinMs, model);
  at.criticalTokens += Math.max(...joined.map(({ generated }) => generated));
  at.prefillTokens += decisive!.prefill;
  at.latencyMs += model.callMs + joinMs;
  at.isUnchanged &&=
    ordered.length === stored.length &&
    ordered.every((path, i) => path.ordinal === stored[i]!.ordinal && !path.isCut) &&
    (givenUp === 0 || waitsForNoMore(stored.length, givenUp, policy));
  at.seen = at.length + countSeen(first!);
  for (const { opening, generated, closing } of ordered) at.length += opening + generated + closing;
}

/** Whether a policy, like the stored one, joins once `joined` paths have ended, though more were requested. */
function waitsForNoMore(joined: number, givenUp: number, { join, width }: ReplayPolicy): boolean {
  return (width === null || width >= joined + givenUp) && countWanted(join, joined + givenUp) === joined;
}

function startPath(at: Progress, path: PathStretch, { pathBudget }: ReplayPolicy, model: LatencyModel): Runner {
  const isCut = pathBudget !== null && pathBudget < path.generated;
  const generated = isCut ? pathBudget : path.generated;
  const prefill = at.length + path.opening - countCachedTokens(model, at.seen);
  const startMs = computePrefillMs(model, prefill);
  const endMs = startMs + generated * model.decodeMs;
  // A path that is cut gets one closing tag from the controller.
  return { ...path, generated, closing: isCut ? 1 : path.closing, prefill, startMs, endMs, isCut };
}

/** Tokens of a path that its own call has seen; a closing tag that the controller added is not among them. */
function countSeen({ opening, generated }: Stretch): number {
  return opening + generated;
}

function findJoinMs(paths: readonly Runner[], join: CountedJoin): number {
  const ends = paths.map(({ endMs }) => endMs).sort((a, b) => a - b);
  return ends[countWanted(join, ends.length) - 1]!;
}

/** Tokens a path has generated by the time of the join, at which it is aborted. */
function countSpent({ startMs, endMs, generated }: Runner, joinMs: number, { decodeMs }: LatencyModel): number {
  if (endMs <= joinMs) return generated;
  const byThen = Math.floor((joinMs - startMs) / decodeMs + 1e-9);
  return Math.max(0, Math.min(generated, byThen));
}
