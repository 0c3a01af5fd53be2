import type { RlStage } from '../../core/curriculum.ts';
import { RunError } from '../../errors.ts';
import type { Binding, RunContext } from '../context.ts';
import { evaluate, toMetricPoints } from '../evaluate/evaluate.ts';
import { checkTargets, type TargetOutcome } from '../evaluate/gate.ts';
import { openStageModel, saveStageState } from '../weights/trainer-state.ts';
import type { WeightsServer } from '../weights/weights-server.ts';
import { raiseAlarms } from './alarms.ts';
import { describeStep, runRlStep } from './rl-step.ts';

/** What an RL stage leaves in its curriculum state. */
export interface RlOutcome {
  readonly steps: number;
  /** Null when the stage has no gate. */
  readonly pilot: TargetOutcome | null;
}

/** The stage was not entered: its pilot was below the gate. */
export class GateRefusal extends RunError {
  readonly pilot: TargetOutcome;

  constructor(stageId: string, pilot: TargetOutcome) {
    super(
      `stage ${stageId} was not entered: pilot accuracy ${pilot.accuracy.toFixed(3)} is below its gate of ${pilot.minAccuracy.toFixed(3)}; ` +
        'start a run that trains the stage before it longer, or with gate.onFail warn',
    );
    this.pilot = pilot;
  }
}

/** Runs one RL stage from where the store says it stands; evaluates before the first step, every `evalEvery` and at the end. */
export async function runRlStage(
  ctx: RunContext,
  binding: Binding,
  weights: WeightsServer,
  stage: RlStage,
  stageIndex: number,
): Promise<RlOutcome> {
  const reached = await openStageModel(ctx, stageIndex, stage.keepOptimizer);
  const problems = await ctx.problemsOf(stage.problems);
  if (problems.length < stage.batchSize) {
    throw new RunError(`stage ${stage.id} has ${problems.length} problems, fewer than one batch of ${stage.batchSize}`);
  }
  const pilot = await passGate(ctx, binding, weights, stage, stageIndex, reached);
  if (reached === 0) await evaluateAt(ctx, binding, weights, stageIndex, 0);
  const task = ctx.reporter.task(stage.id, stage.steps, 'steps');
  for (let step = reached + 1; step <= stage.steps; step += 1) {
    ctx.signal.throwIfAborted();
    const note = (text: string) => task.update(step - 1, text);
    const metrics = await runRlStep({ ctx, binding, weights, stage, stageIndex, problems, note }, step);
    for (const alarm of raiseAlarms(metrics)) ctx.reporter.warn(`${stage.id} step ${step}: ${alarm}`);
    task.update(step, describeStep(metrics));
    const last = step === stage.steps;
    if (last || (stage.evalEvery > 0 && step % stage.evalEvery === 0))
      await evaluateAt(ctx, binding, weights, stageIndex, step);
    if (last || step % stage.saveEvery === 0) await saveStageState(ctx, stageIndex, step);
  }
  task.finish(`${stage.steps} steps`);
  return { steps: stage.steps, pilot };
}

/** The pilot belongs to the state of the stage before its first step; a stage that is under way has passed it. */
async function passGate(
  ctx: RunContext,
  binding: Binding,
  weights: WeightsServer,
  stage: RlStage,
  stageIndex: number,
  reached: number,
): Promise<TargetOutcome | null> {
  if (stage.gate === null) return null;
  const servedVersion = () =>
    reached === 0
      ? weights.serve(stageIndex, 0)
      : Promise.reject(
          new RunError(`the pilot of stage ${stage.id} is missing from the store although the stage is under way`),
        );
  const [pilot] = await checkTargets(ctx, binding, [stage.gate], {
    stageIndex,
    step: 0,
    purpose: 'pilot',
    servedVersion,
  });
  if (pilot === undefined) return null;
  ctx.store.saveMetrics(ctx.runId, [{ stageIndex, step: 0, key: 'pilot/mean_accuracy', value: pilot.accuracy }]);
  if (!pilot.met) {
    const refusal = new GateRefusal(stage.id, pilot);
    if (stage.gate.onFail === 'stop') throw refusal;
    ctx.reporter.warn(refusal.message);
  }
  return pilot;
}

/** Evaluates the run's held-out sets after `step` and stores the figures. */
async function evaluateAt(
  ctx: RunContext,
  binding: Binding,
  weights: WeightsServer,
  stageIndex: number,
  step: number,
): Promise<void> {
  const { sets, temperature, topP } = ctx.plan.eval;
  if (sets.length === 0) return;
  const servedVersion = () => weights.serve(stageIndex, step);
  const results = await evaluate(ctx, binding, {
    stageIndex,
    step,
    purpose: 'eval',
    sets,
    temperature,
    topP,
    servedVersion,
  });
  ctx.store.saveMetrics(ctx.runId, toMetricPoints(stageIndex, step, results));
  const stageId = ctx.plan.stages[stageIndex]!.id;
  ctx.observer?.evaluated?.({ runId: ctx.runId, stageIndex, stageId, step, results });
  const line = results.map(
    ({ name, accuracy, validBlockFraction }) =>
      `${name} ${accuracy.toFixed(3)} (valid block ${validBlockFraction.toFixed(2)})`,
  );
  ctx.reporter.info(`held-out after step ${step}: ${line.join(', ')}`);
}
