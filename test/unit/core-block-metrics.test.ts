/**
 * Where blocks stand and how many responses have one:
 *  1. relative positions: index of the <Parallel> token over response length, executed forks told from inert tags
 *  2. a tag inside a path counts as text only
 *  3. micro is over blocks, macro over responses, first over first blocks; null without any block
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { buildTrajectoryFromIds } from '../../src/core/layout/trajectory-from-ids.ts';
import type { Segment, Trajectory } from '../../src/core/trajectory.ts';
import { computeTrajectoryFigures, listTagPositions, summarizePositions } from '../../src/core/trajectory-figures.ts';
import { TAG_IDS } from '../support/core-trajectories.ts';

function segment(role: Segment['role'], path: number, ids: readonly number[]): Segment {
  const pieces = [{ ids, text: '', logprobs: ids.map(() => -1), origin: 'policy' as const }];
  const block = role === 'main' ? 0 : 1;
  return { role, block, path, pieces, stop: 'tag', flags: [], seed: 1, weightsVersion: 'w' };
}

const respond = (...segments: Segment[]): Trajectory => ({ promptIds: [1, 1], segments, end: 'eos' });

/** `<Parallel>` is token 1. Ten tokens: an inert tag at 1, an executed one at 3, one inside a path at 5. */
const MIXED = respond(
  segment('main', 0, [10, 1, 11, 1]),
  segment('path', 1, [3, 1, 4]),
  segment('path', 2, [3, 4]),
  segment('summary', 0, [2]),
);

const listExecuted = (trajectory: Trajectory) =>
  computeTrajectoryFigures(trajectory).blocks.map(({ position }) => position);

test('1+2: positions', () => {
  assert.deepEqual(listTagPositions(MIXED, TAG_IDS.parallelOpen), [0.1, 0.3, 0.5]);
  assert.deepEqual(listExecuted(MIXED), [0.3]);
  const refused = respond(segment('main', 0, [10, 1]), segment('main', 0, [12, 8]));
  assert.deepEqual(listTagPositions(refused, TAG_IDS.parallelOpen), [0.25]);
  assert.deepEqual(listExecuted(refused), []);
  const ids = [9, 1, 3, 9, 4, 3, 9, 9, 4, 2, 7, 5, 9, 6, 1, 3, 9, 4, 3, 9, 9, 4, 2, 7, 5, 9, 6, 9, 8];
  const taught = buildTrajectoryFromIds([50], ids, null, TAG_IDS, { pathLabels: null });
  assert.ok('segments' in taught);
  assert.deepEqual(listExecuted(taught), [1 / 29, 14 / 29]);
});

test('3: summary of positions', () => {
  const summary = summarizePositions([[0.25, 0.5], [], [0.75]]);
  assert.equal(summary.micro, 0.5);
  assert.equal(summary.macro, (0.375 + 0.75) / 2);
  assert.equal(summary.first, 0.5);
  assert.deepEqual(summarizePositions([[], []]), { micro: null, macro: null, first: null });
});
