import * as z from 'zod';
import { MIN_PATHS, readPathRange } from '../../core/curriculum.ts';
import { computeBlockFloor, DEFAULT_PROMPT_TOKENS, DEFAULT_RESPONSE_TOKENS } from '../../core/fit-lengths.ts';
import { fraction, tokenCount, wholeNumber } from './fields.ts';

/** How one rollout is decoded. Numbers of tokens are counted by the student's tokenizer. */

const MAX_PATHS = 64;
const pathNumber = () => wholeNumber(MIN_PATHS, MAX_PATHS);

/** A fixed number, or a range that each block draws from. */
const pathsSchema = z.union(
  [
    pathNumber(),
    z.strictObject({
      min: pathNumber().describe('Fewest paths of a block'),
      max: pathNumber().describe('Most paths of a block'),
    }),
  ],
  { error: 'must be a whole number, or {min, max}' },
);

/** When the paths of a block are joined. A quorum of one is `first`, because it leaves what the strict grammar refuses. */
const joinSchema = z
  .preprocess(
    (value) => (typeof value === 'string' ? { kind: value } : value),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('all') }),
      z.strictObject({ kind: z.literal('first') }),
      z.strictObject({
        kind: z.literal('quorum'),
        count: pathNumber().describe('Paths that must have ended'),
      }),
      z.strictObject({
        kind: z.literal('deadline'),
        ms: wholeNumber(1, 86_400_000).describe(
          'Milliseconds after the fork; at least two paths are always waited for',
        ),
      }),
    ]),
  )
  .meta({ shortForm: 'string' });

const fields = {
  mode: z
    .enum(['parallel', 'sequential'])
    .default('parallel')
    .describe('sequential: tags are plain text, nothing forks'),
  paths: pathsSchema.default(2).describe('Paths per parallel block: a number, or {min, max} to draw from'),
  join: joinSchema
    .prefault('all')
    .describe(
      'When paths are joined: all, first, {kind: quorum, count} or {kind: deadline, ms}; the others are aborted',
    ),
  joinOrder: z
    .enum(['emitted', 'longest-first'])
    .default('emitted')
    .describe('Order of joined paths in the text; longest-first leaves the engine less to compute'),
  duplicatePaths: z
    .enum(['keep', 'reseed'])
    .default('keep')
    .describe('A path that repeats a sibling: keep it, or ask once more with another seed'),
  maxBlocks: wholeNumber(0, 256).default(4).describe('Parallel blocks per rollout'),
  maxPromptTokens: tokenCount()
    .default(DEFAULT_PROMPT_TOKENS)
    .describe('A longer prompt fails the rollout; nothing is cut'),
  maxResponseTokens: tokenCount().default(DEFAULT_RESPONSE_TOKENS).describe('Whole response, tags included'),
  maxPathTokens: tokenCount().default(4096).describe('One path; what is left of maxResponseTokens bounds it too'),
  maxSummaryTokens: tokenCount().default(512).describe('One summary'),
  reserveSummaryTokens: wholeNumber(0, 1_000_000).default(256).describe('Kept free for the summary when a block opens'),
  reserveAnswerTokens: wholeNumber(0, 1_000_000).default(256).describe('Kept free for the answer when a block opens'),
  minPathTokens: tokenCount().default(32).describe('A block is refused if it would leave a path fewer tokens'),
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
  const paths = readPathRange(rollout.paths);
  if (paths.min > paths.max) complain('paths', `min is ${paths.min}, more than max ${paths.max}`);
  if (rollout.join.kind === 'quorum' && rollout.join.count > paths.max) {
    complain('join', `waits for ${rollout.join.count} paths, but a block has at most ${paths.max}`);
  }
  if (rollout.joinOrder === 'longest-first' && rollout.pathLabels !== null) {
    complain('joinOrder', 'longest-first needs paths without labels: pathLabels name them by their order');
  }
  const needed = computeBlockFloor(rollout);
  if (needed > 0 && needed >= rollout.maxResponseTokens) {
    complain(
      'maxResponseTokens',
      `is ${rollout.maxResponseTokens}, but a block needs more than ${needed} (paths, reserves and tags), so that none could ever open`,
    );
  }
  if (rollout.pathLabels !== null && new Set(rollout.pathLabels).size < rollout.pathLabels.length) {
    complain('pathLabels', 'names a label twice; labels are there to tell paths apart');
  }
});

/** Sampling of evaluations, whose reward is always accuracy. */
export const evalSampling = {
  temperature: z.number().min(0).max(10).default(1).describe('Of evaluations: main, paths and summary alike'),
  topP: fraction().gt(0).default(1).describe('Of evaluations'),
};
