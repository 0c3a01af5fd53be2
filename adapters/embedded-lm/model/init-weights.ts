import { createRng, type Rng } from '../../../src/core/rng.ts';
import type { ParameterLayout } from './parameter-layout.ts';

/**
 * Initial weights of a model, equal for equal seeds on every platform: near-normal values come from
 * sums of uniforms, so no library function enters.
 */
export function initWeights(layout: ParameterLayout, seed: number, weights: Float32Array): void {
  const rng = createRng(seed);
  for (const { offset, rows, columns, initialDeviation } of layout.tensors) {
    const values = weights.subarray(offset, offset + rows * columns);
    if (initialDeviation === null) {
      values.fill(1);
      continue;
    }
    for (let i = 0; i < values.length; i += 1) values[i] = drawNearNormal(rng) * initialDeviation;
  }
}

/** Six uniforms, centred, have variance 1/2. */
function drawNearNormal(rng: Rng): number {
  let sum = -3;
  for (let i = 0; i < 6; i += 1) sum += rng.next();
  return sum * Math.SQRT2;
}
