import {
  buildPaperPreset,
  CLIP,
  generateParallelGsm8k,
  trainOnColdStart,
  trainOnDapo,
  trainOnGsm8k,
} from './paper-parts.ts';

/**
 * Parallel-R1-Seen: one epoch of SFT, RL on GSM8K for answers that are right and parallel, RL on DAPO
 * for right answers. `causal` is the paper's layout: it scores path 2 with path 1 in view, though it was
 * sampled without. `training.layout: exact` scores every token as it was sampled and is the safer choice.
 */
export const seenPreset = buildPaperPreset('seen', 'causal', [
  generateParallelGsm8k(0),
  trainOnColdStart(1, 58),
  trainOnGsm8k(),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { kind: 'accuracy' }, loss: CLIP }),
]);
