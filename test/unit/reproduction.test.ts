/**
 * The paper's tables beside the runs of a store:
 *  1. a run of a preset that is done fills the rows of that preset by itself, with interval and n; others stay empty
 *  2. arms fill a row where no run of the preset is there: first evaluation for "after SFT", last for the end; two seeds give
 *     an interval over seeds
 *  3. a curve is followed over all stages by share of training, at the nearest step
 *  4. arms that carry a preset because they change it do not stand for the preset itself; a run of it does, in its curve too
 *  5. the averages of the published rows are those of their sets, within rounding
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import { PAPER_SETS, PAPER_TABLES } from '../../src/experiments/paper-tables.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { collectReproduction } from '../../src/report/reproduction.ts';
import { saveArm } from '../support/experiment-arms.ts';
import * as sample from '../support/run-store-samples.ts';

function open(t: TestContext): RunStore {
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  return store;
}

/** A run with one evaluation per step, in which the first `right[step]` of four problems are right. */
function saveRun(
  store: RunStore,
  id: string,
  preset: 'seen' | 'embedded',
  set: string,
  right: readonly number[],
): void {
  store.createRun(sample.sampleRun({ id, preset, status: 'done', configJson: JSON.stringify(PRESETS[preset]) }), [
    sample.sampleStage({ index: 0, id: 'rl', kind: 'rl' }),
  ]);
  const { verdict } = sample.sampleRollout();
  store.saveRollouts(
    id,
    right.flatMap((count, step) =>
      Array.from({ length: 4 }, (_, group) =>
        sample.sampleRollout({
          stageIndex: 0,
          step,
          group,
          purpose: 'eval',
          set,
          problem: sample.sampleProblem({ id: `${set}/${group}` }),
          verdict: { ...verdict!, verdict: group < count ? 'correct' : 'incorrect' },
        }),
      ),
    ),
  );
}

const rowOf = (reproduction: ReturnType<typeof collectReproduction>, label: string) =>
  reproduction.tables[0]!.rows.find(({ paper }) => paper.label === label)!.ours;

test('1: runs of presets', (t) => {
  const store = open(t);
  saveRun(store, 'run-1', 'seen', 'aime25', [0, 1, 3]);
  const reproduction = collectReproduction(store, []);
  const ours = rowOf(reproduction, 'Parallel-R1-Seen')!;
  assert.deepEqual(ours.runIds, ['run-1']);
  const [aime] = ours.sets;
  assert.deepEqual(
    [aime!.set, aime!.accuracy.mean, aime!.over, aime!.problems, aime!.seeds],
    ['aime25', 0.75, 'problems', 4, 1],
  );
  // Clopper and Pearson for 3 of 4.
  assert.ok(Math.abs(aime!.accuracy.low - 0.19412) < 1e-4 && Math.abs(aime!.accuracy.high - 0.99369) < 1e-4);
  assert.match(ours.differs.join(), /335 steps of RL, 5120 and 4096 rollouts each/);
  assert.equal(rowOf(reproduction, 'Parallel-SFT-Seen')!.sets[0]!.accuracy.mean, 0);
  assert.equal(rowOf(reproduction, 'GRPO (DAPO)'), null);
});

test('2: arms of experiments', (t) => {
  const store = open(t);
  saveRun(store, 'a', 'embedded', 'hard', [1, 3]);
  saveRun(store, 'b', 'embedded', 'hard', [2, 4]);
  const arms = ['a', 'b'].map((id, k) => ({ arm: 'recipe' as const, seed: k + 1, run: { id } }));
  const reproduction = collectReproduction(store, arms);
  const end = rowOf(reproduction, 'Parallel-R1-Seen')!.sets[0]!;
  assert.deepEqual([end.accuracy.mean, end.over, end.seeds, end.accuracy.method], [0.875, 'seeds', 2, 't']);
  // .875 ± t(1, .975) · .125, cut off at the ends.
  assert.deepEqual([end.accuracy.low, end.accuracy.high], [0, 1]);
  assert.equal(rowOf(reproduction, 'Parallel-SFT-Seen')!.sets[0]!.accuracy.mean, 0.375);
});

test('3: curves', (t) => {
  const store = open(t);
  saveRun(store, 'a', 'embedded', 'hard', [1]);
  store.saveMetrics(
    'a',
    [
      [0, 1, 0.1],
      [0, 2, 0.2],
      [1, 1, 0.3],
      [1, 2, 0.4],
    ].map(([stageIndex, step, value]) => ({
      stageIndex: stageIndex!,
      step: step!,
      key: 'block/position_macro',
      value: value!,
    })),
  );
  const { curves } = collectReproduction(store, [{ arm: 'recipe', seed: 1, run: { id: 'a' } }]);
  const position = curves.find(({ curve }) => curve.id === 'position')!;
  // Steps 0 to 240 of the paper; ours are at 1/4, 2/4, 3/4 and 4/4 of the training.
  assert.deepEqual(
    position.points.map(({ ours }) => ours),
    [0.1, 0.1, 0.1, 0.2, 0.2, 0.3, 0.4],
  );
  assert.ok(curves.find(({ curve }) => curve.id === 'scaffold-ratio')!.points.every(({ ours }) => ours === null));
});

test('4: presets and arms that change them', (t) => {
  const store = open(t);
  const base = runConfigSchema.parse(PRESETS.seen);
  const shared = { base, preset: 'seen', seed: 1, set: 'aime25', createdAtMs: 1 };
  saveArm(store, { ...shared, id: 'recipe', arm: 'recipe', right: 3 });
  saveArm(store, { ...shared, id: 'tiered', arm: 'reward-tiered', right: 1 });
  const arms = [
    { arm: 'recipe' as const, seed: 1, run: { id: 'recipe' } },
    { arm: 'reward-tiered' as const, seed: 1, run: { id: 'tiered' } },
  ];
  const before = rowOf(collectReproduction(store, arms), 'Parallel-R1-Seen')!;
  assert.deepEqual([before.ranAs, before.runIds, before.sets[0]!.accuracy.mean], ['arm recipe', ['recipe'], 0.75]);
  saveRun(store, 'whole', 'seen', 'aime25', [4]);
  store.saveMetrics('whole', [{ stageIndex: 0, step: 1, key: 'block/position_macro', value: 0.5 }]);
  const after = collectReproduction(store, arms);
  const row = rowOf(after, 'Parallel-R1-Seen')!;
  assert.deepEqual([row.ranAs, row.runIds, row.sets[0]!.accuracy.mean], ['preset seen', ['whole'], 1]);
  const { points } = after.curves.find(({ curve }) => curve.id === 'position')!;
  assert.ok(points.every(({ ours }) => ours === 0.5));
});

test('5: published averages', () => {
  for (const { rows } of PAPER_TABLES) {
    for (const { label, accuracies, average } of rows) {
      const mean = PAPER_SETS.reduce((sum, set) => sum + accuracies[set], 0) / PAPER_SETS.length;
      assert.ok(Math.abs(mean - average) <= 0.1 + 1e-9, `${label}: ${mean} and ${average}`);
    }
  }
});
