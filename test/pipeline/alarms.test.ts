/**
 * Alarms of one RL step:
 *  1. a healthy step, and a step without the figures, raise none
 *  2. hardly any informative group while hardly anything is correct
 *  3. most rollouts cut by their budget
 *  4. sampler and trainer disagree
 *  5. an alarm of a run reaches the reporter with stage and step
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { raiseAlarms } from '../../src/pipeline/rl/rl-stage.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { RL, TOY_PROBLEMS, toyPlan } from '../support/pipeline-toy-run.ts';

const HEALTHY = {
  'train/informative_fraction': 0.6,
  'reward/correct_fraction': 0.4,
  'rollout/truncated_fraction': 0.1,
  'mismatch/mean': 0.01,
};

test('1: none', () => {
  assert.deepEqual(raiseAlarms(HEALTHY), []);
  assert.deepEqual(raiseAlarms({}), []);
});

test('2: little signal', () => {
  const low = { ...HEALTHY, 'train/informative_fraction': 0.1, 'reward/correct_fraction': 0.05 };
  assert.match(raiseAlarms(low).join(), /only 10 % of the groups are informative at 5 % correct/);
  assert.deepEqual(raiseAlarms({ ...low, 'reward/correct_fraction': 0.95 }), [], 'nearly solved is no collapse');
});

test('3: truncation', () => {
  assert.match(raiseAlarms({ ...HEALTHY, 'rollout/truncated_fraction': 0.8 }).join(), /80 % of the rollouts/);
});

test('4: mismatch', () => {
  assert.match(raiseAlarms({ ...HEALTHY, 'mismatch/mean': 0.25 }).join(), /differ by 0\.250 on average/);
});

test('5: in a run', async (t) => {
  const problems = TOY_PROBLEMS.map((problem) => ({ ...problem, answer: '123456' }));
  const plan = toyPlan({
    stages: [{ ...RL, steps: 1, batchSize: 2, groupSize: 2 }],
    eval: { sets: [], temperature: 1, topP: 1 },
  });
  const run = openTempRun(t, { plan, problems });
  await runCurriculum(run.ctx);
  assert.ok(
    run.reporter.lines.some((line) => /^warn rl step 1: only 0 % of the groups/.test(line)),
    `${run.reporter.lines}`,
  );
});
