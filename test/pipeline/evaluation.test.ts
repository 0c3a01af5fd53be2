/**
 * Evaluating:
 *  1. problems are told apart by group: equal texts stay two problems with n samples each
 *  2. figures at k = 1, 2, 4, ..., n: pass, best and majority by their definitions; every interval holds its figure
 *  3. failed rollouts are counted and leave n smaller; nothing finished gives no estimate, and no NaN
 *  4. the reward of an evaluation is accuracy whatever the stage trains with, and its rollouts do not train
 *  5. sets are measured apart, in their order, and become metric rows, the analyses among them; each rollout is stored with the name of its set
 *  6. mean, interval and standard error are over problems, not samples
 *  7. evaluating within a stage changes nothing of it: the rollouts it trains on are the same to the last bit, whatever is
 *     evaluated how often, twins without forks included
 *  8. a twin answers under the seeds of its original, and is compared problem by problem whatever its groups are called
 *  9. levels and subjects: every problem counts once for each; a set that names none, or one for all, is not split
 */

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { EvalSet } from '../../src/core/curriculum.ts';
import type { Estimate } from '../../src/core/statistics/estimate-mean.ts';
import { countForks } from '../../src/core/trajectory.ts';
import type { Verdict } from '../../src/core/verify/verdict.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { evaluateSets, measureSet } from '../../src/pipeline/evaluate/evaluate.ts';
import {
  compareMeasured,
  type MeasuredRollout,
  measureEvaluation,
} from '../../src/pipeline/evaluate/measure-evaluation.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { COLD_START, RL, SFT, TOY_PROBLEMS, TOY_REF, TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';
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
  const forked = rollouts.filter(({ set, trajectory }) => set === 'all' && countForks(trajectory!) > 0).length;
  const stored = points.find(({ key }) => key === 'eval/all/rollout/parallel_fraction');
  assert.equal(stored?.value, forked / 5);
});

test('6: over problems', () => {
  const set = { name: 'held', problems: [], samples: 4 };
  const result = measureSet(set, [...group(0, 4, 0), ...group(1, 0, 1), ...group(2, 1, 1, 2)]);
  assert.equal(result.accuracy, 0.5);
  assert.equal(result.problems, 3);
  assert.ok(Math.abs(result.standardError - Math.sqrt(0.5 / 3 / 2)) < 1e-12, `${result.standardError}`);
  assert.ok(result.low < 0.2 && result.high > 0.8, 'three problems tell little');
  const wrong = measureSet(set, [...group(0, 0, 4), ...group(1, 0, 4), ...group(2, 0, 4)]);
  // Clopper and Pearson's interval for 0 of 3.
  assert.deepEqual([wrong.low, wrong.high.toFixed(4)], [0, (1 - 0.025 ** (1 / 3)).toFixed(4)]);
  const nothing = measureSet(set, []);
  assert.deepEqual([nothing.standardError, nothing.low, nothing.high], [0, 0, 1]);
});

/** What the RL stage of the toy run trained on. */
async function listTrained(t: TestContext, evalEvery: number, sets: readonly EvalSet[]) {
  const stages = [COLD_START, SFT, { ...RL, evalEvery }];
  const run = openTempRun(t, { plan: toyPlan({ stages, eval: { sets, temperature: 1, topP: 1 } }) });
  await runCurriculum(run.ctx);
  const steps = Array.from({ length: RL.steps }, (_, i) => i + 1);
  const trained = steps.flatMap((step) => run.store.loadRollouts(TOY_RUN, 2, 'train', step));
  const evaluated = steps.flatMap((step) => run.store.loadRollouts(TOY_RUN, 2, 'eval', step));
  return { trained: trained.map(({ durationMs: _, ...rollout }) => rollout), evaluated };
}

test('7: training does not notice', async (t) => {
  const set = { name: 'held', problems: [TOY_REF], samples: 3 };
  const without = await listTrained(t, 0, []);
  assert.equal(without.evaluated.length, 0);
  assert.equal(without.trained.length, RL.steps * RL.batchSize * RL.groupSize);
  for (const sets of [[set], [{ ...set, samples: 1, sequentialTwin: true }]]) {
    const often = await listTrained(t, 1, sets);
    assert.ok(often.evaluated.length >= RL.steps * TOY_PROBLEMS.length);
    assert.deepEqual(often.trained, without.trained);
  }
});

test('8: twins', async (t) => {
  const run = openTempRun(t, { plan: toyPlan() });
  await runCurriculum(run.ctx);
  const sets = [{ name: 'all', problems: [TOY_REF], samples: 2, sequentialTwin: true }];
  const stage = { id: 'sets', kind: 'eval', sets } as const;
  const weights = { serve: async () => TOY_MODEL, lineageOf: () => TOY_MODEL };
  const binding = await bindTokenizer(run.ctx);
  const results = await evaluateSets({ ctx: run.ctx, stage, index: 9, binding, weights }, sets, 0);
  assert.deepEqual(
    results.map(({ name, problems }) => [name, problems]),
    [
      ['all', 4],
      ['all-sequential', 4],
    ],
  );
  const load = (set: string) => run.store.loadRollouts(TOY_RUN, 9, 'eval', 0, set);
  const seeds = (set: string) => load(set).map(({ trajectory }) => trajectory!.segments[0]!.seed);
  assert.deepEqual(seeds('all-sequential'), seeds('all'));
  assert.ok(load('all-sequential').every(({ trajectory }) => trajectory!.segments.length === 1));

  const [own, twin] = [measuredOf([0, 1, 2], [1, 2, 3]), measuredOf([7, 5, 6], [3, 1, 2])];
  const { paired } = compareMeasured(twin, own, 1);
  assert.deepEqual([paired?.difference.problems, paired?.difference.mean, paired?.same], [3, 0, 3]);
  assert.ok(paired!.difference.low < -0.2 && paired!.difference.high > 0.2, 'three problems that agree prove little');
});

/** One answer to each of some problems, right for those of an even key. */
function measuredOf(groups: readonly number[], keys: readonly number[]): MeasuredRollout[] {
  return groups.flatMap((index, i) => {
    const key = keys[i]!;
    return measured(index, key % 2 === 0 ? 1 : 0, key % 2).map((one) => ({ ...one, problem: { key } }));
  });
}

test('9: parts of a set', () => {
  const label = (index: number, level: string | undefined) =>
    measured(index, index, 2 - index).map((one) => ({
      ...one,
      problem: { key: index, subject: 'Algebra', ...(level === undefined ? {} : { level }) },
    }));
  const { parts } = measureEvaluation('held', [...label(0, '10'), ...label(1, '9'), ...label(2, undefined)], 1);
  assert.deepEqual(
    parts.map(({ by, label: name, problems, mean, tally }) => [by, name, problems, mean!.mean, tally.samples]),
    [
      ['level', '9', 1, 0.5, 2],
      ['level', '10', 1, 0, 2],
      ['level', 'no level', 1, 1, 2],
    ],
  );
  assert.deepEqual(measureEvaluation('held', measured(0, 1, 1), 1).parts, []);
});
