/**
 * The figures of a run, as a terminal, a page and a tracker take them:
 *  1. they are plain data: written as JSON and read back they are the same
 *  2. boundaries: before the first measured stage, after each one, the step reached of one that is not done; an
 *     evaluation stage stands for itself
 *  3. curves are those of their stage, without held-out figures, in the order of steps
 *  4. what is not measured is null or empty, never 0
 *  5. a run of a newer version can be looked at; only figures that need its settings are missing, and a sentence says so
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import type { StageKind, StageRecord } from '../../src/ports/run-store/runs.ts';
import { collectReportData } from '../../src/report/report-data.ts';
import { sampleRun } from '../support/run-store-samples.ts';

type Stage = readonly [id: string, kind: StageKind, status: StageRecord['status']];

const TRAINED: readonly Stage[] = [
  ['cold-start', 'cold-start', 'done'],
  ['sft', 'sft', 'done'],
  ['rl', 'rl', 'running'],
];

/** A run with these stages; `measured` are held-out accuracies of the set `hard` by stage and step. */
function collect(
  t: TestContext,
  stages: readonly Stage[],
  measured: readonly (readonly [stageIndex: number, step: number, accuracy: number])[],
  config: unknown = PRESETS.embedded,
) {
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  const run = sampleRun({ configJson: JSON.stringify(config) });
  store.createRun(
    run,
    stages.map(([id, kind, status], index) => ({ index, id, kind, status, stateJson: '{"steps":2}' })),
  );
  for (const step of [1, 2]) store.commitStep(run.id, 1, step, { 'train/loss': 2 / step });
  store.saveMetrics(
    run.id,
    measured.map(([stageIndex, step, value]) => ({ stageIndex, step, key: 'eval/hard/mean_accuracy', value })),
  );
  return collectReportData(store, run);
}

test('1+2+3: figures', async (t) => {
  const data = await collect(t, TRAINED, [
    [2, 0, 0.25],
    [2, 10, 0.5],
    [2, 20, 0.75],
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(data)), data);
  assert.deepEqual(data.boundaries.labels, ['after sft', 'rl step 20']);
  assert.deepEqual(data.boundaries.sets, [
    { set: 'hard', accuracy: [0.25, 0.75], validBlockFraction: [null, null], gain: null },
  ]);
  assert.deepEqual(data.stages[1]!.curves, {
    'train/loss': [
      { stageIndex: 1, step: 1, value: 2 },
      { stageIndex: 1, step: 2, value: 1 },
    ],
  });
  assert.deepEqual(
    [data.stages[2]!.curves, data.stages[2]!.status, data.stages[1]!.state],
    [{}, 'running', { steps: 2 }],
  );
  assert.deepEqual(
    data.heldOut[0]!.accuracy.map(({ value }) => value),
    [0.25, 0.5, 0.75],
  );
  assert.equal('configJson' in data.run, false);
  assert.deepEqual(data.run.config, JSON.parse(JSON.stringify(PRESETS.embedded)));
});

test('2: weights that a stage without figures left behind', async (t) => {
  const stages: readonly Stage[] = [
    ['base', 'eval', 'done'],
    ['sft', 'sft', 'done'],
    ['rl', 'rl', 'running'],
  ];
  const measured = [
    [0, 0, 0.1],
    [2, 0, 0.3],
  ] as const;
  const early = await collect(t, stages, measured);
  assert.deepEqual(early.boundaries.labels, ['base', 'after sft']);
  assert.deepEqual(early.boundaries.sets[0]!.accuracy, [0.1, 0.3]);
  const later = await collect(t, stages, [...measured, [2, 20, 0.5]]);
  assert.deepEqual(later.boundaries.labels, ['base', 'after sft', 'rl step 20']);
});

test('2: stages that are done, and evaluations', async (t) => {
  const stages: readonly Stage[] = [
    ['rl-easy', 'rl', 'done'],
    ['sft', 'sft', 'done'],
    ['final', 'eval', 'done'],
  ];
  const { boundaries } = await collect(t, stages, [
    [0, 0, 0.1],
    [0, 5, 0.2],
    [2, 0, 0.3],
  ]);
  assert.deepEqual(boundaries.labels, ['before', 'after rl-easy', 'final']);
  assert.deepEqual(boundaries.sets[0]!.accuracy, [0.1, 0.2, 0.3]);
});

test('4: nothing measured', async (t) => {
  const data = await collect(t, TRAINED, []);
  assert.deepEqual([data.boundaries, data.heldOut, data.rollouts], [{ labels: [], sets: [] }, [], []]);
  assert.deepEqual([data.stages[0]!.yield?.attempts, data.stages[1]!.yield], [0, null]);
});

test('5: a newer version', async (t) => {
  const newer = { ...PRESETS.embedded, replica: 1 };
  const { evaluationGaps, stages } = await collect(t, [...TRAINED, ['final', 'eval', 'done']], [], newer);
  assert.equal(stages.length, 4);
  assert.equal(evaluationGaps.length, 1);
  assert.match(evaluationGaps[0]!, /^evaluations have no figures: run \S+ has settings that .*\(replica\)/);
  assert.deepEqual((await collect(t, TRAINED, [], newer)).evaluationGaps, []);
});
