import { orderPaths } from '../../core/join.ts';
import { countSegmentTokens, type Segment } from '../../core/trajectory.ts';
import { askPath, type BlockRequest } from './ask-path.ts';
import type { AttemptCalls } from './attempt-calls.ts';
import { giveUpPath } from './close-segment.ts';
import { askDuplicatesAgain, markDuplicates } from './duplicate-paths.ts';
import { waitForJoin } from './wait-for-join.ts';

/** Why a path's call ends that was not waited for. */
const GIVEN_UP = new Error('the paths of this block were joined without it');

/**
 * Asks for the paths of a block side by side and joins them: the joined ones in rendering order, then those that were
 * given up. What was joined is stored before it is used, so that a resumed run joins the same.
 */
export async function runPaths(calls: AttemptCalls, request: BlockRequest): Promise<Segment[]> {
  const { block, paths } = request;
  const { duplicatePaths, joinOrder = 'emitted' } = calls.io.settings;
  const ordinals = Array.from({ length: paths }, (_, index) => index + 1);
  for (const path of ordinals) calls.tellStarted({ role: 'path', block, path });
  const found = await askPaths(calls, request, ordinals);
  const kept = duplicatePaths === 'reseed' ? await askDuplicatesAgain(calls, request, found) : found;
  const joined = orderPaths(markDuplicates(calls, kept), joinOrder, countSegmentTokens);
  const seedOf = (path: number) => calls.seedOf({ kind: 'path', block, path });
  const givenUp = ordinals
    .filter((path) => kept.every((segment) => segment.path !== path))
    .map((path) => calls.tellFinished(giveUpPath({ block, path, seed: seedOf(path), weightsVersion: calls.model })));
  return [...joined, ...givenUp];
}

/** The paths that are joined, by ordinal. The calls of the others are told to end. */
async function askPaths(
  calls: AttemptCalls,
  request: BlockRequest,
  ordinals: readonly number[],
): Promise<readonly Segment[]> {
  const { clock, signal, answers, settings } = calls.io;
  const { join = { kind: 'all' } } = settings;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const arrived = new Map<number, Segment>();
  const begin = async (path: number, until: AbortSignal) => {
    const segment = await askPath(calls, request, { kind: 'path', block: request.block, path }, until);
    arrived.set(path, segment);
    if (!until.aborted) calls.tellFinished(segment);
  };
  const wait = async () => {
    const ended = await waitForJoin(
      ordinals.map((path) => begin(path, either)),
      join,
      clock,
      either,
    );
    if (ended.length < ordinals.length || join.kind === 'deadline') stop.abort(GIVEN_UP);
    return ended.map((index) => ordinals[index]!);
  };
  try {
    // A join of all paths follows from their answers; any other from who came first.
    const name = calls.nameAnswer('join', request.block);
    const joined = join.kind === 'all' ? await wait() : await answers.recall(name, wait);
    for (const path of joined) if (!arrived.has(path)) await begin(path, signal);
    return joined.map((path) => arrived.get(path)!);
  } catch (error) {
    stop.abort(GIVEN_UP);
    throw error;
  }
}
