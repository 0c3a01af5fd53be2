/**
 * Figures of one trajectory:
 *  1. the example of the method: T 95, D 65; self-parallelism, saved share, slack and path lengths follow
 *  2. the worked example: T 3,800, D 3,000, P 1.2667, eta 0.2105, slack 1.111, idle 0.1
 *  3. a path that was given up counts in T alone: T 3,600, T_join = D = 2,800
 *  4. what a teacher wrote counts as generated
 *  5. of any trajectory: D <= T_join <= T, equal where nothing was forked; P and slack at least 1; idle and eta below 1
 *  6. positions are those of the executed `<Parallel>` tokens, whichever path stands first
 *  7. nothing generated: no division by zero
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  countCriticalTokens,
  countForks,
  countPolicyTokens,
  type Segment,
  type Trajectory,
} from '../../src/core/trajectory.ts';
import { computeTrajectoryFigures, listTagPositions } from '../../src/core/trajectory-figures.ts';
import {
  arbitraryJoined,
  arbitraryTrajectory,
  type PieceShape,
  type SegmentShape,
  shapeTrajectory,
  TAG_IDS,
} from '../support/core-trajectories.ts';

function shape(role: Segment['role'], path: number, injected: number, tokens: number, origin = 'policy'): SegmentShape {
  const pieces = [{ origin: 'injected', tokens: injected } as const, { origin, tokens } as PieceShape];
  return { role, block: role === 'main' ? 0 : 1, path, pieces };
}

const METHOD = shapeTrajectory(7, [
  shape('main', 0, 0, 10),
  shape('path', 1, 1, 30),
  shape('path', 2, 1, 50),
  shape('summary', 0, 3, 5),
]);

const worked = (second: number) =>
  shapeTrajectory(7, [
    shape('main', 0, 0, 1500),
    shape('path', 1, 1, 800),
    shape('path', 2, 1, second),
    shape('summary', 0, 3, 200),
    shape('main', 0, 0, 300),
  ]);

/** The same with the segment of that index given up. */
function giveUp(trajectory: Trajectory, index: number): Trajectory {
  const segments = trajectory.segments.map((one, i) => (i === index ? { ...one, stop: 'abort' as const } : one));
  return { ...trajectory, segments };
}

const isClose = (actual: number, wanted: number, digits: number) =>
  assert.equal(actual.toFixed(digits), String(wanted));

test('1: the example of the method', () => {
  const figures = computeTrajectoryFigures(METHOD);
  assert.equal(figures.totalTokens, 95);
  assert.equal(figures.joinedTokens, 95);
  assert.equal(figures.criticalTokens, 65);
  assert.equal(figures.selfParallelism, 95 / 65);
  assert.equal(figures.savedFraction, 1 - 65 / 95);
  assert.equal(figures.responseTokens, 100);
  const [block] = figures.blocks;
  assert.equal(figures.blocks.length, 1);
  assert.equal(block?.block, 1);
  assert.deepEqual(block?.pathTokens, [30, 50]);
  assert.equal(block?.position, 9 / 100);
  assert.equal(block?.stragglerSlack, 50 / 40);
  assert.equal(block?.idleFraction, 1 - 40 / 50);
});

test('2: the worked example', () => {
  const figures = computeTrajectoryFigures(worked(1000));
  assert.equal(figures.totalTokens, 3800);
  assert.equal(figures.criticalTokens, 3000);
  isClose(figures.selfParallelism, 1.2667, 4);
  isClose(figures.savedFraction, 0.2105, 4);
  isClose(figures.blocks[0]!.stragglerSlack, 1.111, 3);
  isClose(figures.blocks[0]!.idleFraction, 0.1, 1);
  assert.equal(figures.responseTokens, 3805);
});

test('3: a path that was given up', () => {
  const figures = computeTrajectoryFigures(giveUp(worked(800), 2));
  assert.equal(figures.totalTokens, 3600);
  assert.equal(figures.joinedTokens, 2800);
  assert.equal(figures.criticalTokens, 2800);
  assert.equal(figures.selfParallelism, 1);
  assert.deepEqual(figures.blocks[0]?.pathTokens, [800, 800]);
  assert.equal(figures.blocks[0]?.stragglerSlack, 1);
});

test('4: teacher text', () => {
  const figures = computeTrajectoryFigures(
    shapeTrajectory(2, [shape('main', 0, 0, 4, 'teacher'), shape('path', 1, 1, 2, 'teacher')]),
  );
  assert.equal(figures.totalTokens, 6);
  assert.equal(figures.criticalTokens, 6);
});

test('5: bounds', () => {
  fc.assert(
    fc.property(arbitraryTrajectory, fc.nat(), (whole, seed) => {
      const paths = whole.segments.flatMap(({ role, path }, index) => (role === 'path' && path > 1 ? [index] : []));
      const trajectory = paths.length === 0 || seed % 2 === 0 ? whole : giveUp(whole, paths[seed % paths.length]!);
      const figures = computeTrajectoryFigures(trajectory);
      const { totalTokens, joinedTokens, criticalTokens, selfParallelism, savedFraction, blocks } = figures;
      assert.equal(totalTokens, countPolicyTokens(trajectory));
      assert.equal(criticalTokens, countCriticalTokens(trajectory));
      assert.ok(criticalTokens <= joinedTokens && joinedTokens <= totalTokens);
      assert.ok(selfParallelism >= 1);
      assert.ok(savedFraction >= 0 && savedFraction < 1);
      if (blocks.length === 0) assert.equal(criticalTokens, totalTokens);
      for (const { stragglerSlack, idleFraction, position } of blocks) {
        assert.ok(stragglerSlack >= 1 && idleFraction >= 0 && idleFraction < 1);
        assert.ok(position >= 0 && position < 1);
      }
    }),
  );
});

/** The same with the last token before every first path made the fork tag. */
function tagForks(trajectory: Trajectory): Trajectory {
  const segments = trajectory.segments.map((segment, index): Segment => {
    const next = trajectory.segments[index + 1];
    if (segment.role === 'path' || next?.role !== 'path') return segment;
    const last = segment.pieces.at(-1)!;
    return { ...segment, pieces: [{ ...last, ids: [...last.ids.slice(0, -1), TAG_IDS.parallelOpen] }] };
  });
  return { ...trajectory, segments };
}

test('6: positions', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryTrajectory, arbitraryJoined), (shaped) => {
      const trajectory = tagForks(shaped);
      const { blocks } = computeTrajectoryFigures(trajectory);
      assert.equal(blocks.length, countForks(trajectory));
      assert.deepEqual(
        blocks.map(({ position }) => position),
        listTagPositions(trajectory, TAG_IDS.parallelOpen),
      );
    }),
  );
});

test('7: nothing generated', () => {
  const figures = computeTrajectoryFigures({ promptIds: [1], segments: [], end: 'length' });
  assert.equal(figures.selfParallelism, 1);
  assert.equal(figures.savedFraction, 0);
  assert.deepEqual(figures.blocks, []);
});
