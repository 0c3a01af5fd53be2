import {
  ALTERNATING,
  buildPaperPreset,
  CLIP,
  CLIP_HIGHER,
  generateParallelGsm8k,
  trainOnColdStart,
  trainOnDapo,
} from './paper-parts.ts';

/**
 * Parallel-R1-Unseen: paths do not see each other in training, and RL goes to DAPO at once. `multiverse`
 * is the paper's layout and needs a trainer with `structured_attention/1`; a stock engine samples the
 * summary with plain attention all the same. `training.layout: exact` is the safer choice.
 */

const start = () => [generateParallelGsm8k(1), trainOnColdStart(5, 230)];

/** S1: accuracy alone. */
export const unseenS1Preset = buildPaperPreset('unseen-s1', 'multiverse', [
  ...start(),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { kind: 'accuracy' }, loss: CLIP }),
]);

/** S2: two steps in ten pay for a valid block. */
export const unseenS2Preset = buildPaperPreset('unseen-s2', 'multiverse', [
  ...start(),
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: ALTERNATING, loss: CLIP_HIGHER }),
]);

/**
 * Parallel thinking as a scaffold of exploration: 200 steps of S2, then accuracy alone. The second
 * stage starts from the weights with fresh moments, as the reference's new run did.
 */
export const scaffoldPreset = buildPaperPreset('scaffold', 'multiverse', [
  ...start(),
  trainOnDapo({ id: 'rl-explore', steps: 200, reward: ALTERNATING, loss: CLIP_HIGHER }),
  trainOnDapo({ id: 'rl-exploit', steps: 350, reward: { kind: 'accuracy' }, loss: CLIP }),
]);
