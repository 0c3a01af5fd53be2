import { hashSeed } from '../../core/rng.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import type { Completion } from '../../ports/engine.ts';
import { describeRefusal } from '../engine/calls.ts';
import { runAll } from '../run-all.ts';
import { askEngine, type GroupRequest, type RolloutIo, TrajectoryCalls } from './trajectory-calls.ts';
import { TrajectoryRun } from './trajectory-run.ts';

/** A finished trajectory, or why there is none: the engine refused one of its calls for good. */
export type RolloutOutcome = { readonly trajectory: Trajectory } | { readonly failure: string };

/**
 * Rolls out one group: the first main call asks for all choices at once, then every trajectory goes its own way. A call
 * that is refused for good fails its trajectory alone; engine outages reject the whole group, once none of its
 * trajectories is under way any more.
 */
export async function rollOutGroup(io: RolloutIo, request: GroupRequest): Promise<RolloutOutcome[]> {
  const { promptIds, groupSize } = request;
  const { maxPromptTokens } = io.settings;
  const failAll = (failure: string) => Array.from({ length: groupSize }, () => ({ failure }));
  if (promptIds.length > maxPromptTokens) {
    return failAll(`prompt of ${promptIds.length} tokens exceeds rollout.maxPromptTokens ${maxPromptTokens}`);
  }
  const seed = hashSeed(...request.seedParts, 'main', 0);
  let first: Completion[];
  try {
    first = await askFirst(io, request, seed);
  } catch (error) {
    return failAll(describeRefusal(error));
  }
  const outcomes = new Array<RolloutOutcome>(groupSize);
  const goOn = async (sample: number, signal: AbortSignal) => {
    const calls = new TrajectoryCalls({ ...io, signal }, request, sample);
    outcomes[sample] = await finishTrajectory(new TrajectoryRun(calls, promptIds), first[sample]!, seed);
  };
  await runAll(first.keys(), goOn, io.signal);
  return outcomes;
}

function askFirst(io: RolloutIo, request: GroupRequest, seed: number): Promise<Completion[]> {
  const { model, promptIds, groupSize } = request;
  const { settings, binding } = io;
  const canFork = settings.mode === 'parallel' && settings.maxBlocks > 0;
  for (let sample = 0; sample < groupSize; sample += 1) {
    io.onSegment?.({ kind: 'started', sample, role: 'main', block: 0, path: 0 });
  }
  const call = {
    ...{ model, prompt: promptIds, n: groupSize, maxTokens: settings.maxResponseTokens, seed },
    stopTokenIds: [...(canFork ? [binding.tags.parallelOpen] : []), ...binding.tags.eos],
  };
  return askEngine(io, 'first', call, io.signal);
}

async function finishTrajectory(run: TrajectoryRun, first: Completion, seed: number): Promise<RolloutOutcome> {
  try {
    return { trajectory: await run.run(first, seed) };
  } catch (error) {
    return { failure: describeRefusal(error) };
  }
}
