import type { Layout } from '../../core/curriculum.ts';
import type { Datum } from '../../core/datum.ts';
import { TrainerError } from '../../errors.ts';
import type { RunContext } from '../context.ts';

/** Layouts in which the trainer scores every token in the context it was sampled in: the sampler's log-probs are the old ones. */
const SAMPLING_CONTEXT: ReadonlySet<Layout> = new Set(['units', 'exact']);

/**
 * Minibatches with the log-probs of the policy that sampled, as the loss must see them. Under `causal` and
 * `multiverse` a later path (or a summary) is scored in another context than it was sampled in, and ratios to
 * the sampler's log-probs would be biased: there the trainer scores all of them once before the first
 * update (method 5.6). Throws `TrainerError` when it returns no log-probs.
 */
export async function withOldLogprobs(
  ctx: RunContext,
  minibatches: readonly (readonly Datum[])[],
): Promise<readonly (readonly Datum[])[]> {
  if (SAMPLING_CONTEXT.has(ctx.plan.layout) || minibatches.length === 0) return minibatches;
  const { logprobs } = await ctx.trainer.forward(minibatches.flat().map(toForwardDatum), ctx.signal);
  let next = 0;
  return minibatches.map((data) =>
    data.map((datum) => {
      const scored = logprobs[next];
      next += 1;
      if (scored == null) {
        throw new TrainerError(
          `trainer ${ctx.trainer.url} returns no log-probs, which layout ${ctx.plan.layout} needs; use training.layout exact`,
        );
      }
      return { ...datum, logprobs: scored.map((value, i) => (datum.advantages?.[i] ? value : 0)) };
    }),
  );
}

function toForwardDatum({ tokens, targets, positionIds, attnPath }: Datum): Datum {
  return { tokens, targets, ...(positionIds && { positionIds }), ...(attnPath && { attnPath }) };
}
