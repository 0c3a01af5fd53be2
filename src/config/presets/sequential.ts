import type { RunConfig } from '../schema.ts';
import { buildPaperPreset, CLIP, trainOnDapo } from './paper-parts.ts';

const base = buildPaperPreset('sequential', 'causal', [
  trainOnDapo({ id: 'rl-dapo', steps: 300, reward: { kind: 'accuracy' }, loss: CLIP }),
]);

/** The GRPO baseline: no cold start, no tags, the same problems and steps. An attempt is one sequence, so every layout is the same. */
export const sequentialPreset: RunConfig = {
  ...base,
  prompt: 'sequential.v1',
  rollout: { ...base.rollout, mode: 'sequential' },
};
