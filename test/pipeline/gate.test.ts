/**
 * The gate before an RL stage:
 *  1. a pilot below the gate stops the run: RunError that names both figures, stage `refused` with the pilot in its state
 *  2. nothing was trained, no training rollout was made; the run asked again refuses again without sampling
 *  3. `onFail: warn` says so and goes on; the pilot is in the stage's state and among the metrics
 *  4. a pilot at or above the gate lets the stage begin
 *  5. a stage that is under way does not sample its pilot again
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { RlStage, StageSpec } from '../../src/core/curriculum.ts';
import { GateRefusal } from '../../src/pipeline/rl/rl-stage.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { createKillSwitch, SimulatedKill } from '../support/pipeline-faults.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { openToyRun, RL, TOY_REF, TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';

/** RL from the untrained base: it writes noise and is right by accident only. */
function planWithGate(minAccuracy: number, onFail: 'stop' | 'warn', over: Partial<RlStage> = {}) {
  const gate = { problems: [TOY_REF], samples: 2, minAccuracy, onFail };
  const stages: readonly StageSpec[] = [{ ...RL, steps: 2, batchSize: 2, groupSize: 2, saveEvery: 1, gate, ...over }];
  return toyPlan({ stages, eval: { sets: [], temperature: 1, topP: 1 } });
}

test('1+2: refusal', async (t) => {
  const plan = planWithGate(0.9, 'stop');
  const run = openTempRun(t, { plan });
  await assert.rejects(runCurriculum(run.ctx), (error) => {
    assert.ok(error instanceof GateRefusal);
    assert.match(error.message, /stage rl was not entered: pilot accuracy 0\.\d{3} is below its gate of 0\.900/);
    return true;
  });
  const [stage] = run.store.listStages(TOY_RUN);
  assert.equal(stage?.status, 'refused');
  const { pilot } = JSON.parse(stage!.stateJson);
  assert.equal(pilot.minAccuracy, 0.9);
  assert.equal(pilot.met, false);
  assert.equal(run.trainer.batches.length, 0);
  assert.deepEqual(run.store.loadRollouts(TOY_RUN, 0, 'train', 1), []);
  assert.equal(run.store.loadRollouts(TOY_RUN, 0, 'pilot', 0).length, 8);

  using again = openToyRun({ file: run.file, world: run.world, plan });
  await assert.rejects(runCurriculum(again.ctx), GateRefusal);
  assert.equal(again.engine.requests.length, 0);
});

test('3: warn', async (t) => {
  const run = openTempRun(t, { plan: planWithGate(0.9, 'warn') });
  await runCurriculum(run.ctx);
  assert.ok(run.reporter.lines.some((line) => line.startsWith('warn stage rl was not entered')));
  const [stage] = run.store.listStages(TOY_RUN);
  assert.equal(stage?.status, 'done');
  const { pilot } = JSON.parse(stage!.stateJson);
  assert.equal(pilot.met, false);
  assert.deepEqual(
    run.store.listMetrics(TOY_RUN, 'pilot/').map(({ value }) => value),
    [pilot.accuracy],
  );
});

test('4: met', async (t) => {
  const run = openTempRun(t, { plan: planWithGate(0, 'stop') });
  await runCurriculum(run.ctx);
  assert.equal(run.store.lastStep(TOY_RUN, 0), 2);
});

test('5: under way', async (t) => {
  const plan = planWithGate(0, 'stop');
  const { wrap } = createKillSwitch({
    moment: 'after',
    isHere: ({ method, args }) => method === 'saveCheckpoint' && (args[1] as { kind: string }).kind === 'state',
  });
  const killed = openTempRun(t, { plan, wrap });
  await assert.rejects(runCurriculum(killed.ctx), SimulatedKill);
  using run = openToyRun({ file: killed.file, world: killed.world, plan });
  await runCurriculum(run.ctx);
  const versions = new Set(run.engine.requests.map(({ model }) => model));
  // The base model is asked once, to see that the engine heeds weights.
  versions.delete(TOY_MODEL);
  assert.deepEqual([...versions], [`${TOY_RUN}-s0-1-2`], 'only step 2 was sampled');
  assert.equal(JSON.parse(run.store.listStages(TOY_RUN)[0]!.stateJson).pilot.met, true);
});
