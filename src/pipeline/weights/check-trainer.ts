import type { CurriculumPlan, StageSpec } from '../../core/curriculum.ts';
import { UsageError } from '../../errors.ts';
import type { TrainerNeeds } from '../../ports/trainer.ts';
import type { RunContext } from '../context.ts';
import { openPatiently } from './recover-trainer.ts';

/**
 * Refuses a run whose trainer cannot do what its unfinished stages ask, before anything is paid for. Where other work comes
 * before training, a model is opened and closed once: ranks, base models and free places show only then. Throws
 * `UsageError` naming the setting; rejects with the trainer's own refusal.
 */
export async function checkTrainer(ctx: RunContext): Promise<void> {
  const open = ctx.store.listStages(ctx.runId).filter(({ status }) => status !== 'done');
  const stages = open.flatMap(({ index }) => ctx.plan.stages[index] ?? []);
  if (!stages.some(isTraining)) return;
  requireAbilities(ctx, stages);
  if (stages[0]!.kind !== 'cold-start') return;
  await openPatiently(ctx, toModelSpec(ctx.plan), null);
  requireAbilities(ctx, stages);
  await ctx.trainer.closeModel(ctx.signal);
}

/** Throws `UsageError` for the first thing that these stages need and the trainer is known to lack. */
export function requireAbilities({ plan, trainer }: RunContext, stages: readonly StageSpec[]): void {
  const losses = stages.flatMap((stage): TrainerNeeds['losses'] => {
    if (stage.kind === 'rl') return [{ stageId: stage.id, loss: stage.loss.kind }];
    return stage.kind === 'sft' ? [{ stageId: stage.id, loss: 'cross_entropy' }] : [];
  });
  const lack = trainer.findLack({ model: toModelSpec(plan), losses });
  if (lack !== null) throw new UsageError(`${lack.key} ${lack.message}`);
}

function toModelSpec({ trainer: { baseModel, rank, seed } }: CurriculumPlan): TrainerNeeds['model'] {
  return { baseModel, rank, seed };
}

function isTraining({ kind }: StageSpec): boolean {
  return kind === 'sft' || kind === 'rl';
}
