/**
 * 1. packPanels and packPanelsTransposed place every element where the product reads it; transpose is exact.
 * 2. gemm equals the 64-bit product on 1 to 9 rows and across its row blocks, odd inner sizes included.
 * 3. With `accumulate` it adds to what is there.
 * 4. A row's bits do not depend on the rows beside it.
 * 5. No kernel writes past its buffers.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { assertClose, drawFloats, openKernelArena } from '../support/kernel-arena.ts';
import { multiplyRow } from '../support/reference-transformer.ts';

const arena = openKernelArena();
const { kernels } = arena;
const rng = createRng(7);

function multiplyReference(a: Float32Array, b: Float32Array, m: number, k: number): number[] {
  const rows = Array.from({ length: m }, (_, i) => Float64Array.from(a.subarray(i * k, (i + 1) * k)));
  return rows.flatMap((row) => [...multiplyRow(row, Float64Array.from(b))]);
}

/** Runs the kernel on fresh buffers. */
function multiply(
  a: Float32Array,
  b: Float32Array,
  m: number,
  k: number,
  n: number,
  start?: Float32Array,
): Float32Array {
  arena.reset();
  const [left, right, packed] = [arena.take(a), arena.take(b), arena.take(k * n)];
  const out = arena.take(start ?? m * n);
  kernels.packPanels(right.at, k, n, packed.at);
  kernels.gemm(left.at, packed.at, out.at, m, k, n, start === undefined ? 0 : 1);
  arena.assertCanaries();
  return out.floats.slice();
}

test('packing and transposing move every element to its place', () => {
  for (const [k, n] of [
    [1, 8],
    [5, 16],
    [16, 8],
  ] as const) {
    arena.reset();
    const w = arena.take(drawFloats(rng, k * n));
    const packed = arena.take(k * n);
    kernels.packPanels(w.at, k, n, packed.at);
    for (let i = 0; i < k; i += 1) {
      for (let j = 0; j < n; j += 1) {
        const at = (j >> 3) * 8 * k + i * 8 + (j & 7);
        assert.equal(packed.floats[at], w.floats[i * n + j], `packed (${i}, ${j})`);
      }
    }
    arena.assertCanaries();
  }
});

test('packing the transpose equals transposing, then packing', () => {
  for (const [k, n] of [
    [8, 1],
    [16, 5],
    [24, 16],
  ] as const) {
    arena.reset();
    const w = arena.take(drawFloats(rng, k * n));
    const packed = arena.take(k * n);
    const transposed = Float32Array.from({ length: k * n }, (_, at) => w.floats[(at % k) * n + Math.floor(at / k)]!);
    const expected = arena.take(k * n);
    kernels.packPanels(arena.take(transposed).at, n, k, expected.at);
    kernels.packPanelsTransposed(w.at, k, n, packed.at);
    assert.deepEqual(packed.floats, expected.floats);
    arena.assertCanaries();
  }
});

test('transpose is exact for any number of rows', () => {
  for (let rows = 1; rows <= 9; rows += 1) {
    arena.reset();
    const columns = 12;
    const a = arena.take(drawFloats(rng, rows * columns));
    const out = arena.take(rows * columns);
    kernels.transpose(a.at, rows, columns, out.at);
    a.floats.forEach((value, at) => {
      assert.equal(out.floats[(at % columns) * rows + Math.floor(at / columns)], value);
    });
    arena.assertCanaries();
  }
});

test('gemm equals the 64-bit product', () => {
  const rowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 33, 64, 65, 70, 131];
  for (const m of rowCounts) {
    for (const [k, n] of [
      [1, 8],
      [3, 24],
      [64, 16],
      [65, 8],
    ] as const) {
      const [a, b] = [drawFloats(rng, m * k), drawFloats(rng, k * n)];
      assertClose(multiply(a, b, m, k, n), multiplyReference(a, b, m, k), 1e-5, `${m}x${k}x${n}`);
    }
  }
});

test('gemm adds when asked to', () => {
  for (let m = 1; m <= 9; m += 1) {
    const [k, n] = [7, 16];
    const [a, b, c] = [drawFloats(rng, m * k), drawFloats(rng, k * n), drawFloats(rng, m * n)];
    const wanted = multiplyReference(a, b, m, k).map((v, i) => v + c[i]!);
    assertClose(multiply(a, b, m, k, n, c), wanted, 1e-5, `m ${m}`);
  }
});

test("a row's bits do not depend on its company", () => {
  const [m, k, n] = [70, 65, 24];
  const [a, b] = [drawFloats(rng, m * k), drawFloats(rng, k * n)];
  const together = multiply(a, b, m, k, n);
  for (const i of [0, 3, 31, 32, 33, 63, 68, 69]) {
    const alone = multiply(a.subarray(i * k, (i + 1) * k), b, 1, k, n);
    assert.deepEqual(alone, together.slice(i * n, (i + 1) * n), `row ${i}`);
  }
});
