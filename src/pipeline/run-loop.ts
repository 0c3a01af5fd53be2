import type { CurriculumPlan, StageSpec } from '../core/curriculum.ts';
import { RunError } from '../errors.ts';
import type { StageRecord } from '../ports/run-store/runs.ts';
import { runColdStart } from './cold-start/run-cold-start.ts';
import { requireAccepted } from './cold-start/yield-report.ts';
import type { Binding, RunContext } from './context.ts';
import { warnOfMismatch } from './doctor/warn-mismatch.ts';
import { warnOfTagRows } from './engine/tag-rows.ts';
import { bindTokenizer } from './engine/tokenizer.ts';
import { evaluateSets } from './evaluate/evaluate.ts';
import { GateRefusal, runRlStage } from './rl/rl-stage.ts';
import { warnOfHollowRewards } from './rl/watchdog.ts';
import { runSft } from './sft/sft-stage.ts';
import { checkTrainer } from './weights/check-trainer.ts';
import { CheckpointKeeper } from './weights/checkpoint-keeper.ts';
import { surviveTrainerLoss } from './weights/recover-trainer.ts';
import { openStageModel } from './weights/trainer-model.ts';
import { WeightsServer } from './weights/weights-server.ts';

/**
 * Runs every stage that is not done, in order. The store is the only memory: called again on the same
 * run, in a new process, it goes on where the last saved state and the stored rollouts allow.
 */
export async function runCurriculum(ctx: RunContext): Promise<void> {
  const bind = bindOnce(ctx);
  if (ctx.plan.stages.some(({ kind }) => kind !== 'cold-start')) {
    const tagRows = await warnOfTagRows(ctx, await bind());
    const warnings = [...warnOfMismatch(ctx.plan), ...warnOfHollowRewards(ctx.plan), ...tagRows];
    for (const warning of warnings) ctx.reporter.warn(warning);
  }
  await checkTrainer(ctx);
  ctx.store.savePrompt(ctx.runId, 'student', ctx.studentTemplate);
  const checkpoints = new CheckpointKeeper(ctx);
  const weights = new WeightsServer(ctx, checkpoints);
  await clearLeftovers(ctx, weights, checkpoints);
  for (const record of ctx.store.listStages(ctx.runId)) {
    if (record.status === 'done') continue;
    ctx.signal.throwIfAborted();
    const stage = ctx.plan.stages[record.index];
    if (stage === undefined) throw new RunError(`the store has a stage ${record.index} that the configuration lacks`);
    const begun = { ctx, bind, weights, checkpoints, stage, index: record.index };
    await recordStage(ctx, record, () =>
      surviveTrainerLoss(ctx, { ...begun, stageId: stage.id }, () => executeStage(begun)),
    );
  }
  await weights.takeAllOff();
  await checkpoints.finish();
}

/** Removes what an earlier process of the run left behind and nobody will look for. */
async function clearLeftovers(ctx: RunContext, weights: WeightsServer, checkpoints: CheckpointKeeper): Promise<void> {
  await weights.takeAllOff();
  await checkpoints.sweep();
  await checkpoints.deleteOlder('sampler', ctx.plan.trainer.keep ?? 1);
}

/** Teachers write tags as plain text; only what is decoded or trained needs them as tokens. */
function bindOnce(ctx: RunContext): () => Promise<Binding> {
  let binding: Promise<Binding> | null = null;
  return () => {
    binding ??= bindTokenizer(ctx, isPlain(ctx.plan));
    return binding;
  };
}

/** Whether the run only asks, and never for a fork. */
function isPlain({ rollout, stages }: CurriculumPlan): boolean {
  return rollout.mode === 'sequential' && stages.every(({ kind }) => kind !== 'sft' && kind !== 'rl');
}

/** Runs a stage and records how it stands: running, then done with what it leaves, or refused at its gate. */
async function recordStage(ctx: RunContext, record: StageRecord, execute: () => Promise<object>): Promise<void> {
  const save = (change: Partial<StageRecord>) => ctx.store.saveStage(ctx.runId, { ...record, ...change });
  const end = (status: 'done' | 'refused', state: object) => {
    save({ status, stateJson: JSON.stringify(state) });
    const place = { runId: ctx.runId, stageIndex: record.index, stageId: record.id };
    ctx.observer?.stageEnded?.({ ...place, status, state: { ...state } });
  };
  save({ status: 'running' });
  ctx.reporter.info(`stage ${record.index + 1} of ${ctx.plan.stages.length}: ${record.id} (${record.kind})`);
  try {
    end('done', await execute());
  } catch (error) {
    if (error instanceof GateRefusal) end('refused', { pilot: error.pilot });
    throw error;
  }
}

/** A stage before it is known what it needs. */
interface Begun {
  readonly ctx: RunContext;
  readonly bind: () => Promise<Binding>;
  readonly weights: WeightsServer;
  readonly checkpoints: CheckpointKeeper;
  readonly stage: StageSpec;
  readonly index: number;
}

/** Runs one stage and returns what it leaves in the curriculum state. */
async function executeStage({ ctx, bind, weights, checkpoints, stage, index }: Begun): Promise<object> {
  switch (stage.kind) {
    case 'cold-start': {
      const report = await runColdStart({ ctx, stage, index });
      requireAccepted({ ctx, stage, index }, report);
      return report;
    }
    case 'sft':
      return runSft({ ctx, stage, index, weights, checkpoints, binding: await bind() });
    case 'rl':
      return runRlStage({ ctx, stage, index, weights, checkpoints, binding: await bind() });
    case 'eval': {
      const run = { ctx, stage, index, weights, checkpoints, binding: await bind() };
      // An engine that takes no weights is measured as it is, without a trainer.
      if (ctx.engine.capabilities.loadWeights) await openStageModel(run, true);
      return { results: await evaluateSets(run, stage.sets, 0) };
    }
  }
}
