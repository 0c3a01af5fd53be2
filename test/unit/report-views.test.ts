/**
 * What the report says of single rollouts, problems, cold starts and two runs:
 *  1. a rollout is explained: the longest path is on the chain, the advantage is that of its group, the trainer gets what the
 *     layout makes of it, and nothing of an evaluation
 *  2. a violation is quoted with the tag that it is about; an excerpt never cuts a surrogate pair
 *  3. a problem that was never right, one that got worse, one that changed and one that is right are told apart
 *  4. the funnel loses every rejected answer once, at the level of its code, and its tokens are shared by accepted ones
 *  5. two runs: settings that differ by path, won and lost problems, those of one run alone left out
 *  6. the thought is a held-out problem that was wrong at first and right, in a block, at last; without one there is none
 *  7. a thinned curve keeps its ends and its mean, and says null for what is not finite
 *  8. a file holds at most its budget of samples, and cut texts say so
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { reproduceStore } from '../../src/app/reproduce-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { chooseThought } from '../../src/report/choose-thought.ts';
import { collectFunnel } from '../../src/report/cold-start-funnel.ts';
import { compareRuns } from '../../src/report/compare-runs.ts';
import { describeRollout } from '../../src/report/describe-rollout.ts';
import { quoteAt } from '../../src/report/excerpt.ts';
import { collectFileReport } from '../../src/report/file-report.ts';
import { thinCurve } from '../../src/report/page-data.ts';
import { collectProblemGrid } from '../../src/report/problem-grid.ts';
import * as sample from '../support/run-store-samples.ts';

const CONFIG = runConfigSchema.parse(PRESETS.embedded);
const RL = CONFIG.stages.findIndex(({ kind }) => kind === 'rl');

function open(t: TestContext, id = 'run-1', config: unknown = CONFIG, store = openThrowawayStore()) {
  if (id === 'run-1') t.after(() => store[Symbol.dispose]());
  store.createRun(
    sample.sampleRun({ id, configJson: JSON.stringify(config) }),
    CONFIG.stages.map(({ id: stage, kind }, index) => sample.sampleStage({ index, id: stage, kind })),
  );
  return store;
}

/** A rollout of the first RL stage that is right or wrong. */
function rollout(isRight: boolean, over: Partial<RolloutRecord>): RolloutRecord {
  const { verdict, reward } = sample.sampleRollout();
  return sample.sampleRollout({
    stageIndex: RL,
    verdict: { ...verdict!, verdict: isRight ? 'correct' : 'incorrect' },
    reward: { ...reward!, value: isRight ? 1 : -1, correct: isRight },
    ...over,
  });
}

test('1: one rollout', (t) => {
  const store = open(t);
  store.saveRollouts('run-1', [
    rollout(true, { sample: 0 }),
    rollout(false, { sample: 1 }),
    rollout(true, { purpose: 'eval' }),
  ]);
  const ids = store.listRollouts('run-1', {}, { after: null, size: 9 }).map(({ id }) => id);
  const [evaluated, right, wrong] = ids.map((id) => describeRollout(store, id, (token) => `<${token}>`)!);
  assert.deepEqual(
    right!.segments.map(({ role, isCritical }) => [role, isCritical]),
    [
      ['main', true],
      ['path', true],
      ['path', false],
      ['summary', true],
      ['main', true],
    ],
  );
  assert.equal(right!.segments[1]!.pieces[0]!.tokens![0], '<90001>');
  assert.ok(right!.trainer.advantage! > 0 && Math.abs(right!.trainer.advantage! + wrong!.trainer.advantage!) < 1e-9);
  assert.deepEqual(
    right!.group.map(({ advantage }) => advantage),
    [right!.trainer.advantage, wrong!.trainer.advantage],
  );
  // Layout exact: the trunk with its leading path, and the second path.
  assert.deepEqual(
    right!.trainer.datums.map(({ lossTokens }) => lossTokens),
    [12, 3],
  );
  assert.equal(evaluated!.trainer.advantage, null);
  assert.deepEqual(evaluated!.trainer.datums, []);
  assert.match(evaluated!.trainer.reason!, /an evaluation does not train/);
  assert.equal(describeRollout(store, 999, null), null);
});

test('2: excerpts', () => {
  const quoted = quoteAt('a<Parallel><Path>b', 11);
  assert.deepEqual([quoted.before, quoted.marked, quoted.after], ['a<Parallel>', '<Path>', 'b']);
  for (let at = 0; at <= 300; at += 1) {
    const { before, marked, after } = quoteAt('x'.repeat(at % 7) + '😀'.repeat(140), at);
    assert.ok(before.length <= 60 && after.length <= 61 && marked.length <= 2);
    assert.doesNotMatch(before.slice(0, 1), /[\udc00-\udfff]/);
  }
  assert.equal(quoteAt('abc', 99).marked, '');
});

/** Evaluations after steps 0, 10 and 20; each problem is right where its row says 1. */
const TIMES: Readonly<Record<string, readonly [number, number, number]>> = {
  never: [0, 0, 0],
  worse: [0, 1, 0],
  changed: [0, 0, 1],
  right: [1, 1, 1],
};

function evaluate(t: TestContext, times = TIMES) {
  const store = open(t);
  const rows = Object.entries(times).flatMap(([id, right], group) =>
    right.map((isRight, i) =>
      rollout(isRight === 1, {
        purpose: 'eval',
        step: 10 * i,
        group,
        set: 'hard',
        problem: sample.sampleProblem({ id }),
      }),
    ),
  );
  store.saveRollouts('run-1', rows);
  return store;
}

