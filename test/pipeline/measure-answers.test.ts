/**
 * What the blocks of a step hold:
 *  1. shares of responses that are effective, would be paid, and would be paid for hollow blocks
 *  2. distance, length, idle share and disagreement of paths; left out where nothing was executed, and where nothing is finished
 *  3. a reward that pays for no block has no bonus figures
 *  4. the scoring of a rollout stores its effective blocks, and a reward that counts them pays for those alone
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEFAULT_EFFECTIVE_THRESHOLDS } from '../../src/core/effective/effective-parallelism.ts';
import { computeReward } from '../../src/core/reward.ts';
import { measureAnswers } from '../../src/pipeline/evaluate/measure-answers.ts';
import { measureBonus } from '../../src/pipeline/rl/measure-bonus.ts';
import { scoreTrajectories } from '../../src/pipeline/rollout/score-trajectory.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { createDirectVerifier } from '../support/direct-verifier.ts';
import { executeText } from '../support/executed-trace.ts';
import { toyPlan } from '../support/pipeline-toy-run.ts';
import { sampleRollout } from '../support/run-store-samples.ts';

const PROBLEM = { id: 'p', source: 's', text: 'Add 12 and 13, then double the sum. What is it?', answer: '50' };
const write = (first: string, second: string) =>
  `Add first. <Parallel><Path>${first}</Path><Path>${second}</Path></Parallel>\n<Summary>The sum 25 doubled is 50, and 24 + 26 = 50 too.</Summary>\nFinal Answer: 50`;
const GOOD = write('12 + 13 = 25 and 25 * 2 = 50', 'double each: 12 * 2 = 24, 13 * 2 = 26, so 24 + 26 = 50');
const HOLLOW = write('a', 'b');
const PLAIN = '12 + 13 = 25 and 25 * 2 = 50\nFinal Answer: 50';
const PAID = { kind: 'tiered', count: 'executed', bonus: 1.2, malformedCorrect: -1 } as const;

async function rollOut(
  texts: readonly string[],
  reward: Parameters<typeof computeReward>[0],
): Promise<RolloutRecord[]> {
  const trajectories = texts.map(executeText);
  const scores = await scoreTrajectories(createDirectVerifier(), toyPlan(), PROBLEM, trajectories);
  return scores.map(({ verdict, format, parts }, index) => ({
    ...sampleRollout({ sample: index }),
    problem: PROBLEM,
    trajectory: trajectories[index]!,
    failure: null,
    verdict,
    formatValid: format.valid,
    reward: computeReward(reward, 1, parts),
  }));
}

const SCENE = { parallelOpen: null, thresholds: DEFAULT_EFFECTIVE_THRESHOLDS };
const measure = (rollouts: readonly RolloutRecord[]) => ({
  ...measureAnswers(rollouts, SCENE),
  ...measureBonus(rollouts, PAID),
});

test('1+2: figures', async () => {
  const rollouts = await rollOut([GOOD, GOOD, HOLLOW, PLAIN], PAID);
  const figures = measure(rollouts);
  assert.equal(figures['parallel/effective_fraction'], 0.5);
  assert.equal(figures['reward/bonus_fraction'], 0.75);
  assert.equal(figures['reward/hollow_bonus_fraction'], 0.25);
  assert.equal(figures['parallel/idle_path_fraction'], 1 / 3);
  assert.ok(figures['parallel/path_distance']! > 0.8);
  assert.equal(figures['parallel/disagreement_fraction'], 0);
  const serial = measure(await rollOut([PLAIN], PAID));
  assert.equal(serial['parallel/effective_fraction'], 0);
  assert.ok(!Object.keys(serial).some((key) => /^parallel\/(?!effective)|path|position/.test(key)));
  const failed = { trajectory: null, failure: 'gone', verdict: null, reward: null };
  assert.deepEqual(measureAnswers([sampleRollout(failed)], SCENE), {});
  const split = await rollOut([write('12 + 13 = 25 and 25 * 2 = 50', 'double 12 and add 13: 12 * 2 + 13 = 37')], PAID);
  assert.equal(measure(split)['parallel/disagreement_fraction'], 1);
});

test('3: no bonus', async () => {
  assert.deepEqual(measureBonus(await rollOut([GOOD], PAID), { kind: 'accuracy' }), {});
});

test('4: what is paid', async () => {
  const count = async (texts: readonly string[], counted: 'text' | 'executed' | 'effective') =>
    (await rollOut(texts, { ...PAID, count: counted })).map(({ reward }) => reward!.value);
  assert.deepEqual(await count([GOOD, HOLLOW, PLAIN], 'text'), [1.2, 1.2, 1]);
  assert.deepEqual(await count([GOOD, HOLLOW, PLAIN], 'effective'), [1.2, 1, 1]);
  assert.deepEqual(
    (await rollOut([GOOD, HOLLOW], PAID)).map(({ reward }) => reward!.blocksEffective),
    [1, 0],
  );
});
