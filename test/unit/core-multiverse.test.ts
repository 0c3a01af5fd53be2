/**
 * Positions and path ids of the Unseen layout:
 *  1. golden positions G1 to G7
 *  2. golden visible pairs under the server's rule, and the closed form
 *  3. x_attn_path of G2, and of the second block's third path in G5
 *  4. mask of G2, row by row
 *  5. a prompt of any length shifts positions and changes no path id (the prompt's own tags are not looked at)
 *  6. blocks and paths that do not fit the wire format are refused
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { computeMultiverseLayout } from '../../src/core/layout/multiverse-positions.ts';
import type { Trajectory } from '../../src/core/trajectory.ts';
import { arbitraryTrajectory, shapeBlocks, shapeTrajectory } from '../support/core-trajectories.ts';

const G1 = shapeBlocks(0, 1, [{ paths: [5, 4], after: 5 }]);
const G2 = shapeBlocks(0, 1, [{ paths: [5, 3], after: 6 }]);
const G3 = shapeBlocks(4, 1, [{ paths: [3, 2], after: 5 }]);
const G4 = shapeBlocks(4, 1, [{ paths: [3, 2, 4], after: 5 }]);
const G5 = shapeBlocks(3, 3, [
  { paths: [4, 3], after: 6 },
  { paths: [3, 5, 3], after: 6 },
]);
const G6 = shapeBlocks(0, 1, [{ paths: [3, 3, 3, 3], after: 2 }]);
const G7 = shapeBlocks(0, 1, [{ paths: [3], after: 3 }]);

/** Server rule: key j is visible to query i. */
function isVisible(attnPath: readonly number[], i: number, j: number): boolean {
  const [a, b] = [attnPath[i]!, attnPath[j]!];
  const sameBlock = a >> 16 === b >> 16 && a >> 16 !== 0;
  const [pathA, pathB] = [a & 0xffff, b & 0xffff];
  return j <= i && !(sameBlock && pathA !== 0 && pathB !== 0 && pathA !== pathB);
}

function countVisiblePairs({ attnPath }: { readonly attnPath: readonly number[] }): number {
  let pairs = 0;
  for (let i = 0; i < attnPath.length; i += 1)
    for (let j = 0; j <= i; j += 1) if (isVisible(attnPath, i, j)) pairs += 1;
  return pairs;
}

function positionsOf(trajectory: Trajectory): string {
  return computeMultiverseLayout(trajectory).positionIds.slice(trajectory.promptIds.length).join(' ');
}

test('1: golden positions', () => {
  assert.equal(positionsOf(G1), '0 1 2 3 4 5 1 2 3 4 6 7 8 9 10');
  assert.equal(positionsOf(G2), '0 1 2 3 4 5 1 2 3 6 7 8 9 10 11');
  assert.equal(positionsOf(G3), '4 5 6 7 5 6 8 9 10 11 12');
  assert.equal(positionsOf(G4), '4 5 6 7 5 6 5 6 7 8 9 10 11 12 13');
  assert.equal(
    positionsOf(G5),
    '3 4 5 6 7 8 9 6 7 8 10 11 12 13 14 15 16 17 18 16 17 18 19 20 16 17 18 21 22 23 24 25 26',
  );
  assert.equal(positionsOf(G6), '0 1 2 3 1 2 3 1 2 3 1 2 3 4 5');
  assert.equal(positionsOf(G7), '0 1 2 3 4 5 6');
});

test('2: golden visible pairs', () => {
  const rows: [name: string, trajectory: Trajectory, tokens: number, pairs: number][] = [
    ['G1', G1, 15, 100],
    ['G2', G2, 15, 105],
    ['G3', G3, 15, 114],
    ['G4', G4, 19, 164],
    ['G5', G5, 36, 615],
    ['G6', G6, 15, 66],
  ];
  for (const [name, trajectory, tokens, pairs] of rows) {
    const layout = computeMultiverseLayout(trajectory);
    assert.equal(layout.positionIds.length, tokens, name);
    assert.equal(layout.attnPath.length, tokens, name);
    assert.equal(countVisiblePairs(layout), pairs, name);
  }
  fc.assert(
    fc.property(arbitraryTrajectory, (trajectory) => {
      assert.equal(countVisiblePairs(computeMultiverseLayout(trajectory)), countPairsInClosedForm(trajectory));
    }),
  );
});

/** T(T + 1)/2 less, per block, the products of the lengths of every two paths. */
function countPairsInClosedForm(trajectory: Trajectory): number {
  let total = trajectory.promptIds.length;
  let hidden = 0;
  const seen = new Map<number, number>();
  for (const { role, block, pieces } of trajectory.segments) {
    const tokens = pieces.reduce((sum, piece) => sum + piece.ids.length, 0);
    total += tokens;
    if (role !== 'path') continue;
    hidden += tokens * (seen.get(block) ?? 0);
    seen.set(block, (seen.get(block) ?? 0) + tokens);
  }
  return (total * (total + 1)) / 2 - hidden;
}

test('3: x_attn_path', () => {
  const g2 = [0, ...Array(5).fill(65537), ...Array(3).fill(65538), ...Array(6).fill(0)];
  assert.deepEqual(computeMultiverseLayout(G2).attnPath, g2);
  assert.ok(computeMultiverseLayout(G5).attnPath.includes(131075));
  assert.equal(Math.max(...computeMultiverseLayout(G5).attnPath), 131075);
});

test('4: mask of G2', () => {
  const { attnPath } = computeMultiverseLayout(G2);
  const rowOf = (i: number) => attnPath.map((_, j) => (isVisible(attnPath, i, j) ? '1' : '.')).join('');
  const wanted: [query: number, row: string][] = [
    [0, '1..............'],
    [1, '11.............'],
    [4, '11111..........'],
    [5, '111111.........'],
    [6, '1.....1........'],
    [7, '1.....11.......'],
    [8, '1.....111......'],
    [9, '1111111111.....'],
    [10, '11111111111....'],
    [14, '111111111111111'],
  ];
  for (const [query, row] of wanted) assert.equal(rowOf(query), row, `row ${query}`);
});

test('5: the prompt is plain text', () => {
  const bare = computeMultiverseLayout(G2);
  const prompted = computeMultiverseLayout({ ...G2, promptIds: [1, 3, 4, 2, 5, 6, 50] });
  assert.deepEqual(prompted.positionIds.slice(0, 7), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(
    prompted.positionIds.slice(7),
    bare.positionIds.map((position) => position + 7),
  );
  assert.deepEqual(prompted.attnPath, [0, 0, 0, 0, 0, 0, 0, ...bare.attnPath]);
});

test('6: limits of the wire format', () => {
  const at = (block: number, path: number) =>
    computeMultiverseLayout(
      shapeTrajectory(1, [{ role: 'path', block, path, pieces: [{ origin: 'policy', tokens: 1 }] }]),
    ).attnPath[1];
  assert.equal(at(32767, 65535), 2 ** 31 - 1);
  for (const [block, path] of [
    [32768, 1],
    [1, 65536],
    [0, 1],
    [1, 0],
  ] as const) {
    assert.throws(() => at(block, path), RangeError, `${block}, ${path}`);
  }
});