test('3: problems', (t) => {
  const grid = collectProblemGrid(evaluate(t), 'run-1', 'eval')!;
  assert.deepEqual(
    grid.rows.map(({ problem, kind }) => [problem.id, kind]),
    [
      ['never', 'still-wrong'],
      ['worse', 'regressed'],
      ['changed', 'variable'],
      ['right', 'solved'],
    ],
  );
  assert.deepEqual(grid.rows[1]!.right, [0, 1, 0]);
  assert.deepEqual(
    grid.columns.map(({ toStep }) => toStep),
    [0, 10, 20],
  );
  assert.deepEqual(grid.kinds, { 'still-wrong': 1, regressed: 1, variable: 1, solved: 1 });
  assert.equal(collectProblemGrid(evaluate(t), 'run-1', 'train'), null);
});

test('4: the funnel', (t) => {
  const store = open(t);
  const codes = [null, null, 'wrong_answer', 'nested_path', 'no_final_answer', 'truncated', 'too_long'] as const;
  store.saveAttempts(
    'run-1',
    0,
    codes.map((code, i) =>
      sample.sampleAttempt({
        sample: i,
        code,
        status: code === null ? 'accepted' : 'rejected',
        promptTokens: 10,
        completionTokens: 4,
      }),
    ),
  );
  const funnel = collectFunnel(store, 'run-1', { index: 0, id: 'cold-start' }, CONFIG)!;
  assert.deepEqual(
    funnel.levels.map(({ name, attempts, lost }) => [name, attempts, lost.map(({ code }) => code)]),
    [
      ['asked', 7, []],
      ['ended', 6, ['truncated']],
      ['well-formed', 4, ['nested_path', 'no_final_answer']],
      ['right', 3, ['wrong_answer']],
      ['accepted', 2, ['too_long']],
    ],
  );
  assert.equal(funnel.tokensPerRow, 49);
  assert.equal(funnel.usdPerRow, null);
});

test('5: two runs', (t) => {
  const store = evaluate(t);
  open(t, 'run-2', { ...CONFIG, run: { ...CONFIG.run, seed: 8 } }, store);
  const answers = { never: true, worse: true, right: false, changed: true, alone: true };
  store.saveRollouts(
    'run-2',
    Object.entries(answers).map(([id, isRight], group) =>
      rollout(isRight, { purpose: 'eval', step: 5, group, set: 'hard', problem: sample.sampleProblem({ id }) }),
    ),
  );
  const { sets, settings } = compareRuns(store, store.getRun('run-1')!, store.getRun('run-2')!);
  assert.deepEqual(settings, [{ path: 'run.seed', first: '7', second: '8' }]);
  const [hard] = sets;
  assert.deepEqual([hard!.won, hard!.lost, hard!.same, hard!.onlyFirst, hard!.onlySecond], [2, 1, 1, 0, 1]);
  assert.equal(hard!.difference.mean, 0.25);
  assert.ok(hard!.difference.low < 0 && hard!.difference.high > 0.25);
  assert.deepEqual(hard!.examples.map(({ problem }) => problem.id).sort(), ['never', 'right', 'worse']);
});

test('6: the thought', (t) => {
  const store = evaluate(t);
  const thought = chooseThought(store, 'run-1')!;
  assert.equal(thought.problem.id, 'changed');
  assert.deepEqual([thought.before.step, thought.after.step], [0, 20]);
  assert.equal(store.findRollout(thought.before.rollout)!.listed.verdict!.verdict, 'incorrect');
  assert.equal(store.findRollout(thought.after.rollout)!.listed.verdict!.verdict, 'correct');
  assert.equal(chooseThought(evaluate(t, { never: [0, 0, 0], right: [1, 1, 1] }), 'run-1'), null);
});

test('7: curves', () => {
  const points = Array.from({ length: 1_000 }, (_, i) => ({ stageIndex: 2, step: i + 1, value: i % 2 }));
  const { steps, values } = thinCurve(points);
  assert.ok(steps.length <= 240 && steps.length >= 120);
  assert.equal(steps.at(-1), 1_000);
  assert.deepEqual(new Set(values.slice(0, -1)).size <= 2, true);
  assert.deepEqual(thinCurve([{ stageIndex: 0, step: 3, value: Number.NaN }]), { steps: [3], values: [null] });
  assert.deepEqual(thinCurve([]), { steps: [], values: [] });
});

test('8: the budget of a file', async (t) => {
  const store = open(t);
  const long = { ...sample.samplePiece(3), text: 'long '.repeat(20_000) };
  const trajectory = sample.sampleTrajectory(3);
  const segments = trajectory.segments.map((segment) => ({ ...segment, pieces: [long] }));
  store.saveRollouts(
    'run-1',
    Array.from({ length: 400 }, (_, i) =>
      rollout(i % 2 === 0, { step: 1 + (i >> 3), sample: i & 7, trajectory: { ...trajectory, segments } }),
    ),
  );
  const run = store.getRun('run-1')!;
  const report = await collectFileReport(store, run, {
    madeAtMs: 0,
    textOfToken: null,
    countProblems: async () => null,
    reproduction: reproduceStore(store),
  });
  assert.ok(report.samples.length > 5 && report.samples.length <= 300);
  assert.ok(JSON.stringify(report).length < 1_900_000, `${JSON.stringify(report).length} characters`);
  assert.equal(report.totals.rollouts, 400);
  assert.match(report.samples[0]!.segments[0]!.pieces[0]!.text, /\[…94,000 more characters are not in this file\]$/);
});
