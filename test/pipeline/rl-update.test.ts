/**
 * From rewards to minibatches:
 *  1. a group of equal rewards is left out and counted; failed rollouts are left out of their group, not scored 0
 *  2. advantages are those of the group's finished members; split keeps the bonus small
 *  3. every trajectory is in exactly one minibatch; each is normalised by its own policy tokens
 *  4. the order is a function of the seed
 *  5. a step without an informative group makes no optimizer step and commits a learning rate of 0
 *  6. the learning rate follows the schedule, and `scaleByInformative` shrinks it with the batch
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { type RlStage, type StageSpec, selectBatch } from '../../src/core/curriculum.ts';
import type { Datum } from '../../src/core/datum.ts';
import { countLossTokens } from '../../src/core/layout/build-datums.ts';
import type { Reward } from '../../src/core/reward.ts';
import { hashSeed } from '../../src/core/rng.ts';
import { buildMinibatches, creditGroups } from '../../src/pipeline/rl/rl-update.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { RL, TOY_PROBLEMS, TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';
import * as sample from '../support/run-store-samples.ts';

const SETTINGS: RlStage['advantage'] = { std: 'sample', epsilon: 1e-6, split: false };

function rollout(group: number, index: number, value: number | null): RolloutRecord {
  const key = { group, sample: index };
  if (value === null)
    return sample.sampleRollout({ ...key, trajectory: null, failure: 'gone', verdict: null, reward: null });
  const reward: Reward = { ...sample.sampleRollout().reward!, value, correct: value > 0 };
  const trajectory = sample.sampleTrajectory(2 + index, 100 + 50 * group + 10 * index);
  return sample.sampleRollout({ ...key, reward, trajectory });
}

const groupOf = (group: number, values: readonly (number | null)[]) =>
  values.map((value, index) => rollout(group, index, value));

test('1: what is left out', () => {
  const batch = creditGroups(
    [
      ...groupOf(0, [1, 1, 1]),
      ...groupOf(1, [1, -1, null]),
      ...groupOf(2, [1, null, null]),
      ...groupOf(3, [null, null, null]),
    ],
    SETTINGS,
  );
  assert.equal(batch.groups, 4);
  assert.equal(batch.informativeGroups, 1);
  assert.equal(batch.credited.length, 2);
});

test('2: advantages', () => {
  const near = (actual: readonly number[], wanted: readonly number[]) =>
    assert.ok(
      actual.every((value, i) => Math.abs(value - wanted[i]!) < 1e-5),
      `${actual}`,
    );
  const [a, b] = creditGroups(groupOf(0, [1, -1, null]), SETTINGS).credited;
  near([a!.advantage, b!.advantage], [Math.SQRT1_2, -Math.SQRT1_2]);
  const bonus = creditGroups(groupOf(0, [1.2, 1, 1, 1]), { ...SETTINGS, split: true }).credited;
  near(
    bonus.map(({ advantage }) => advantage),
    [0.15, -0.05, -0.05, -0.05],
  );
});

const BATCH = creditGroups(
  [...groupOf(0, [1, -1, -1, -1]), ...groupOf(1, [1, 1, -1]), ...groupOf(2, [1.2, 1])],
  SETTINGS,
);

const sumOf = (data: readonly Datum[], weigh: (advantage: number) => number) =>
  data.flatMap(({ advantages }) => advantages!).reduce((sum, value) => sum + weigh(value), 0);

test('3: minibatches', () => {
  for (const layout of ['units', 'exact', 'causal'] as const) {
    const minibatches = buildMinibatches(BATCH, layout, 2, 9);
    assert.equal(minibatches.length, 2);
    const trained = minibatches
      .flatMap(({ data }) => data)
      .reduce((sum, { advantages }) => sum + advantages!.filter((one) => one !== 0).length, 0);
    const wanted = BATCH.credited.reduce((sum, { trajectory }) => sum + countLossTokens(trajectory, 'rl'), 0);
    assert.equal(trained, wanted, `${layout}: every policy token once`);
  }
  const equal = BATCH.credited.map((one) => ({ ...one, advantage: 2 }));
  for (const { data } of buildMinibatches({ ...BATCH, credited: equal }, 'units', 4, 9)) {
    assert.ok(Math.abs(sumOf(data, (value) => value) - 2) < 1e-9, 'weights of a minibatch sum to 1');
  }
  const [whole] = buildMinibatches(BATCH, 'units', 1, 9);
  const tokens = BATCH.credited.reduce((sum, { trajectory }) => sum + countLossTokens(trajectory, 'rl'), 0);
  const mass = BATCH.credited.reduce(
    (sum, one) => sum + Math.abs(one.advantage) * countLossTokens(one.trajectory, 'rl'),
    0,
  );
  assert.ok(Math.abs(sumOf(whole!.data, Math.abs) - mass / tokens) < 1e-9);
});

test('4: order', () => {
  const of = (seed: number) => JSON.stringify(buildMinibatches(BATCH, 'units', 3, seed));
  assert.equal(of(1), of(1));
  assert.notEqual(of(1), of(2));
  assert.deepEqual(buildMinibatches({ credited: [], groups: 3, informativeGroups: 0 }, 'units', 2, 1), []);
});

const quiet = (over: Partial<RlStage>): readonly StageSpec[] => [
  { ...RL, steps: 2, batchSize: 2, groupSize: 2, ...over },
];
const NO_EVAL = { sets: [], temperature: 1, topP: 1 };

test('5: nothing informative', async (t) => {
  const problems = TOY_PROBLEMS.map((problem) => ({ ...problem, answer: '123456' }));
  const run = openTempRun(t, { plan: toyPlan({ stages: quiet({}), eval: NO_EVAL }), problems });
  await runCurriculum(run.ctx);
  const metrics = new Map(run.store.listMetrics(TOY_RUN).map(({ step, key, value }) => [`${step} ${key}`, value]));
  assert.equal(run.trainer.batches.length, 0, 'everything is wrong alike');
  for (const step of [1, 2]) {
    assert.equal(metrics.get(`${step} train/informative_groups`), 0);
    assert.equal(metrics.get(`${step} train/updates`), 0);
    assert.equal(metrics.get(`${step} train/learning_rate`), 0);
  }
  assert.equal(run.store.lastStep(TOY_RUN, 0), 2);
});

test('6: learning rate', async (t) => {
  const schedule = { kind: 'constant', warmupSteps: 2 } as const;
  const stages = quiet({ steps: 3, groupSize: 4, minibatches: 1, schedule, scaleByInformative: 8 });
  const run = openTempRun(t, { plan: toyPlan({ stages, eval: NO_EVAL }) });
  const right = [1, 1, 1, 1];
  const mixed = [1, -1, -1, 1];
  const rollouts = [
    [right, mixed],
    [mixed, mixed],
    [mixed, right],
  ].flatMap((groups, index) => {
    const step = index + 1;
    const batch = selectBatch(TOY_PROBLEMS, 2, step, hashSeed(run.ctx.plan.seed, RL.id));
    return groups.flatMap((rewards, group) =>
      groupOf(group, rewards).map((one) => ({ ...one, stageIndex: 0, step, problem: batch[group]! })),
    );
  });
  run.store.saveRollouts(TOY_RUN, rollouts);
  // These rollouts are made of tokens that the toy model does not have.
  const score = (data: readonly Datum[]) => ({
    logprobs: data.map(({ targets }) => targets.map(() => -1)),
    metrics: {},
  });
  const trainer: Trainer = {
    ...run.trainer,
    forward: async (data) => score(data),
    forwardBackward: async (data, loss) => {
      await run.trainer.forwardBackward(data, loss);
      return score(data);
    },
  };
  await runCurriculum({ ...run.ctx, trainer });
  // Half for the warm-up and half for four informative rollouts of eight; then both whole; then half again.
  const { learningRate } = RL.adam;
  assert.deepEqual(
    run.trainer.batches.map((batch) => batch.learningRate),
    [learningRate / 4, learningRate, learningRate / 2],
  );
});
