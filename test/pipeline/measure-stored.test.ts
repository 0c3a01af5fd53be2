/**
 * Analyses of runs that were stored without them:
 *  1. what is computed from stored rollouts is what the run stores today: every training step, every set of every evaluation; what is
 *     stored stays
 *  2. a step that has them is not measured again, pilots never; once written nothing lacks
 *  3. a step that was not committed gets none
 *  4. the view tells of every figure its series, and how many steps lack them
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { listLackingSteps, measureStored } from '../../src/pipeline/evaluate/measure-stored.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { collectAnalyses } from '../../src/report/run-analyses.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { TOY_RUN } from '../support/pipeline-toy-run.ts';

/** Keys that steps stored before there were analyses, and that some of them hold. */
const OLD =
  /^(reward|format|verdict|train|mismatch|time|engine|trainer)\/|^rollout\/(mean|failed|trunc)|^eval\/[^/]+\/[^/]+$|^pilot\/|^target\//;

/** The store as a version without analyses would have left it. */
function forget(store: RunStore, keep: (stageIndex: number, step: number) => boolean = () => false): RunStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'listMetrics') {
        return (runId: string) =>
          target.listMetrics(runId).filter(({ key, stageIndex, step }) => OLD.test(key) || keep(stageIndex, step));
      }
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function runToy(t: TestContext) {
  const run = openTempRun(t);
  await runCurriculum(run.ctx);
  return { store: run.store, effective: run.ctx.plan.effective };
}

test('1: as today', async (t) => {
  const { store, effective } = await runToy(t);
  const name = ({ stageIndex, step, key }: { stageIndex: number; step: number; key: string }) =>
    `${stageIndex} ${step} ${key}`;
  const stored = store.listMetrics(TOY_RUN).filter(({ key }) => !OLD.test(key));
  assert.ok(stored.length > 100);
  assert.ok(stored.some(({ key }) => key.startsWith('eval/')));
  const measured = new Map([...measureStored(forget(store), TOY_RUN, effective)].flat().map((one) => [name(one), one]));
  for (const point of stored) {
    assert.equal(measured.get(name(point))?.value, point.value, name(point));
  }
  assert.equal(measured.size, stored.length);
});

test('1: figures that are there stay', async (t) => {
  const { store, effective } = await runToy(t);
  const kept = forget(store);
  const listOld = kept.listMetrics.bind(kept);
  const [train] = store.listMetrics(TOY_RUN).filter(({ key }) => key === 'parallel/effective_fraction');
  const partly = new Proxy(kept, {
    get: (target, name) =>
      name === 'listMetrics' ? () => [...listOld(TOY_RUN), train] : (Reflect.get(target, name) as unknown),
  });
  const [first] = [...measureStored(partly, TOY_RUN, effective)].filter(
    ([one]) => one?.stageIndex === train!.stageIndex && one.step === train!.step,
  );
  assert.ok(first!.some(({ key }) => key === 'block/per_answer'));
  assert.ok(!first!.some(({ key }) => key === train!.key));
});

test('2: not again', async (t) => {
  const { store } = await runToy(t);
  assert.deepEqual(listLackingSteps(store, TOY_RUN), []);
  const lacking = listLackingSteps(forget(store), TOY_RUN);
  assert.ok(lacking.length > 2);
  assert.ok(lacking.every(({ step }) => step.purpose !== 'pilot'));
  const [first] = lacking;
  const rest = listLackingSteps(
    forget(store, (stageIndex, step) => stageIndex === first!.step.stageIndex && step === first!.step.step),
    TOY_RUN,
  );
  assert.ok(rest.length < lacking.length);
});

test('3: not committed', async (t) => {
  const { store } = await runToy(t);
  const done = store.loadRollouts(TOY_RUN, 2, 'train', 1);
  store.saveRollouts(
    TOY_RUN,
    done.map((rollout) => ({ ...rollout, step: 999 })),
  );
  assert.deepEqual(listLackingSteps(store, TOY_RUN), []);
});

test('4: the view', async (t) => {
  const { store } = await runToy(t);
  const { training, sets, lackingSteps } = collectAnalyses(store, TOY_RUN);
  assert.equal(lackingSteps, 0);
  const forked = training.find(({ key }) => key === 'rollout/parallel_fraction')!;
  const stored = store.listMetrics(TOY_RUN).filter(({ key }) => key === 'rollout/parallel_fraction');
  assert.deepEqual(
    forked.points.map(({ value }) => value),
    stored.map(({ value }) => value),
  );
  assert.ok(sets.length > 0);
  for (const { set, figures } of sets) {
    assert.ok(figures.some(({ key }) => key === `eval/${set}/block/per_answer`));
    assert.ok(figures.some(({ key }) => key === `eval/${set}/mean_tokens`));
  }
  assert.ok(collectAnalyses(forget(store), TOY_RUN).lackingSteps > 0);
});
