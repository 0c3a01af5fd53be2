import { countWanted, type JoinPolicy, MIN_PATHS, orderPaths } from '../../core/curriculum.ts';
import { countSegmentTokens, type Piece, type Segment } from '../../core/trajectory.ts';
import type { Clock } from '../../ports/clock.ts';
import { runAll } from '../run-all.ts';
import { closeSegment, giveUpPath, injectedPiece } from './close-segment.ts';
import type { CallName, TrajectoryCalls } from './trajectory-calls.ts';

/** The paths of one block. */
export interface BlockRequest {
  /** From 1. */
  readonly block: number;
  /** What all paths have in common before their `<Path>`. */
  readonly prompt: readonly number[];
  /** Paths that are requested. */
  readonly paths: number;
  /** `max_tokens` of each. */
  readonly pathCap: number;
}

/** Why the call of a path ends that the join did not wait for. */
const GIVEN_UP = new Error('the paths of this block were joined without it');

/**
 * Requests the paths of a block side by side and joins them: the joined ones come first, in rendering order, then those
 * that were given up. What was joined is stored before it is used, so that a resumed run joins the same paths.
 */
export async function runPaths(calls: TrajectoryCalls, request: BlockRequest): Promise<Segment[]> {
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

/** The paths that are joined, by ordinal. The calls of the others are aborted. */
async function askPaths(
  calls: TrajectoryCalls,
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
    // A join of all paths follows from their answers; any other depends on which came first.
    const name = calls.nameAnswer('join', request.block);
    const joined = join.kind === 'all' ? await wait() : await answers.recall(name, wait);
    for (const path of joined) if (!arrived.has(path)) await begin(path, signal);
    return joined.map((path) => arrived.get(path)!);
  } catch (error) {
    stop.abort(GIVEN_UP);
    throw error;
  }
}

/** Requests one path and closes it. `kind` is `reseed` where it was requested before. */
async function askPath(
  calls: TrajectoryCalls,
  { prompt, pathCap }: BlockRequest,
  name: CallName,
  signal: AbortSignal,
): Promise<Segment> {
  const { tags } = calls.io.binding;
  const opening = listOpening(calls, name.path);
  const completion = await calls.ask(
    {
      name,
      prompt: [...prompt, ...opening.flatMap(({ ids }) => ids)],
      maxTokens: pathCap,
      stopTokenIds: [tags.pathClose],
    },
    signal,
  );
  const segment = closeSegment({
    ...{ role: 'path', block: name.block, path: name.path, opening, completion },
    ...{ closer: { id: tags.pathClose, text: '</Path>' }, tags, eosTexts: calls.io.eosTexts },
    ...{ seed: calls.seedOf(name), weightsVersion: calls.model },
  });
  return name.kind === 'reseed' ? { ...segment, flags: [...segment.flags, 'reseeded_path'] } : segment;
}

/** What the controller puts in front of a path: `<Path>`, and its label where it has one. */
function listOpening({ io: { binding } }: TrajectoryCalls, path: number): Piece[] {
  const label = binding.labels?.[path - 1] ?? null;
  const tag = injectedPiece([binding.tags.pathOpen], '<Path>');
  return label === null ? [tag] : [tag, injectedPiece(label.ids, label.text)];
}

/** Requests every path that repeats an earlier one once more, with another seed, and keeps what comes then. */
async function askDuplicatesAgain(
  calls: TrajectoryCalls,
  request: BlockRequest,
  found: readonly Segment[],
): Promise<readonly Segment[]> {
  const duplicates = findDuplicates(calls, found);
  const again = new Map<Segment, Segment>();
  const askAgain = async (segment: Segment, signal: AbortSignal) => {
    const { role, block, path } = segment;
    calls.tellStarted({ role, block, path });
    again.set(segment, calls.tellFinished(await askPath(calls, request, { kind: 'reseed', block, path }, signal)));
  };
  await runAll(duplicates, askAgain, calls.io.signal);
  return found.map((segment) => again.get(segment) ?? segment);
}

/** Flags every path that repeats an earlier one. */
function markDuplicates(calls: TrajectoryCalls, paths: readonly Segment[]): readonly Segment[] {
  const duplicates = findDuplicates(calls, paths);
  if (duplicates.size === 0) return paths;
  return paths.map((segment) =>
    duplicates.has(segment) ? { ...segment, flags: [...segment.flags, 'duplicate_path' as const] } : segment,
  );
}

/** Paths whose text, label aside, is that of an earlier one. */
function findDuplicates(calls: TrajectoryCalls, paths: readonly Segment[]): ReadonlySet<Segment> {
  const seen = new Set<string>();
  return new Set(
    paths.filter(({ path, pieces }) => {
      const content = pieces.slice(listOpening(calls, path).length).flatMap(({ ids }) => ids);
      const key = content.join(' ');
      if (seen.has(key)) return true;
      seen.add(key);
      return false;
    }),
  );
}

/**
 * Waits until the paths of a block may be joined and returns the indices of those that had ended, ascending. A join by
 * count takes the first to end and no more. A join by deadline takes all that have ended by then, but waits until two
 * have. Rejects when a path fails before that; `signal` ends the wait for the deadline.
 */
function waitForJoin(
  paths: readonly Promise<unknown>[],
  join: JoinPolicy,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const ended: number[] = [];
    let wanted = join.kind === 'deadline' ? paths.length : countWanted(join, paths.length);
    const look = () => {
      if (ended.length >= wanted) resolve(ended.toSorted((a, b) => a - b));
    };
    paths.forEach((path, index) => {
      path.then(() => {
        ended.push(index);
        look();
      }, reject);
    });
    if (join.kind !== 'deadline') return;
    clock.sleep(join.ms, signal).then(
      () => {
        wanted = Math.min(MIN_PATHS, paths.length);
        look();
      },
      // The wait was over before the deadline.
      () => {},
    );
  });
}
