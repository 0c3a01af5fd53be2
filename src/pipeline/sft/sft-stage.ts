import { learningRateAt, type SftStage, selectBatch } from '../../core/curriculum.ts';
import type { Datum } from '../../core/datum.ts';
import { buildDatums, countLossTokens } from '../../core/layout/build-datums.ts';
import { hashSeed } from '../../core/rng.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import { RunError } from '../../errors.ts';
import { checkTargets, describeOutcomes, type TargetOutcome } from '../evaluate/gate.ts';
import type { SamplingRun, TrainingRun } from '../stage-run.ts';
import { refuseDivergence } from '../weights/divergence.ts';
import { applyUpdate, measureTrainerRetries, openStageModel, saveStageState } from '../weights/trainer-model.ts';
import { prepareSftRows } from './sft-rows.ts';

/** What an SFT stage leaves in its curriculum state. */
export interface SftOutcome {
  readonly steps: number;
  readonly stoppedBy: 'criterion' | 'max-steps' | 'epochs';
  readonly lastTargets: readonly TargetOutcome[];
  /** Rows trained on. */
  readonly rows: number;
  /** Rows that could not be used, per code. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Trains on the stage's rows until the criterion holds or the steps are used up; resumes from the last saved state. */
export async function runSft(run: TrainingRun<SftStage>): Promise<SftOutcome> {
  const { ctx, stage } = run;
  const { rows, dropped } = await prepareSftRows(run);
  if (rows.length < stage.batchSize) {
    throw new RunError(
      `stage ${stage.id} has ${rows.length} rows, fewer than one batch of ${stage.batchSize}; generate more or lower batchSize`,
    );
  }
  const totalSteps = countSteps(stage, rows.length);
  let step = await openStageModel(run, false);
  const task = ctx.reporter.task(stage.id, totalSteps, 'steps');
  // A state saved at a check step was saved after the check: a resume finds its rollouts and decides the same.
  let lastTargets = step > 0 && isCheckStep(stage, step) ? await measureTargets(run, step) : [];
  let isMet = lastTargets.length > 0 && lastTargets.every(({ met }) => met);
  while (step < totalSteps && !isMet) {
    ctx.signal.throwIfAborted();
    step += 1;
    const loss = await trainStep(run, step, totalSteps, rows);
    task.update(step, `loss ${loss.toFixed(3)}`);
    if (isCheckStep(stage, step)) {
      lastTargets = await measureTargets(run, step);
      isMet = lastTargets.every(({ met }) => met);
      task.update(step, `loss ${loss.toFixed(3)}, held-out accuracy ${describeOutcomes(lastTargets)}`);
    }
    if (step % stage.saveEvery === 0 && step < totalSteps && !isMet) await saveStageState(run, step);
  }
  const stoppedBy = isMet ? 'criterion' : stage.epochs === null ? 'max-steps' : 'epochs';
  await saveStageState(run, step);
  const reached = lastTargets.length > 0 ? `, held-out accuracy ${describeOutcomes(lastTargets)}` : '';
  task.finish(`${step} steps (${stoppedBy})${reached}`);
  return { steps: step, stoppedBy, lastTargets, rows: rows.length, dropped: Object.fromEntries(dropped) };
}

function countSteps(stage: SftStage, rowCount: number): number {
  if (stage.epochs === null) return stage.maxSteps;
  return Math.min(stage.maxSteps, Math.floor(rowCount / stage.batchSize) * stage.epochs);
}

function isCheckStep({ until }: SftStage, step: number): boolean {
  return until !== null && step >= until.fromStep && (step - until.fromStep) % until.everySteps === 0;
}

/** Measures the targets of the stop criterion after `step` and stores their figures. */
async function measureTargets(run: SamplingRun<SftStage>, step: number): Promise<TargetOutcome[]> {
  const { ctx, stage, index } = run;
  const outcomes = await checkTargets(run, stage.until!.targets, { step, weightsStep: step });
  const points = outcomes.map(({ accuracy }, target) => ({
    stageIndex: index,
    step,
    key: `target/${target + 1}/mean_accuracy`,
    value: accuracy,
  }));
  ctx.store.saveMetrics(ctx.runId, points);
  return outcomes;
}

/** One update; returns its loss. */
async function trainStep(
  run: SamplingRun<SftStage>,
  step: number,
  totalSteps: number,
  rows: readonly Trajectory[],
): Promise<number> {
  const { ctx, stage, index } = run;
  const batch = selectBatch(rows, stage.batchSize, step, hashSeed(ctx.plan.seed, stage.id));
  const tokens = batch.reduce((sum, row) => sum + countLossTokens(row, 'sft'), 0);
  const payload = { kind: 'sft', scale: 1 / tokens } as const;
  const data = batch.flatMap((row) => buildDatums(row, ctx.plan.layout, payload));
  const learningRate = stage.adam.learningRate * learningRateAt(stage.schedule, step - 1, totalSteps);
  const retriesBefore = ctx.trainer.retries();
  const { logprobs, gradNorm, toldLoss } = await applyUpdate(
    ctx,
    data,
    { kind: 'cross_entropy' },
    { ...stage.adam, learningRate },
  );
  await refuseDivergence(run, step, [{ data, logprobs, gradNorm, toldLoss }]);
  const loss = measureLoss(data, logprobs);
  const metrics = {
    'train/loss': loss,
    'train/learning_rate': learningRate,
    'train/tokens': tokens,
    ...(gradNorm === null ? {} : { 'train/grad_norm': gradNorm }),
    ...measureTrainerRetries(retriesBefore, ctx.trainer.retries()),
  };
  ctx.store.commitStep(ctx.runId, index, step, metrics);
  ctx.observer?.stepCommitted?.({ runId: ctx.runId, stageIndex: index, stageId: stage.id, step, metrics });
  return loss;
}

/** The summed loss from the returned log-probs; 0 where the trainer strips them. */
function measureLoss(data: readonly Datum[], logprobs: readonly (readonly number[] | null)[]): number {
  let loss = 0;
  data.forEach((datum, index) => {
    const row = logprobs[index];
    if (row == null || datum.weights === undefined) return;
    datum.weights.forEach((weight, position) => {
      if (weight !== 0) loss -= weight * row[position]!;
    });
  });
  return loss;
}
