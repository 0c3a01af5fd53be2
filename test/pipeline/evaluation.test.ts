/**
 * Evaluating:
 *  1. problems are told apart by group: equal texts stay two problems with n samples each
 *  2. figures at k = 1, 2, 4, ..., n: pass, best and majority by their definitions; every interval holds its figure
 *  3. failed rollouts are counted and leave n smaller; nothing finished gives no estimate, and no NaN
 *  4. the reward of an evaluation is accuracy whatever the stage trains with, and its rollouts do not train
 *  5. sets are measured apart, in their order, and become metric rows; each rollout is stored with the name of its set
 *  6. mean and standard error are over problems, not samples
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Estimate } from '../../src/core/statistics/estimate-mean.ts';
import type { Verdict } from '../../src/core/verify/verdict.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { evaluateSets, measureSet } from '../../src/pipeline/evaluate/evaluate.ts';
import { type MeasuredRollout, measureEvaluation } from '../../src/pipeline/evaluate/measure-evaluation.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { TOY_REF, TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';
import * as sample from '../support/run-store-samples.ts';

/** Rollouts of one group: `c` correct ones answering 4, then wrong ones answering 5, then failed ones. */
function group(index: number, correct: number, wrong: number, failed = 0): RolloutRecord[] {
  const verdict = (right: boolean): Verdict => ({
    verdict: right ? 'correct' : 'incorrect',
    rule: 'text-equal',
    reason: null,
    extracted: right ? '4' : '5',
    verifier: 'math/1',
  });
  return Array.from({ length: correct + wrong + failed }, (_, i) => {
    const key = { group: index, sample: i, purpose: 'eval' as const };
    if (i >= correct + wrong) {
      return sample.sampleRollout({ ...key, trajectory: null, failure: 'gone', verdict: null, reward: null });
    }
    return sample.sampleRollout({ ...key, verdict: verdict(i < correct) });
  });
}

/** The same as an evaluation is given them. */
function measured(...of: Parameters<typeof group>): MeasuredRollout[] {
  return group(...of).map(({ group, trajectory, verdict, formatValid }) => ({
    ...{ group, verdict, formatValid, blocks: 1, policyTokens: 15, criticalTokens: 12 },
    end: trajectory?.end ?? null,
  }));
}

test('1: equal texts', () => {
  const result = measureEvaluation('held', [...measured(0, 4, 0), ...measured(1, 0, 4)], 1);
  assert.equal(result.problems, 2);
  assert.equal(result.fewestSamples, 4);
  const atFour = result.atK.find(({ k }) => k === 4);
  assert.equal(atFour?.pass?.mean, 0.5, 'merged, they would be one problem that is passed');
});

test('2: figures at k', () => {
  const { atK, mean } = measureEvaluation('held', [...measured(0, 1, 5), ...measured(1, 3, 3)], 1);
  assert.deepEqual(
    atK.map(({ k }) => k),
    [1, 2, 4, 6],
  );
  const near = (estimate: Estimate | null, wanted: number) => {
    assert.ok(estimate !== null && Math.abs(estimate.mean - wanted) <= 1e-9, `${estimate?.mean}, wanted ${wanted}`);
    assert.ok(estimate.low <= estimate.mean && estimate.mean <= estimate.high);
  };
  const share = (1 / 6 + 1 / 2) / 2;
  for (const estimate of [mean, atK[0]!.pass, atK[0]!.best, atK[0]!.majority]) near(estimate, share);
  near(atK[1]!.pass, (1 / 3 + (1 - 3 / 15)) / 2);
  near(atK[1]!.best, (1 - (5 / 6) ** 2 + 0.75) / 2);
  near(atK[3]!.pass, 1);
  assert.ok(atK[3]!.majority!.mean < 0.5, 'the frequent wrong answer wins the vote');
});

test('3: failures', () => {
  const result = measureEvaluation('held', [...measured(0, 2, 0, 2), ...measured(1, 1, 3)], 1);
  assert.deepEqual([result.tally.errored, result.tally.samples, result.fewestSamples], [2, 8, 2]);
  assert.equal(result.mean?.mean, (1 + 0.25) / 2);
  const none = measureEvaluation('held', measured(0, 0, 0, 3), 1);
  assert.deepEqual([none.problems, none.problemsLost, none.mean, none.atK], [0, 1, null, []]);
  for (const value of [none.formatValidFraction, none.meanTokens, none.parallelFraction]) assert.equal(value, 0);
});

test('4: the reward is accuracy', async (t) => {
  const run = openTempRun(t);
  await runCurriculum(run.ctx);
  const trained = run.store.loadRollouts(TOY_RUN, 2, 'train', 2).map(({ reward }) => reward?.mode);
  assert.ok(trained.includes('tiered'));
  const evaluated = [0, 4, 8].flatMap((step) => run.store.loadRollouts(TOY_RUN, 2, 'eval', step));
  assert.ok(evaluated.length > 0);
  assert.ok(evaluated.every(({ reward }) => reward?.mode === 'accuracy' && Math.abs(reward.value) === 1));
});

test('5: sets apart', async (t) => {
  const run = openTempRun(t, { plan: toyPlan() });
  const sets = [
    { name: 'one', problems: [{ ...TOY_REF, limit: 1 }], samples: 3 },
    { name: 'all', problems: [TOY_REF, { ...TOY_REF, limit: 1 }], samples: 1 },
  ];
  const binding = await bindTokenizer(run.ctx);
  const stage = { id: 'sets', kind: 'eval', sets } as const;
  const weights = { serve: async () => TOY_MODEL, lineageOf: () => TOY_MODEL };
  const results = await evaluateSets({ ctx: run.ctx, stage, index: 0, binding, weights }, sets, 7);
  assert.deepEqual(
    results.map(({ name, problems, samples }) => `${name} ${problems} ${samples}`),
    ['one 1 3', 'all 5 1'],
  );
  const rollouts = run.store.loadRollouts(TOY_RUN, 0, 'eval', 7);
  assert.equal(rollouts.length, 3 + 5);
  const inSet = (set: string) => run.store.loadRollouts(TOY_RUN, 0, 'eval', 7, set).map(({ group: index }) => index);
  assert.deepEqual(
    [inSet('one'), inSet('all')],
    [
      [0, 0, 0],
      [1, 2, 3, 4, 5],
    ],
  );
  const texts = (index: number) => rollouts.find((rollout) => rollout.group === index)?.problem.text;
  assert.equal(texts(1), texts(5), 'one problem twice in a set is two groups');
  const points = run.store.listMetrics(TOY_RUN, 'eval/');
  assert.ok(points.some(({ key, step }) => key === 'eval/all/mean_accuracy' && step === 7));
  assert.equal(new Set(points.map(({ key }) => key)).size, points.length);
});

test('6: over problems', () => {
  const set = { name: 'held', problems: [], samples: 4 };
  const result = measureSet(set, [...group(0, 4, 0), ...group(1, 0, 1), ...group(2, 1, 1, 2)]);
  assert.equal(result.accuracy, 0.5);
  assert.equal(result.problems, 3);
  assert.ok(Math.abs(result.standardError - Math.sqrt(0.5 / 3 / 2)) < 1e-12, `${result.standardError}`);
  assert.equal(measureSet(set, []).standardError, 0);
});
