import type { AdamSettings } from '../../../../src/core/datum.ts';
import { EmbeddedLmError } from '../contract.ts';
import type { TrainableModel } from '../model-table.ts';
import { type Runtime, viewFloats } from '../runtime.ts';

/**
 * Clips the gradient by its global norm, applies AdamW and clears the gradient. Returns the norm before clipping.
 * Throws `bad_request` for a gradient that is not finite, which it clears too: one such step would spoil every weight.
 */
export function stepOptimizer(runtime: Runtime, model: TrainableModel, adam: AdamSettings): number {
  const { kernels, layout } = runtime;
  const { weights, gradient, moment1, moment2 } = model.region;
  const { learningRate, beta1, beta2, eps, weightDecay, clipNorm } = adam;
  const norm = Math.sqrt(kernels.sumSquares(gradient, layout.count));
  if (!Number.isFinite(norm)) {
    viewFloats(runtime, gradient, layout.count).fill(0);
    throw new EmbeddedLmError(
      'bad_request',
      `the gradient norm is ${norm}; a loss weight or a ratio is too large, no step was taken`,
    );
  }
  const scale = clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1;
  model.step += 1;
  kernels.stepAdamW(
    weights,
    gradient,
    moment1,
    moment2,
    layout.count,
    scale,
    learningRate,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 / (1 - power(beta1, model.step)),
    1 / (1 - power(beta2, model.step)),
    eps,
    1 - learningRate * weightDecay,
  );
  viewFloats(runtime, gradient, layout.count).fill(0);
  return norm;
}

/** By multiplication: library powers may differ between platforms. Beyond some thousand steps the factor is 0 anyway. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent && result > 0; i += 1) result *= base;
  return result;
}
