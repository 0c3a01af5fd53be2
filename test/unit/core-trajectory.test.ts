/**
 * What is counted of a trajectory, and its flat rendering:
 *  1. main 10, paths 30 and 50, summary 5: T = 95 tokens, D = 65 on the longest chain; injected tokens are in neither
 *  2. the longest path counts once per block; a trajectory without blocks has D = T
 *  3. D <= T, and D = T - what the shorter siblings hold, for any trajectory
 *  4. the flat rendering keeps order, origin, log-prob and segment of every token; no log-prob reads as NaN
 *  5. text is rendered with special tokens; tag ids are told from others
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  countCriticalTokens,
  countForks,
  countPolicyTokens,
  countSegmentTokens,
  flattenResponse,
  renderResponseText,
  type Trajectory,
} from '../../src/core/trajectory.ts';
import {
  arbitraryTrajectory,
  type SegmentShape,
  shapedLogprob,
  shapeTrajectory,
} from '../support/core-trajectories.ts';

/** A segment with `injected` tokens in front of the sampled ones. */
function segment(
  role: SegmentShape['role'],
  block: number,
  path: number,
  injected: number,
  tokens: number,
): SegmentShape {
  return {
    role,
    block,
    path,
    pieces: [
      { origin: 'injected', tokens: injected },
      { origin: 'policy', tokens },
    ],
  };
}

const EXAMPLE = shapeTrajectory(7, [
  segment('main', 0, 0, 0, 10),
  segment('path', 1, 1, 1, 30),
  segment('path', 1, 2, 1, 50),
  segment('summary', 1, 0, 3, 5),
]);

test('1: the example of the method', () => {
  assert.equal(countPolicyTokens(EXAMPLE), 95);
  assert.equal(countCriticalTokens(EXAMPLE), 65);
  assert.equal(countForks(EXAMPLE), 1);
  assert.equal(countSegmentTokens(EXAMPLE.segments[3]!), 8);
});

test('2: two blocks, and none', () => {
  const two = shapeTrajectory(1, [
    segment('main', 0, 0, 0, 1),
    segment('path', 1, 1, 1, 4),
    segment('path', 1, 2, 1, 2),
    segment('summary', 1, 0, 3, 1),
    segment('main', 0, 0, 0, 1),
    segment('path', 2, 1, 1, 3),
    segment('path', 2, 2, 1, 7),
    segment('path', 2, 3, 1, 7),
    segment('summary', 2, 0, 3, 1),
    segment('main', 0, 0, 0, 2),
  ]);
  assert.equal(countPolicyTokens(two), 29);
  assert.equal(countCriticalTokens(two), 1 + 4 + 1 + 1 + 7 + 1 + 2);
  assert.equal(countForks(two), 2);
  const none = shapeTrajectory(1, [segment('main', 0, 0, 0, 6)]);
  assert.equal(countCriticalTokens(none), countPolicyTokens(none));
});

function countShorterSiblings(trajectory: Trajectory): number {
  const sampled = (segmentIndex: number) =>
    trajectory.segments[segmentIndex]!.pieces.reduce(
      (sum, { ids, logprobs }) => sum + (logprobs === null ? 0 : ids.length),
      0,
    );
  const blocks = Map.groupBy(trajectory.segments.keys(), (index) => {
    const { role, block } = trajectory.segments[index]!;
    return role === 'path' ? block : 0;
  });
  let shorter = 0;
  for (const [block, members] of blocks) {
    const lengths = members.map(sampled);
    if (block > 0) shorter += lengths.reduce((sum, length) => sum + length, 0) - Math.max(...lengths);
  }
  return shorter;
}

test('3: D and T of any trajectory', () => {
  fc.assert(
    fc.property(arbitraryTrajectory, (trajectory) => {
      const total = countPolicyTokens(trajectory);
      assert.equal(countCriticalTokens(trajectory), total - countShorterSiblings(trajectory));
    }),
  );
});

test('4: the flat rendering', () => {
  const flat = flattenResponse(EXAMPLE);
  assert.equal(flat.ids.length, 100);
  assert.deepEqual(
    flat.ids,
    Array.from({ length: 100 }, (_, i) => 107 + i),
    'prompt left out, order kept',
  );
  assert.equal(flat.origins.filter((origin) => origin === 'injected').length, 5);
  flat.ids.forEach((id, i) => {
    const wanted = flat.origins[i] === 'policy' ? shapedLogprob(id) : Number.NaN;
    assert.equal(flat.logprobs[i], wanted);
  });
  assert.deepEqual(
    [0, 9, 10, 41, 92, 99].map((i) => flat.segmentIndex[i]),
    [0, 0, 1, 2, 3, 3],
  );
});

test('5: text and tags', () => {
  const piece = (text: string) => ({ ids: [1], text, logprobs: null, origin: 'injected' as const });
  const [main] = EXAMPLE.segments;
  const trajectory = { ...EXAMPLE, segments: [{ ...main!, pieces: [piece('a<Parallel>'), piece('<Path>')] }] };
  assert.equal(renderResponseText(trajectory), 'a<Parallel><Path>');
});
