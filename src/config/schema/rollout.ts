import * as z from 'zod';
import { fraction, tokenCount, wholeNumber } from './fields.ts';

/** How one attempt is decoded, with the limits of method 3.4 as defaults. Tokens are the student's. */

const fields = {
  mode: z
    .enum(['parallel', 'sequential'])
    .default('parallel')
    .describe('sequential: tags are plain text, nothing forks'),
  paths: wholeNumber(2, 64).default(2).describe('Paths per parallel block'),
  maxBlocks: wholeNumber(0, 256).default(4).describe('Parallel blocks per attempt'),
  maxPromptTokens: tokenCount().default(2000).describe('Longer prompts fail the attempt; nothing is cut'),
  maxResponseTokens: tokenCount().default(3000).describe('Whole response, tags included'),
  maxPathTokens: tokenCount().default(4096).describe('One path; what maxResponseTokens leaves binds as well'),
  maxSummaryTokens: tokenCount().default(512).describe('One summary'),
  reserveSummaryTokens: wholeNumber(0, 1_000_000).default(256).describe('Kept free for the summary when a block opens'),
  reserveAnswerTokens: wholeNumber(0, 1_000_000).default(256).describe('Kept free for the answer when a block opens'),
  minPathTokens: tokenCount().default(32).describe('A block that would leave a path less is refused'),
  temperature: z.number().min(0).max(10).default(1).describe('Of training rollouts: main, paths and summary alike'),
  topP: z.number().gt(0).max(1).default(1).describe('Of training rollouts'),
  pathLabels: z
    .array(z.string().min(1, { error: 'must not be empty' }))
    .min(1, { error: 'must name at least one label, or be null' })
    .nullable()
    .default(null)
    .describe('Text injected after <Path> per path, so that siblings differ; null: nothing'),
};

/** What `rollout` holds. */
export const rolloutSchema = z.strictObject(fields).superRefine((rollout, ctx) => {
  const complain = (key: keyof typeof fields, message: string) =>
    ctx.addIssue({ code: 'custom', path: [key], message });
  if (rollout.minPathTokens > rollout.maxPathTokens) {
    complain('minPathTokens', `is ${rollout.minPathTokens}, more than maxPathTokens ${rollout.maxPathTokens}`);
  }
  const needed = computeBlockFloor(rollout);
  if (rollout.mode === 'parallel' && rollout.maxBlocks > 0 && needed >= rollout.maxResponseTokens) {
    complain(
      'maxResponseTokens',
      `is ${rollout.maxResponseTokens}, but a block needs more than ${needed} (paths, reserves and tags): no block could ever open`,
    );
  }
  if (rollout.pathLabels !== null && new Set(rollout.pathLabels).size < rollout.pathLabels.length) {
    complain('pathLabels', 'names a label twice; labels are there to tell paths apart');
  }
});

/** Tokens of the smallest block with what is reserved behind it: tags of method 3.4, each counted once. */
function computeBlockFloor(rollout: {
  paths: number;
  minPathTokens: number;
  reserveSummaryTokens: number;
  reserveAnswerTokens: number;
}): number {
  const tags = 2 * rollout.paths + 4;
  return rollout.paths * rollout.minPathTokens + rollout.reserveSummaryTokens + rollout.reserveAnswerTokens + tags;
}

/** Sampling of evaluations; the reward there is always accuracy (method 9.3). */
export const evalSampling = {
  temperature: z.number().min(0).max(10).default(1).describe('Of evaluations: main, paths and summary alike'),
  topP: fraction().gt(0).default(1).describe('Of evaluations'),
};
