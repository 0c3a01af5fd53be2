import type { CurriculumPlan } from '../../core/curriculum.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Trainer } from '../../ports/trainer.ts';
import { Fault, readFault, type Subject } from './faults.ts';
import { type Finding, Findings } from './finding.ts';

/**
 * Examines a trainer that answers: opens a model of its own, does one forward pass, closes the model. `isModelNamed`: the
 * configuration says what to train; otherwise it is the only base model that the trainer offers.
 */
export async function diagnoseTrainer(
  trainer: Trainer,
  plan: CurriculumPlan['trainer'],
  subject: Subject,
  isModelNamed: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = new Findings(subject, signal);
  const offered = trainer.baseModels ?? [];
  let hasLogprobs = true;
  await findings.look('trainer', async () => {
    const baseModel = isModelNamed ? plan.baseModel : pickBaseModel(trainer.url, offered);
    await openModel(trainer, { ...plan, baseModel }, signal);
    const datum = { tokens: [1, 2], targets: [2, 3], weights: [1, 1] };
    const { logprobs } = await trainer.forward([datum], signal);
    hasLogprobs = logprobs[0]?.length === 2;
    await trainer.closeModel(signal);
    const attention = trainer.capabilities.structuredAttention ? ', structured attention' : '';
    return `${trainer.url} opened a model of ${baseModel} and did a forward pass${attention}`;
  });
  if (!hasLogprobs) findings.warn('trainer', 'no_logprobs', `${trainer.url} returns no log-probs`);
  return findings.all;
}

function pickBaseModel(url: string, offered: readonly string[]): string {
  if (offered.length === 1) return offered[0]!;
  const told = offered.length === 0 ? 'does not tell which models it trains' : `trains ${offered.join(', ')}`;
  throw new Fault('model_not_named', `${url} ${told}`);
}

/** A name that is not in the list is tried all the same: not every list is complete. */
async function openModel(trainer: Trainer, plan: CurriculumPlan['trainer'], signal: AbortSignal): Promise<void> {
  const { baseModel, rank, seed } = plan;
  const offered = trainer.baseModels ?? [];
  try {
    await trainer.openModel({ baseModel, rank, seed }, null, signal);
  } catch (error) {
    const isUnlisted = offered.length > 0 && !offered.includes(baseModel);
    if (!(error instanceof ParallelR1Error) || !isUnlisted || !REFUSALS.has(readFault(error))) throw error;
    throw new Fault('model_unknown', `${trainer.url} trains ${offered.join(', ')}, not ${baseModel}: ${error.message}`);
  }
}

/** What a server may say of a name that it does not know. */
const REFUSALS: ReadonlySet<string> = new Set(['refused', 'model_unknown', 'no_such_route', 'broken']);
