/**
 * Old log-probs of the RL loss:
 *  1. `units` and `exact` send the sampler's, without asking the trainer
 *  2. `causal` and `multiverse` send what the trainer says of the flat sequence before the first update, so that no
 *     ratio of the first minibatch leaves 1; positions without an advantage stay 0
 *  3. a trainer that strips log-probs is refused there, with the layout that works without
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Layout } from '../../src/core/curriculum.ts';
import { TrainerError } from '../../src/errors.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { RL, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';

/** One RL step of one minibatch, without labels: sibling paths begin alike and only their context differs. */
function openWith(t: TestContext, layout: Layout): TempRun {
  const plan = toyPlan({ layout, eval: { sets: [], temperature: 1, topP: 1 } });
  const stages = [...TOY_STAGES.slice(0, 2), { ...RL, steps: 1, minibatches: 1 }];
  return openTempRun(t, { plan: { ...plan, stages, rollout: { ...plan.rollout, pathLabels: null } } });
}

/** The trainer with its forward calls counted. */
function countForwards(trainer: Trainer): { trainer: Trainer; forwards: () => number } {
  let count = 0;
  const forward: Trainer['forward'] = (data) => {
    count += 1;
    return trainer.forward(data);
  };
  return { trainer: { ...trainer, forward }, forwards: () => count };
}

for (const layout of ['units', 'exact'] as const) {
  test(`1: ${layout}`, async (t) => {
    const run = openWith(t, layout);
    const { trainer, forwards } = countForwards(run.trainer);
    await runCurriculum({ ...run.ctx, trainer });
    assert.equal(forwards(), 0);
    const sampled = run.store
      .loadRollouts(TOY_RUN, 2, 'train', 1)
      .flatMap(({ trajectory }) =>
        trajectory!.segments.flatMap(({ pieces }) => pieces.flatMap((piece) => piece.logprobs ?? [])),
      );
    const known = new Set(sampled.map(Math.fround));
    const { data } = run.trainer.batches.at(-1)!;
    const sent = data.flatMap(({ logprobs, advantages }) => logprobs!.filter((_, i) => advantages![i] !== 0));
    assert.ok(sent.length > 50);
    assert.ok(sent.every((value) => known.has(Math.fround(value))));
  });
}

for (const layout of ['causal', 'multiverse'] as const) {
  test(`2: ${layout}`, async (t) => {
    const run = openWith(t, layout);
    const { trainer, forwards } = countForwards(run.trainer);
    await runCurriculum({ ...run.ctx, trainer });
    assert.equal(forwards(), 1);
    const metrics = new Map(
      run.store.listMetrics(TOY_RUN).map(({ stageIndex, key, value }) => [`${stageIndex} ${key}`, value]),
    );
    assert.ok(metrics.get('2 mismatch/max')! > 0.01, 'the sampler saw another context');
    assert.equal(metrics.get('2 train/clip_fraction'), 0);
    for (const { logprobs, advantages } of run.trainer.batches.at(-1)!.data) {
      advantages!.forEach((advantage, i) => {
        if (advantage === 0) assert.equal(logprobs![i], 0);
      });
    }
  });
}

test('3: stripped log-probs', async (t) => {
  const run = openWith(t, 'causal');
  const trainer: Trainer = {
    ...run.trainer,
    forward: async (data) => ({ logprobs: data.map(() => null), metrics: {} }),
  };
  await assert.rejects(runCurriculum({ ...run.ctx, trainer }), (error) => {
    assert.ok(error instanceof TrainerError);
    assert.match(error.message, /layout causal needs; use training\.layout exact/);
    return true;
  });
  assert.equal(run.store.lastStep(TOY_RUN, 2), 0);
});
