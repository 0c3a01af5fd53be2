import { RetryTally } from '../core/retry.ts';
import type { TrainerError } from '../errors.ts';
import type { Trainer } from '../ports/trainer.ts';

/** Stands where a run has no trainer: whatever is asked of it is refused for that reason. */
export function createAbsentTrainer(url: string, reason: TrainerError): Trainer {
  const refuse = () => Promise.reject(reason);
  return {
    url,
    capabilities: { structuredAttention: false },
    openModel: refuse,
    forward: refuse,
    forwardBackward: refuse,
    optimStep: refuse,
    saveState: refuse,
    saveForSampler: refuse,
    deleteSaved: refuse,
    retries: () => new RetryTally().byCause(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
