import * as z from 'zod';
import { fraction, shortName, wholeNumber } from './fields.ts';

/** What an optimizer step is made of: AdamW, learning-rate schedule, reward, loss, advantage. */

/** Number that must be above zero. */
const positive = (max: number) => z.number().gt(0).max(max);

/** AdamW with the defaults of the given kind of stage; a file may name single values. */
export function adamField(defaults: { learningRate: number; beta2: number }) {
  return z
    .strictObject({
      learningRate: z.number().min(0).max(1).default(defaults.learningRate).describe('Base learning rate'),
      beta1: z.number().min(0).lt(1).default(0.9).describe('Decay of the first moment'),
      beta2: z.number().min(0).lt(1).default(defaults.beta2).describe('Decay of the second moment'),
      eps: positive(1).default(1e-8).describe('Added to the root of the second moment'),
      weightDecay: fraction().default(0.01).describe('Decoupled weight decay'),
      clipNorm: z.number().min(0).max(1e6).default(1).describe('Largest gradient norm; 0: no clipping'),
    })
    .prefault({})
    .describe('AdamW of every optimizer step; always sent, because server defaults differ');
}

const warmupSteps = wholeNumber(0, 1_000_000).default(0).describe('Steps of linear warm-up');

/** Learning-rate schedule; factors multiply the base rate. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), warmupSteps }),
  z.strictObject({
    kind: z.literal('cosine'),
    warmupFraction: fraction().lt(1).default(0.1).describe('Share of all steps spent warming up'),
  }),
  z.strictObject({
    kind: z.literal('linear-tail'),
    warmupSteps,
    tailFraction: fraction().default(0.4).describe('Share of all steps over which the rate falls'),
    floor: fraction().default(0.1).describe('Factor of the last step'),
  }),
]);

const count = z
  .enum(['text', 'executed', 'effective'])
  .default('effective')
  .describe(
    'Blocks that count: <Parallel> tags in the text (as the reference), blocks that were executed, or those of them whose paths did work',
  );
const tiered = {
  count,
  bonus: z.number().min(-10).max(10).default(1.2).describe('Reward of a correct answer with a valid block'),
  malformedCorrect: z.number().min(-10).max(10).default(-1).describe('Reward of a correct answer with a broken block'),
};

const alternating = z
  .strictObject({
    kind: z.literal('alternating'),
    ...tiered,
    window: wholeNumber(1, 1_000_000).default(10).describe('Steps of one round: first accuracy, then tiered'),
    tieredSteps: wholeNumber(0, 1_000_000).default(2).describe('Tiered steps at the end of each round'),
  })
  .superRefine(({ window, tieredSteps }, ctx) => {
    if (tieredSteps <= window) return;
    ctx.addIssue({ code: 'custom', path: ['tieredSteps'], message: `is ${tieredSteps}, more than window ${window}` });
  });

/** The rewards; a short string is a kind with its defaults. */
export const rewardSchema = z
  .preprocess(
    (value) => (typeof value === 'string' ? { kind: value } : value),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('accuracy') }),
      z.strictObject({ kind: z.literal('product'), count }),
      z.strictObject({ kind: z.literal('tiered'), ...tiered }),
      alternating,
      z.strictObject({
        kind: z.literal('own'),
        name: shortName().describe('Name under which the program that starts the run passes it in'),
      }),
    ]),
  )
  .meta({ shortForm: 'string' })
  .describe(
    'accuracy, product, tiered, alternating, or an object with that kind; own: one that the starting program passes in',
  );

/** Policy losses. Thresholds of a ratio bound the ratio itself; every setting is always sent. Not every trainer has all of them. */
export const rlLossSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('importance_sampling') }),
  z.strictObject({
    kind: z.enum(['ppo', 'cispo']),
    clipLow: fraction().default(0.8).describe('Lowest ratio (0.8 is an epsilon of 0.2)'),
    clipHigh: z.number().min(1).max(100).default(1.2).describe('Highest ratio (1.28 is an epsilon of 0.28)'),
  }),
  z.strictObject({
    kind: z.literal('gspo'),
    clipLow: fraction().default(0.9997).describe("Lowest ratio of a sequence, which moves far less than a token's"),
    clipHigh: z.number().min(1).max(100).default(1.0004).describe('Highest ratio of a sequence'),
  }),
  z.strictObject({
    kind: z.literal('dppo'),
    deltaLow: fraction().default(0.2).describe('Furthest that the probability of a token may have fallen'),
    deltaHigh: fraction().default(0.2).describe('Furthest that it may have risen'),
  }),
  z.strictObject({
    kind: z.literal('dro'),
    beta: z.number().min(0).max(100).default(0.05).describe('Weight of the squared log-ratio'),
  }),
]);

/** How rewards are centred and scaled in their group. */
export const advantageSchema = z.strictObject({
  std: z.enum(['population', 'sample']).default('sample').describe('Standard deviation of the group'),
  epsilon: positive(1).default(1e-6).describe('Added to the standard deviation'),
  split: z
    .boolean()
    .default(false)
    .describe('Centre correct and wrong answers apart, so that a small bonus is not blown up in all-correct groups'),
});
