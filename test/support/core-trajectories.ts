import fc from 'fast-check';
import type { TagIds } from '../../src/core/grammar.ts';
import { isLeadingPath, type Origin, type Piece, type Segment, type Trajectory } from '../../src/core/trajectory.ts';

/** Trajectories made of counted tokens: every token has an id of its own, so that a context can be read off the ids. */

export const TAG_IDS: TagIds = {
  parallelOpen: 1,
  parallelClose: 2,
  pathOpen: 3,
  pathClose: 4,
  summaryOpen: 5,
  summaryClose: 6,
  gap: [7],
  eos: [8],
};

/** Tokens of one piece, in the order given. `restored` gives the last token no log-prob, as a stop token that had to be put back. */
export interface PieceShape {
  readonly origin: Origin;
  readonly tokens: number;
  readonly restored?: boolean;
}

export interface SegmentShape {
  readonly role: Segment['role'];
  readonly block?: number;
  readonly path?: number;
  readonly pieces: readonly PieceShape[];
}

/** Builds a trajectory of `promptTokens` and the segments; ids count up from 100. */
export function shapeTrajectory(promptTokens: number, shapes: readonly SegmentShape[]): Trajectory {
  let next = 100;
  const take = (count: number) => Array.from({ length: count }, () => next++);
  const promptIds = take(promptTokens);
  const segments = shapes.map(({ role, block = 0, path = 0, pieces }): Segment => {
    const made = pieces.map((shape) => shapePiece(take(shape.tokens), shape));
    return { role, block, path, pieces: made, stop: 'tag', flags: [], seed: 1, weightsVersion: 'w1' };
  });
  return { promptIds, segments, end: 'eos' };
}

/** The log-prob that `shapeTrajectory` gives a sampled token. */
export function shapedLogprob(id: number): number {
  return -id / 1000;
}

function shapePiece(ids: readonly number[], { origin, restored = false }: PieceShape): Piece {
  const logprobs = ids.map((id, k) => (restored && k === ids.length - 1 ? Number.NaN : shapedLogprob(id)));
  return { ids, text: '', logprobs: origin === 'policy' ? logprobs : null, origin };
}

/** Main, then per block the paths (lengths with both tags) and a trunk stretch that begins with `</Parallel>`. */
export function shapeBlocks(
  promptTokens: number,
  first: number,
  blocks: readonly { readonly paths: readonly number[]; readonly after: number }[],
): Trajectory {
  const shapes: SegmentShape[] = [{ role: 'main', pieces: [{ origin: 'policy', tokens: first }] }];
  blocks.forEach(({ paths, after }, b) => {
    paths.forEach((tokens, p) => {
      shapes.push({ role: 'path', block: b + 1, path: p + 1, pieces: [{ origin: 'policy', tokens }] });
    });
    shapes.push({ role: 'summary', block: b + 1, pieces: [{ origin: 'policy', tokens: after }] });
  });
  return shapeTrajectory(promptTokens, shapes);
}

const count = (min: number, max: number) => fc.integer({ min, max });

function arbitrarySegment(role: 'path' | 'summary', block: number, path: number): fc.Arbitrary<SegmentShape> {
  return fc.tuple(count(1, 4), count(0, 5), fc.boolean(), fc.boolean()).map(([opening, tokens, closed, restored]) => ({
    role,
    block,
    path,
    pieces: [
      { origin: 'injected' as const, tokens: opening },
      ...(tokens > 0 ? [{ origin: 'policy' as const, tokens, restored: restored && closed }] : []),
      ...(closed ? [] : [{ origin: 'injected' as const, tokens: 1 }]),
    ],
  }));
}

function arbitraryBlock(block: number): fc.Arbitrary<SegmentShape[]> {
  const paths = count(2, 4).chain((n) =>
    fc.tuple(...Array.from({ length: n }, (_, i) => arbitrarySegment('path', block, i + 1))),
  );
  const main = count(1, 5).map((tokens): SegmentShape => ({ role: 'main', pieces: [{ origin: 'policy', tokens }] }));
  return fc
    .tuple(paths, arbitrarySegment('summary', block, 0), main)
    .map(([siblings, summary, after]) => [...siblings, summary, after]);
}

/** Any trajectory a rollout can leave: 0 to 3 blocks of 2 to 4 paths, sampled or injected closers, restored stop tokens. */
export const arbitraryTrajectory: fc.Arbitrary<Trajectory> = fc
  .tuple(count(1, 6), count(1, 6), count(0, 3))
  .chain(([prompt, first, blocks]) =>
    fc
      .tuple(...Array.from({ length: blocks }, (_, b) => arbitraryBlock(b + 1)))
      .map((parts) =>
        shapeTrajectory(prompt, [{ role: 'main', pieces: [{ origin: 'policy', tokens: first }] }, ...parts.flat()]),
      ),
  );

/** A trajectory whose blocks were joined by some policy: paths in any order, some of them given up, at least one joined. */
export const arbitraryJoined: fc.Arbitrary<Trajectory> = fc
  .tuple(arbitraryTrajectory, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), fc.nat(4))
  .map(([trajectory, keys, kept]) => ({ ...trajectory, segments: joinBlocks(trajectory.segments, keys, 1 + kept) }));

function joinBlocks(segments: readonly Segment[], keys: readonly number[], kept: number): Segment[] {
  return segments.flatMap((segment, index) => {
    if (segment.role !== 'path') return [segment];
    if (!isLeadingPath(segments, index)) return [];
    const paths = segments.filter(({ role, block }) => role === 'path' && block === segment.block);
    const shuffled = paths.toSorted(
      (a, b) => keys[4 * (a.block - 1) + a.path - 1]! - keys[4 * (b.block - 1) + b.path - 1]!,
    );
    const giveUp = (path: Segment): Segment => ({ ...path, pieces: [], stop: 'abort' });
    return [...shuffled.slice(0, kept), ...shuffled.slice(kept).map(giveUp)];
  });
}

/** What each sampled token was sampled under (prompt included), by token id; told from the calls, not from any layout. */
export function listSamplingContexts(trajectory: Trajectory): Map<number, readonly number[]> {
  const contexts = new Map<number, readonly number[]>();
  let trunk = [...trajectory.promptIds];
  let beforeBlock: readonly number[] = trunk;
  for (const [index, segment] of trajectory.segments.entries()) {
    if (isLeadingPath(trajectory.segments, index)) beforeBlock = [...trunk];
    const seen = segment.role === 'path' ? [...beforeBlock] : [...trunk];
    const ids = segment.pieces.flatMap((piece) => piece.ids);
    for (const id of ids) {
      contexts.set(id, [...seen]);
      seen.push(id);
    }
    trunk = [...trunk, ...ids];
  }
  return contexts;
}
