/**
 * 1. embed copies table rows; embedBackward adds row gradients, repeated tokens included, and touches no other row.
 * 2. normRows and its gradients with respect to input and gain equal the 64-bit reference and add to what is there.
 * 3. squareRelu and its gradient equal the reference, at 0 and below too.
 * 4. rotate equals the reference at the first and the last position; turning back restores the input; values stay.
 * 5. The rope table equals library cosines and sines.
 * 6. No kernel writes past its buffers, with 1 to 9 rows.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { fillRopeTable } from '../../adapters/embedded-lm/model/rope-table.ts';
import { createRng } from '../../src/core/rng.ts';
import { assertClose, drawFloats, openKernelArena, rowsOf } from '../support/kernel-arena.ts';
import { computeNumericGradient, normRow, rotateRow, squareRelu } from '../support/reference-transformer.ts';

const ROW_COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const D = 24;

const arena = openKernelArena();
const { kernels } = arena;
const rng = createRng(11);

function dot(a: Float64Array, b: ArrayLike<number>): number {
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0);
}

test('embedding rows are copied, their gradients added', () => {
  for (const rows of ROW_COUNTS) {
    arena.reset();
    const tokens = arena.takeIntegers(Array.from({ length: rows }, (_, i) => (i % 2 === 0 ? 4 : i % 3)));
    const table = arena.take(drawFloats(rng, 6 * D));
    const out = arena.take(rows * D);
    kernels.embed(tokens.at, table.at, out.at, rows, D);
    rowsOf(out.floats, D).forEach((row, r) => {
      assert.deepEqual(row, rowsOf(table.floats, D)[tokens.integers[r]!], `row ${r}`);
    });
    const [dx, before] = [arena.take(drawFloats(rng, rows * D)), drawFloats(rng, 6 * D)];
    const dTable = arena.take(before);
    kernels.embedBackward(tokens.at, dx.at, dTable.at, rows, D);
    const wanted = Float64Array.from(before);
    dx.floats.forEach((v, at) => {
      wanted[tokens.integers[Math.floor(at / D)]! * D + (at % D)]! += v;
    });
    assertClose(dTable.floats, wanted, 1e-6, `${rows} rows`);
    assert.deepEqual(dTable.floats.slice(5 * D), before.slice(5 * D), 'the row of an absent token');
    arena.assertCanaries();
  }
});

test('RMSNorm and its gradients equal the reference', () => {
  for (const rows of ROW_COUNTS) {
    arena.reset();
    const x = arena.take(drawFloats(rng, rows * D));
    // A row near zero is where the epsilon matters.
    x.floats.subarray(0, D).forEach((v, i) => {
      x.floats[i] = v * 1e-3;
    });
    const [gain, dy] = [arena.take(drawFloats(rng, D)), arena.take(drawFloats(rng, rows * D))];
    const [y, inverse] = [arena.take(rows * D), arena.take(rows)];
    kernels.normRows(x.at, gain.at, y.at, inverse.at, rows, D);
    const [xRows, dyRows] = [rowsOf(x.floats, D), rowsOf(dy.floats, D)];
    const wide = Float64Array.from(gain.floats);
    const wanted = xRows.flatMap((row) => [...normRow(row, wide)]);
    assertClose(y.floats, wanted, 1e-5, `forward of ${rows} rows`);

    const [dxBefore, dGainBefore] = [drawFloats(rng, rows * D), drawFloats(rng, D)];
    const [dx, dGain] = [arena.take(dxBefore), arena.take(dGainBefore)];
    kernels.normRowsBackward(x.at, gain.at, inverse.at, dy.at, dx.at, dGain.at, rows, D);
    const wantedDx = xRows.flatMap((row, r) => [
      ...computeNumericGradient((moved) => dot(normRow(moved, wide), dyRows[r]!), row),
    ]);
    const wantedDGain = computeNumericGradient(
      (moved) => xRows.reduce((sum, row, r) => sum + dot(normRow(row, moved), dyRows[r]!), 0),
      wide,
    );
    const plus = (before: Float32Array, by: ArrayLike<number>) => Float64Array.from(before, (v, i) => v + by[i]!);
    assertClose(dx.floats, plus(dxBefore, wantedDx), 1e-5, `dx of ${rows} rows`);
    assertClose(dGain.floats, plus(dGainBefore, wantedDGain), 1e-5, `dGain of ${rows} rows`);
    arena.assertCanaries();
  }
});

test('squared ReLU and its gradient equal the reference', () => {
  for (const n of [4, 8, 12, 36]) {
    arena.reset();
    const values = drawFloats(rng, n);
    values[0] = 0;
    values[1] = -0.5;
    const [z, dOut, out] = [arena.take(values), arena.take(drawFloats(rng, n)), arena.take(n)];
    const wide = Float64Array.from(values);
    const factors = dOut.floats.slice();
    kernels.squareRelu(z.at, out.at, n);
    assertClose(out.floats, squareRelu(wide), 1e-6, 'forward');
    kernels.squareReluBackward(z.at, dOut.at, n);
    const wanted = computeNumericGradient((moved) => dot(squareRelu(moved), factors), wide);
    assertClose(dOut.floats, wanted, 1e-4, 'gradient');
    assert.ok(dOut.floats[1] === 0, 'a negative input passes no gradient');
    arena.assertCanaries();
  }
});

test('rotation equals the reference and can be undone', () => {
  const [d, headWidth, positions] = [32, 16, 160];
  const table = new Float32Array(positions * headWidth);
  fillRopeTable(table, positions, headWidth);
  for (const rows of ROW_COUNTS) {
    arena.reset();
    const before = drawFloats(rng, rows * 3 * d);
    const at = Array.from({ length: rows }, (_, i) => (i === 0 ? positions - 1 : (i * 37) % positions));
    const [qkv, place, rope] = [arena.take(before), arena.takeIntegers(at), arena.take(table)];
    kernels.rotate(qkv.at, place.at, rope.at, rows, d, headWidth, 1);
    const wanted = rowsOf(before, d).flatMap((part, i) => [
      ...(i % 3 === 2 ? part : rotateRow(part, at[Math.floor(i / 3)]!, headWidth)),
    ]);
    assertClose(qkv.floats, wanted, 1e-6, `${rows} rows`);
    kernels.rotate(qkv.at, place.at, rope.at, rows, d, headWidth, -1);
    assertClose(qkv.floats, before, 1e-6, `${rows} rows turned back`);
    arena.assertCanaries();
  }
});

test('the rope table holds cosines and sines', () => {
  const [positions, headWidth] = [160, 16];
  const table = new Float32Array(positions * headWidth);
  fillRopeTable(table, positions, headWidth);
  for (let p = 0; p < positions; p += 1) {
    const angles = Array.from({ length: headWidth / 2 }, (_, i) => p * 1000 ** (-i / (headWidth / 2)));
    const wanted = [...angles.map(Math.cos), ...angles.map(Math.sin)];
    assertClose(table.subarray(p * headWidth, (p + 1) * headWidth), wanted, 1e-7, `position ${p}`);
  }
});
