/**
 * The SFT stage:
 *  1. it ends at the first check that meets every target, and says so
 *  2. a criterion that is never met: maxSteps; with epochs, as many whole batches as the rows give
 *  3. killed after the criterion was met and before the stage was closed, a resume trains no further
 *  4. the weights of one optimizer step sum to 1; injected tokens and prompts carry none
 *  5. rows that do not fit the rollout are dropped and counted; too few rows stop the run with what to do
 *  6. one row per problem; rows of a file or another run come through `sftTextsOf`
 *  7. batches: every row once per epoch, another order in each, the same for the same seed
 *  8. in sequential mode a row is one sequence, tags included; with `stripTags`, in either mode, one without them
 */

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type CurriculumPlan, type SftStage, type StageSpec, selectBatch } from '../../src/core/curriculum.ts';
import { RunError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { createKillSwitch, SimulatedKill } from '../support/pipeline-faults.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import {
  COLD_START,
  openToyRun,
  SFT,
  TOY_PROBLEMS,
  TOY_REF,
  TOY_RUN,
  toyPlan,
  writeToyTarget,
} from '../support/pipeline-toy-run.ts';
import { decodeToy } from '../support/pipeline-toy-tokens.ts';

const planFor = (over: Partial<SftStage>) =>
  toyPlan({ stages: [COLD_START, { ...SFT, ...over }] satisfies StageSpec[] });
const until = (minAccuracy: number): SftStage['until'] => ({
  everySteps: 2,
  fromStep: 2,
  targets: [{ problems: [TOY_REF], samples: 2, minAccuracy }],
});

function readOutcome(run: Pick<TempRun, 'store'>) {
  return JSON.parse(run.store.listStages(TOY_RUN)[1]!.stateJson);
}

function listAccuracy(run: TempRun): [step: number, value: number][] {
  return run.store.listMetrics(TOY_RUN, 'target/').map(({ step, value }) => [step, value]);
}

test('1: criterion', async (t) => {
  const run = openTempRun(t, { plan: planFor({ until: until(0.5) }) });
  await runCurriculum(run.ctx);
  const outcome = readOutcome(run);
  const checks = listAccuracy(run);
  assert.equal(outcome.stoppedBy, 'criterion');
  assert.ok(outcome.steps < SFT.maxSteps);
  assert.equal(checks.at(-1)![0], outcome.steps);
  assert.ok(checks.at(-1)![1] >= 0.5);
  assert.ok(
    checks.slice(0, -1).every(([, value]) => value < 0.5),
    `${checks}`,
  );
  assert.equal(run.store.lastStep(TOY_RUN, 1), outcome.steps);
});

test('2: out of steps', async (t) => {
  const never = openTempRun(t, { plan: planFor({ until: until(1.1), maxSteps: 5 }) });
  await runCurriculum(never.ctx);
  assert.equal(readOutcome(never).stoppedBy, 'max-steps');
  assert.equal(readOutcome(never).steps, 5);
  assert.deepEqual(
    listAccuracy(never).map(([step]) => step),
    [2, 4],
  );
  const epochs = openTempRun(t, { plan: planFor({ until: null, batchSize: 3, epochs: 2 }) });
  await runCurriculum(epochs.ctx);
  assert.equal(readOutcome(epochs).stoppedBy, 'epochs');
  assert.equal(readOutcome(epochs).steps, 2, '4 rows are one batch of 3 per epoch');
});

test('3: killed after the criterion', async (t) => {
  const plan = planFor({ until: until(0.5) });
  const { wrap } = createKillSwitch({
    moment: 'before',
    isHere: ({ method, args }) => {
      const stage = method === 'saveStage' ? (args[1] as { index: number; status: string }) : null;
      return stage?.index === 1 && stage.status === 'done';
    },
  });
  const killed = openTempRun(t, { plan, wrap });
  await assert.rejects(runCurriculum(killed.ctx), SimulatedKill);
  const steps = killed.store.lastStep(TOY_RUN, 1);
  using run = openToyRun({ file: killed.file, world: killed.world, plan });
  await runCurriculum(run.ctx);
  assert.equal(run.trainer.batches.length, 0);
  assert.equal(readOutcome(run).steps, steps);
  assert.equal(readOutcome(run).stoppedBy, 'criterion');
  assert.equal(readOutcome(run).lastTargets[0].met, true);
});

