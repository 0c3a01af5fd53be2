import type { SftStage } from '../../core/curriculum.ts';
import type { Datum } from '../../core/datum.ts';
import { buildDatums } from '../../core/layout/build-datums.ts';
import { countLossTokens } from '../../core/layout/loss-tokens.ts';
import { learningRateAt } from '../../core/lr-schedule.ts';
import { createRng, hashSeed, shuffle } from '../../core/rng.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import { RunError } from '../../errors.ts';
import type { Binding, RunContext } from '../context.ts';
import { checkTargets, describeOutcomes, type TargetOutcome } from '../evaluate/gate.ts';
import { openStageModel, saveStageState } from '../weights/trainer-state.ts';
import type { WeightsServer } from '../weights/weights-server.ts';

/** What an SFT stage leaves in its curriculum state. */
export interface SftOutcome {
  readonly steps: number;
  readonly stoppedBy: 'criterion' | 'max-steps' | 'epochs';
  readonly lastTargets: readonly TargetOutcome[];
}

/** Trains on the rows until the criterion holds or the steps are used up; resumes from the last saved state. */
export async function runSft(
  ctx: RunContext,
  binding: Binding,
  weights: WeightsServer,
  stage: SftStage,
  stageIndex: number,
  rows: readonly Trajectory[],
): Promise<SftOutcome> {
  if (rows.length < stage.batchSize) {
    throw new RunError(
      `stage ${stage.id} has ${rows.length} rows, fewer than one batch of ${stage.batchSize}; generate more or lower batchSize`,
    );
  }
  const totalSteps = countSteps(stage, rows.length);
  let step = await openStageModel(ctx, stageIndex, false);
  const task = ctx.reporter.task(stage.id, totalSteps, 'steps');
  const check = (): Promise<TargetOutcome[]> => checkStage(ctx, binding, weights, stage, stageIndex, step);
  // A state saved at a check step was saved after the check: a resume finds its rollouts and decides the same.
  let lastTargets = step > 0 && isCheckStep(stage, step) ? await check() : [];
  let isMet = lastTargets.length > 0 && lastTargets.every(({ met }) => met);
  while (step < totalSteps && !isMet) {
    ctx.signal.throwIfAborted();
    step += 1;
    const loss = await trainStep(ctx, stage, stageIndex, step, totalSteps, rows);
    task.update(step, `loss ${loss.toFixed(3)}`);
    if (isCheckStep(stage, step)) {
      lastTargets = await check();
      isMet = lastTargets.every(({ met }) => met);
      task.update(step, `loss ${loss.toFixed(3)}, held-out accuracy ${describeOutcomes(lastTargets)}`);
    }
    if (step % stage.saveEvery === 0 && step < totalSteps && !isMet) await saveStageState(ctx, stageIndex, step);
  }
  const stoppedBy = isMet ? 'criterion' : stage.epochs === null ? 'max-steps' : 'epochs';
  await saveStageState(ctx, stageIndex, step);
  const reached = lastTargets.length > 0 ? `, held-out accuracy ${describeOutcomes(lastTargets)}` : '';
  task.finish(`${step} steps (${stoppedBy})${reached}`);
  return { steps: step, stoppedBy, lastTargets };
}

/** Measures the targets of the stop criterion after `step` and stores their figures. */
async function checkStage(
  ctx: RunContext,
  binding: Binding,
  weights: WeightsServer,
  stage: SftStage,
  stageIndex: number,
  step: number,
): Promise<TargetOutcome[]> {
  const servedVersion = () => weights.serve(stageIndex, step);
  const outcomes = await checkTargets(ctx, binding, stage.until!.targets, {
    stageIndex,
    step,
    purpose: 'pilot',
    servedVersion,
  });
  saveTargetMetrics(ctx, stageIndex, step, outcomes);
  return outcomes;
}

function countSteps(stage: SftStage, rowCount: number): number {
  if (stage.epochs === null) return stage.maxSteps;
  return Math.min(stage.maxSteps, Math.floor(rowCount / stage.batchSize) * stage.epochs);
}

function isCheckStep(stage: SftStage, step: number): boolean {
  return (
    stage.until !== null && step >= stage.until.fromStep && (step - stage.until.fromStep) % stage.until.everySteps === 0
  );
}

/** Rows of one step: every epoch is a permutation of its own, the last incomplete batch is dropped. */
export function selectBatch<T>(rows: readonly T[], batchSize: number, step: number, seed: number): T[] {
  const perEpoch = Math.floor(rows.length / batchSize);
  const epoch = Math.floor((step - 1) / perEpoch);
  const order = shuffle(Array.from(rows.keys()), createRng(hashSeed(seed, 'epoch', epoch)));
  const from = ((step - 1) % perEpoch) * batchSize;
  return order.slice(from, from + batchSize).map((index) => rows[index]!);
}

async function trainStep(
  ctx: RunContext,
  stage: SftStage,
  stageIndex: number,
  step: number,
  totalSteps: number,
  rows: readonly Trajectory[],
): Promise<number> {
  const batch = selectBatch(rows, stage.batchSize, step, hashSeed(ctx.plan.seed, stage.id));
  const tokens = batch.reduce((sum, row) => sum + countLossTokens(row, 'sft'), 0);
  const payload = { kind: 'sft', scale: 1 / tokens } as const;
  const data: Datum[] = batch.flatMap((row) => buildDatums(row, ctx.plan.layout, payload));
  const learningRate = stage.adam.learningRate * learningRateAt(stage.schedule, step - 1, totalSteps);
  const [forward, optim] = await Promise.all([
    ctx.trainer.forwardBackward(data, { kind: 'cross_entropy' }, ctx.signal),
    ctx.trainer.optimStep({ ...stage.adam, learningRate }, ctx.signal),
  ]);
  const loss = measureLoss(data, forward.logprobs);
  const metrics = {
    'train/loss': loss,
    'train/learning_rate': learningRate,
    'train/tokens': tokens,
    ...pickGradNorm(optim),
  };
  ctx.store.commitStep(ctx.runId, stageIndex, step, metrics);
  ctx.observer?.stepCommitted?.({ runId: ctx.runId, stageIndex, stageId: stage.id, step, metrics });
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

/** The gradient norm under whatever name the server gives it. */
export function pickGradNorm(metrics: Readonly<Record<string, number>>): Record<string, number> {
  const entry = Object.entries(metrics).find(([key]) => key.includes('grad_norm'));
  return entry === undefined ? {} : { 'train/grad_norm': entry[1] };
}

function saveTargetMetrics(
  ctx: RunContext,
  stageIndex: number,
  step: number,
  outcomes: readonly TargetOutcome[],
): void {
  const points = outcomes.map(({ accuracy }, index) => ({
    stageIndex,
    step,
    key: `target/${index + 1}/mean_accuracy`,
    value: accuracy,
  }));
  ctx.store.saveMetrics(ctx.runId, points);
}
