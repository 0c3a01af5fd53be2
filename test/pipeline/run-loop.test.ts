/**
 * The whole curriculum on the toy world, through the ports and the real store:
 *  1. cold start, SFT, RL and evaluation run in order, every stage ends as done with its state
 *  2. it learns: SFT brings the loss down, RL brings held-out accuracy up
 *  3. in the `units` layout sampler and trainer agree to rounding, every step; in `causal` they do not
 *  4. every rollout carries the weights version of the step before, and was sampled under that name
 *  5. one trainer state per stage and one served version stay; everything older is deleted
 *  6. a finished run asked again does nothing; an interrupted signal stops before the next stage
 *  7. the prompts that were used are in the store; a stage the configuration lacks is told
 */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { RunError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { openToyRun, RL, TOY_PROBLEMS, TOY_REF, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';

const EVAL = { sets: [{ name: 'held', problems: [TOY_REF], samples: 8 }], temperature: 1, topP: 1 };

function listValues(store: RunStore, stageIndex: number, key: string): number[] {
  return store
    .listMetrics(TOY_RUN, key)
    .filter((point) => point.stageIndex === stageIndex && point.key === key)
    .map(({ value }) => value);
}

async function runWhole(run: TempRun): Promise<TempRun> {
  await runCurriculum(run.ctx);
  return run;
}

/** One finished run that most tests look at. */
let whole: TempRun;
let removeWhole = (): void => undefined;

before(async () => {
  const file = {
    after: (clean: () => void) => {
      removeWhole = clean;
    },
  };
  whole = await runWhole(openTempRun(file, { plan: toyPlan({ eval: EVAL }) }));
});

after(() => removeWhole());

test('1: stages in order', () => {
  const { store, reporter } = whole;
  const stages = store.listStages(TOY_RUN);
  assert.deepEqual(
    stages.map(({ id, status }) => `${id} ${status}`),
    ['teach done', 'sft done', 'rl done', 'final done'],
  );
  const [teach, sft, rl, final] = stages.map(({ stateJson }) => JSON.parse(stateJson));
  assert.deepEqual(teach, { attempts: 8, accepted: 8, rejected: [] });
  assert.equal(sft.stoppedBy, 'criterion');
  assert.ok(sft.rows >= TOY_PROBLEMS.length);
  assert.equal(rl.steps, RL.steps);
  assert.equal(final.results[0].name, 'last');
  const heads = reporter.lines.filter((line) => line.startsWith('info stage'));
  assert.equal(heads.length, 4);
  assert.equal(store.lastStep(TOY_RUN, 2), RL.steps);
});

test('2: it learns', () => {
  const { store } = whole;
  const losses = listValues(store, 1, 'train/loss');
  assert.ok(losses.at(-1)! < losses[0]! / 2, `${losses}`);
  const accuracy = listValues(store, 2, 'eval/held/mean_accuracy');
  assert.equal(accuracy.length, 3, 'before, in the middle, after');
  assert.ok(accuracy[2]! > accuracy[0]! + 0.2, `${accuracy}`);
});

test('3: sampler and trainer', async (t) => {
  const agreeing = listValues(whole.store, 2, 'mismatch/max');
  assert.equal(agreeing.length, RL.steps);
  assert.ok(Math.max(...agreeing) < 1e-9, `${agreeing}`);
  const stages = TOY_STAGES.map((stage) => (stage.kind === 'rl' ? { ...RL, steps: 2 } : stage));
  const rollout = { ...toyPlan().rollout, pathLabels: null };
  const causal = await runWhole(openTempRun(t, { plan: toyPlan({ layout: 'causal', stages, rollout }) }));
  assert.ok(Math.max(...listValues(causal.store, 2, 'mismatch/max')) > 0.01);
  assert.ok(causal.reporter.lines.some((line) => line.startsWith('warn training.layout causal')));
});

test('4: weights versions', () => {
  const { store, engine } = whole;
  for (let step = 1; step <= RL.steps; step += 1) {
    const rollouts = store.loadRollouts(TOY_RUN, 2, 'train', step);
    assert.equal(rollouts.length, RL.batchSize * RL.groupSize);
    const version = rollouts[0]!.weightsVersion;
    assert.match(version, new RegExp(`^${TOY_RUN}-s2-${step - 1}-\\d+$`));
    for (const { weightsVersion, trajectory } of rollouts) {
      assert.equal(weightsVersion, version);
      assert.ok(trajectory!.segments.every((segment) => segment.weightsVersion === version));
    }
    assert.ok(engine.requests.some(({ model }) => model === version));
  }
});

test('5: what stays', () => {
  const { store, world } = whole;
  const states = store.listCheckpoints(TOY_RUN, 'state');
  assert.deepEqual(
    states.map(({ stageIndex }) => stageIndex),
    [1, 2],
  );
  assert.deepEqual(
    [...world.states.keys()],
    states.map(({ path }) => path),
  );
  const samplers = store.listCheckpoints(TOY_RUN, 'sampler');
  assert.deepEqual(
    [...world.samplers.keys()],
    samplers.map(({ path }) => path),
  );
  assert.deepEqual([...world.loaded.keys()], [], 'the engine is left as it was found');
});

test('6: again, and interrupted', async (t) => {
  using again = openToyRun({ file: whole.file, world: whole.world });
  await runCurriculum(again.ctx);
  assert.equal(again.engine.requests.length, 0);
  assert.equal(again.trainer.batches.length, 0);

  const stop = new AbortController();
  const stopped = openTempRun(t, { signal: stop.signal });
  stop.abort(new Error('stop'));
  await assert.rejects(runCurriculum(stopped.ctx), /stop/);
  assert.equal(stopped.store.listStages(TOY_RUN)[1]?.status, 'pending');
});

test('7: prompts, and a stage too many', async (t) => {
  const prompts = whole.store.listPrompts(TOY_RUN).map(({ role, hash }) => `${role} ${hash}`);
  assert.deepEqual(prompts.toSorted(), ['student student-hash', 'teacher:teach teacher-hash']);

  const shorter = openTempRun(t);
  const plan = toyPlan({ stages: TOY_STAGES.slice(0, 1) });
  await assert.rejects(runCurriculum({ ...shorter.ctx, plan }), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /stage 1 that the configuration lacks/);
    return true;
  });
});
