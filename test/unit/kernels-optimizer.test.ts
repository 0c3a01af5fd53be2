/**
 * 1. addTo adds; sumSquares sums squares in doubles.
 * 2. stepAdamW follows the 64-bit reference over 20 steps, with decay and a gradient scale.
 * 3. A learning rate of 0 leaves the weights bit-identical and still moves the moments.
 * 4. With an epsilon of 0 a weight without gradient stays, the others move.
 * 5. No kernel writes past its buffers.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { type ArenaBuffer, assertClose, drawFloats, openKernelArena } from '../support/kernel-arena.ts';

const N = 36;
const arena = openKernelArena();
const { kernels } = arena;
const rng = createRng(19);

interface Settings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly gradientScale: number;
}

const SETTINGS: Settings = {
  learningRate: 3e-3,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-8,
  weightDecay: 0.1,
  gradientScale: 0.3,
};

interface Buffers {
  readonly w: ArenaBuffer;
  readonly g: ArenaBuffer;
  readonly m: ArenaBuffer;
  readonly v: ArenaBuffer;
}

function stepKernel({ w, g, m, v }: Buffers, step: number, s: Settings): void {
  kernels.stepAdamW(
    ...([w.at, g.at, m.at, v.at, N, s.gradientScale, s.learningRate] as const),
    ...([s.beta1, 1 - s.beta1, s.beta2, 1 - s.beta2] as const),
    ...([1 / (1 - s.beta1 ** step), 1 / (1 - s.beta2 ** step)] as const),
    s.eps,
    1 - s.learningRate * s.weightDecay,
  );
}

test('sums', () => {
  for (const n of [4, 8, 36]) {
    arena.reset();
    const [a, b] = [drawFloats(rng, n), drawFloats(rng, n)];
    const [to, from] = [arena.take(a), arena.take(b)];
    kernels.addTo(to.at, from.at, n);
    assert.deepEqual(
      to.floats,
      a.map((v, i) => v + b[i]!),
    );
    const wanted = b.reduce((sum, v) => sum + v * v, 0);
    assertClose([kernels.sumSquares(from.at, n)], [wanted], 1e-14, `squares of ${n}`);
    arena.assertCanaries();
  }
});

test('AdamW follows the reference over 20 steps', () => {
  arena.reset();
  const buffers = { w: arena.take(drawFloats(rng, N)), g: arena.take(N), m: arena.take(N), v: arena.take(N) };
  buffers.m.floats.fill(0);
  buffers.v.floats.fill(0);
  const w = Float64Array.from(buffers.w.floats);
  const [m, v] = [new Float64Array(N), new Float64Array(N)];
  const { learningRate, beta1, beta2, eps, weightDecay, gradientScale } = SETTINGS;
  for (let step = 1; step <= 20; step += 1) {
    buffers.g.floats.set(drawFloats(rng, N));
    stepKernel(buffers, step, SETTINGS);
    for (let i = 0; i < N; i += 1) {
      const g = buffers.g.floats[i]! * gradientScale;
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const change = m[i]! / (1 - beta1 ** step) / (Math.sqrt(v[i]! / (1 - beta2 ** step)) + eps);
      w[i] = w[i]! * (1 - learningRate * weightDecay) - learningRate * change;
    }
    assertClose(buffers.w.floats, w, 1e-6, `weights after ${step} steps`);
  }
  assertClose(buffers.m.floats, m, 1e-6, 'first moments');
  assertClose(buffers.v.floats, v, 1e-6, 'second moments');
  arena.assertCanaries();
});

test('a learning rate of 0 leaves every bit of the weights', () => {
  arena.reset();
  const before = drawFloats(rng, N);
  before[0] = 0;
  before[1] = 1e-40;
  const buffers = { w: arena.take(before), g: arena.take(drawFloats(rng, N)), m: arena.take(N), v: arena.take(N) };
  buffers.m.floats.fill(0);
  buffers.v.floats.fill(0);
  stepKernel(buffers, 1, { ...SETTINGS, learningRate: 0 });
  assert.deepEqual(new Uint32Array(buffers.w.floats.slice().buffer), new Uint32Array(before.buffer));
  assert.ok(buffers.m.floats.every((v) => v !== 0));
});

test('an epsilon of 0 spoils no weight', () => {
  arena.reset();
  const before = drawFloats(rng, N);
  const gradient = drawFloats(rng, N).map((v, i) => (i % 5 === 0 ? 0 : v));
  const buffers = { w: arena.take(before), g: arena.take(gradient), m: arena.take(N), v: arena.take(N) };
  buffers.m.floats.fill(0);
  buffers.v.floats.fill(0);
  stepKernel(buffers, 1, { ...SETTINGS, eps: 0, weightDecay: 0 });
  buffers.w.floats.forEach((w, i) => {
    // A first step goes by the sign of the gradient alone.
    const wanted = before[i]! - SETTINGS.learningRate * Math.sign(gradient[i]!);
    assert.ok(Math.abs(w - wanted) < 1e-6, `weight ${i}: ${w} instead of ${wanted}`);
  });
});