test('4: weights', async (t) => {
  for (const layout of ['units', 'exact', 'causal'] as const) {
    const run = openTempRun(t, { plan: { ...planFor({ until: null, maxSteps: 2 }), layout } });
    await runCurriculum(run.ctx);
    assert.equal(run.trainer.batches.length, 2);
    for (const { data } of run.trainer.batches) {
      const total = data.flatMap(({ weights }) => weights!).reduce((sum, weight) => sum + weight, 0);
      assert.ok(Math.abs(total - 1) < 1e-9, `${layout}: ${total}`);
      const trained = data.flatMap(({ targets, weights }) => targets.filter((_, i) => weights![i] !== 0));
      const texts = new Set(trained.map((id) => decodeToy([id])));
      for (const injected of ['<Path>', '</Parallel>', '<Summary>', 'A:', 'B:', 'What is ']) {
        assert.ok(!texts.has(injected), `${layout}: ${injected}`);
      }
      for (const own of ['<Parallel>', '</Path>', '</Summary>', 'Final Answer: ', '<eos>'])
        assert.ok(texts.has(own), own);
    }
  }
});

test('5: rows that do not fit', async (t) => {
  const plan = planFor({});
  const run = openTempRun(t, { plan: { ...plan, rollout: { ...plan.rollout, pathLabels: ['B:', 'A:'] } } });
  await assert.rejects(runCurriculum(run.ctx), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /stage sft has 0 rows, fewer than one batch of 4; generate more or lower batchSize/);
    return true;
  });
});

test('6: rows from elsewhere', async (t) => {
  const run = openTempRun(t, { plan: planFor({ data: 'rows.jsonl', until: null, maxSteps: 1 }) });
  const asked: string[] = [];
  const sftTextsOf = (data: string) => {
    asked.push(data);
    const texts = TOY_PROBLEMS.map((problem) => ({ problem, target: writeToyTarget(problem.answer) }));
    return [
      ...texts,
      { problem: TOY_PROBLEMS[0]!, target: 'not a target' },
      { problem: TOY_PROBLEMS[0]!, target: 'so <Path>' },
    ];
  };
  await runCurriculum({ ...run.ctx, sftTextsOf });
  assert.deepEqual(asked, ['rows.jsonl']);
  assert.equal(readOutcome(run).rows, 4);
  assert.deepEqual(readOutcome(run).dropped, { untokenizable: 1, path_outside_block: 1 });

  const own = openTempRun(t, { plan: planFor({ until: null, maxSteps: 1 }) });
  await runCurriculum(own.ctx);
  assert.equal(own.store.countAttempts(TOY_RUN, 0)[0]?.count, 8);
  assert.equal(readOutcome(own).rows, 4);
});

test('7: batches', () => {
  const rows = Array.from({ length: 11 }, (_, i) => i);
  const epochOf = (epoch: number, seed: number) =>
    [1, 2, 3].flatMap((step) => selectBatch(rows, 3, 3 * epoch + step, seed));
  for (let epoch = 0; epoch < 4; epoch += 1) assert.equal(new Set(epochOf(epoch, 1)).size, 9);
  assert.deepEqual(epochOf(2, 1), epochOf(2, 1));
  assert.notDeepEqual(epochOf(0, 1), epochOf(1, 1));
  assert.notDeepEqual(epochOf(0, 1), epochOf(0, 2));
});

/** What each datum of a run with one SFT step trains on, as text; injected tokens would leave a gap in it. */
async function listTrained(
  t: TestContext,
  mode: 'parallel' | 'sequential',
  layout: CurriculumPlan['layout'],
  stripTags: boolean,
) {
  const plan = planFor({ until: null, maxSteps: 1, stripTags });
  const run = openTempRun(t, { plan: { ...plan, layout, rollout: { ...plan.rollout, mode } } });
  await runCurriculum(run.ctx);
  return run.trainer.batches[0]!.data.map(({ targets, weights }) =>
    decodeToy(targets.filter((_, i) => weights![i] !== 0)),
  ).sort();
}

test('8: one sequence', async (t) => {
  const targets = TOY_PROBLEMS.map(({ answer }) => writeToyTarget(answer));
  const plain = TOY_PROBLEMS.map(
    ({ answer }) => `A:count ${answer}\nB:sum ${answer}\nso ${answer}\nFinal Answer: ${answer}<eos>`,
  );
  for (const layout of ['exact', 'causal'] as const) {
    assert.deepEqual(
      await listTrained(t, 'sequential', layout, false),
      targets.map((target) => `${target}<eos>`).sort(),
    );
    for (const mode of ['sequential', 'parallel'] as const) {
      assert.deepEqual(await listTrained(t, mode, layout, true), plain.toSorted(), `${mode} ${layout}`);
    }
  }
});
