import type { RlStage } from '../../core/curriculum.ts';
import { RunError } from '../../errors.ts';
import { noteOutages } from '../engine/fleet/create-engine-fleet.ts';
import { evaluateSets } from '../evaluate/evaluate.ts';
import { checkTargets, type TargetOutcome } from '../evaluate/gate.ts';
import type { SamplingRun, TrainingRun } from '../stage-run.ts';
import { openStageModel, saveStageState } from '../weights/trainer-model.ts';
import { MEAN_BOUND, MismatchWatch } from './mismatch-watch.ts';
import { createOnPolicySource, describeStep, runRlStep } from './rl-step.ts';
import { Watchdog } from './watchdog.ts';

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
export async function runRlStage(run: TrainingRun<RlStage>): Promise<RlOutcome> {
  const { ctx, stage } = run;
  const reached = await openStageModel(run, stage.keepOptimizer);
  const problems = await ctx.problemsOf(stage.problems);
  if (problems.length < stage.batchSize) {
    throw new RunError(`stage ${stage.id} has ${problems.length} problems, fewer than one batch of ${stage.batchSize}`);
  }
  const pilot = await passGate(run, reached);
  if (reached === 0) await evaluateAt(run, 0);
  const task = ctx.reporter.task(stage.id, stage.steps, 'steps');
  const source = createOnPolicySource(run, problems, (step, finished, groups) => {
    const outages = noteOutages(ctx.engine.listEndpoints?.());
    task.update(step - 1, `step ${step}: ${finished} of ${groups} groups rolled out${outages}`);
  });
  const watchdog = new Watchdog(run);
  const mismatches = new MismatchWatch(run);
  for (let step = reached + 1; step <= stage.steps; step += 1) {
    ctx.signal.throwIfAborted();
    const { metrics, largestMismatch } = await runRlStep(run, source, step);
    for (const alarm of raiseAlarms(metrics)) ctx.reporter.warn(`${stage.id} step ${step}: ${alarm}`);
    await mismatches.look(step, metrics, largestMismatch);
    task.update(step, describeStep(metrics));
    const isLast = step === stage.steps;
    if (isLast || (stage.evalEvery > 0 && step % stage.evalEvery === 0)) await evaluateAt(run, step);
    if (isLast || step % stage.saveEvery === 0) await saveStageState(run, step);
    watchdog.look(step, metrics);
  }
  task.finish(`${stage.steps} steps`);
  return { steps: stage.steps, pilot };
}

/** The pilot belongs to the state of the stage before its first step; a stage that is under way has passed it. */
async function passGate(run: SamplingRun<RlStage>, reached: number): Promise<TargetOutcome | null> {
  const { ctx, stage, index } = run;
  if (stage.gate === null) return null;
  const weightsStep = reached === 0 ? 0 : null;
  const [pilot] = await checkTargets(run, [stage.gate], { step: 0, weightsStep });
  if (pilot === undefined) return null;
  ctx.store.saveMetrics(ctx.runId, [{ stageIndex: index, step: 0, key: 'pilot/mean_accuracy', value: pilot.accuracy }]);
  if (!pilot.met) {
    const refusal = new GateRefusal(stage.id, pilot);
    if (stage.gate.onFail === 'stop') throw refusal;
    ctx.reporter.warn(refusal.message);
  }
  return pilot;
}

/** Evaluates the run's held-out sets after `step`. */
async function evaluateAt(run: SamplingRun, step: number): Promise<void> {
  const { plan, reporter } = run.ctx;
  if (plan.eval.sets.length === 0) return;
  const results = await evaluateSets(run, plan.eval.sets, step);
  const line = results.map(
    ({ name, accuracy, validBlockFraction }) =>
      `${name} ${accuracy.toFixed(3)} (valid block ${validBlockFraction.toFixed(2)})`,
  );
  reporter.info(`held-out after step ${step}: ${line.join(', ')}`);
}

/**
 * Signs of a collapsing run, from the metrics of one step. Thresholds from measured collapses of the
 * embedded recipe (docs/embedded-recipe.md): noise at full step size while hardly any group is informative.
 */
export function raiseAlarms(metrics: Readonly<Record<string, number>>): string[] {
  const alarms: string[] = [];
  const informative = metrics['train/informative_fraction'] ?? 1;
  const correct = metrics['reward/correct_fraction'] ?? 1;
  if (informative < 0.2 && correct < 0.2) {
    alarms.push(
      `only ${(100 * informative).toFixed(0)} % of the groups are informative at ${(100 * correct).toFixed(0)} % correct: little signal, mostly noise`,
    );
  }
  const truncated = metrics['rollout/truncated_fraction'] ?? 0;
  if (truncated > 0.5)
    alarms.push(
      `${(100 * truncated).toFixed(0)} % of the rollouts ran into their token budget: is a stop token missing?`,
    );
  const hollow = metrics['reward/hollow_bonus_fraction'] ?? 0;
  if (hollow > 0.1)
    alarms.push(
      `${(100 * hollow).toFixed(0)} % of the responses meet the bonus with blocks in which no paths did work: reward.count effective does not pay for those`,
    );
  const mismatch = metrics['mismatch/mean'] ?? 0;
  if (mismatch > MEAN_BOUND) {
    alarms.push(
      `sampler and trainer log-probs differ by ${mismatch.toFixed(3)} on average: the training layout does not match the decode, or the engine serves other weights`,
    );
  }
  return alarms;
}
