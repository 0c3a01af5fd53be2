/**
 * The paper's tables beside a store, where nobody names the recipe:
 *  1. the arms of an experiment are found with a preset or a configuration of one's own, over all their seeds, as `reproduce` finds them
 *  2. of two recipes the newest is shown, what it changes in its preset is named, and the runs of the other are counted
 *  3. arms that change a recipe which the store does not show stand in their own rows and in no other
 *  4. a run of a preset that is called like an arm is no experiment; a store without any says so
 *  5. a run that this version cannot read, and an arm whose preparation is gone, are left out
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { listFinishedArms } from '../../src/app/experiment-runs.ts';
import { reproduceStore } from '../../src/app/reproduce-store.ts';
import { changeRunConfig } from '../../src/config/load.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { type RunConfig, runConfigSchema } from '../../src/config/schema.ts';
import { ARMS, type ArmId } from '../../src/experiments/arms.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { collectReproduction, type StoreReproduction } from '../../src/report/reproduction.ts';
import { type SavedArm, saveArm } from '../support/experiment-arms.ts';
import * as sample from '../support/run-store-samples.ts';

const EMBEDDED = runConfigSchema.parse(PRESETS.embedded);

function change(path: string, value: unknown): RunConfig {
  return changeRunConfig(EMBEDDED, [{ flag: path, path, value }]);
}

function open(t: TestContext) {
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  let clock = 0;
  const save = (arm: ArmId, over: Partial<SavedArm> = {}) => {
    clock += 1;
    const shared = { base: EMBEDDED, preset: 'embedded', seed: 1, right: 2 };
    saveArm(store, { id: `run-${clock}`, arm, createdAtMs: clock, ...shared, ...over });
  };
  return { store, save };
}

/** Labels of the rows that are filled, each with the ids of its runs. */
function listFilled({ tables }: StoreReproduction): string[] {
  return tables.flatMap(({ table, rows }) =>
    rows.flatMap(({ paper, ours }) =>
      ours === null ? [] : [`${table.id}/${paper.label}: ${[...ours.runIds].sort().join(' ')}`],
    ),
  );
}

/** What `reproduce` shows for that recipe. */
function collectFor(store: RunStore, base: RunConfig, seeds: readonly number[]) {
  const arms = Object.keys(ARMS) as ArmId[];
  return collectReproduction(store, listFinishedArms(store, { base, arms, seeds }).finished);
}

test('1: the recipe of an experiment', (t) => {
  const own = change('rollout.maxPathTokens', 39);
  for (const [base, preset] of [
    [EMBEDDED, 'embedded'],
    [own, null],
  ] as const) {
    const { store, save } = open(t);
    for (const seed of [11, 3])
      for (const arm of ['sequential', 'recipe', 'no-easy'] as const) save(arm, { base, preset, seed });
    const { experiment, ...shown } = reproduceStore(store);
    assert.deepEqual(experiment, { preset, changes: [], arms: 5, seeds: [3, 11], others: 0 });
    assert.deepEqual(shown, collectFor(store, base, [3, 11]));
    const filled = listFilled({ experiment, ...shown });
    assert.ok(filled.includes('main/Parallel-R1-Seen: run-2 run-5'), filled.join('; '));
    assert.ok(filled.includes('main/GRPO (DAPO): run-1 run-4'), filled.join('; '));
    assert.ok(filled.includes('stages/Seen without RL on GSM8K: run-3 run-6'), filled.join('; '));
  }
});

test('1: a preset without the arm that changes nothing', (t) => {
  const { store, save } = open(t);
  // What the preset pays for is known, so that this arm is the recipe too.
  save('reward-accuracy');
  save('reward-tiered');
  const { experiment, ...shown } = reproduceStore(store);
  assert.deepEqual(shown, collectFor(store, EMBEDDED, [1]));
  assert.ok(listFilled({ experiment, ...shown }).includes('main/Parallel-R1-Seen: run-1'));
});

test('2: two recipes', (t) => {
  const { store, save } = open(t);
  save('sequential');
  save('recipe');
  const base = change('rollout.maxPathTokens', 39);
  save('recipe', { base });
  const { experiment, ...shown } = reproduceStore(store);
  assert.deepEqual(experiment, {
    ...{ preset: 'embedded', changes: ['rollout.maxPathTokens'], seeds: [1], others: 2 },
    // The prompt is the bare problem and the reward is for right answers, as in the preset.
    arms: 3,
  });
  assert.deepEqual(shown, collectFor(store, base, [1]));
  save('no-easy');
  assert.deepEqual(reproduceStore(store).experiment!.others, 1);
});

test('3: arms alone', (t) => {
  const { store, save } = open(t);
  const base = change('rollout.maxPathTokens', 39);
  for (const arm of ['reward-accuracy', 'reward-tiered', 'reward-alternating'] as const)
    save(arm, { base, preset: null });
  const reproduction = reproduceStore(store);
  assert.deepEqual(listFilled(reproduction), [
    'main/Parallel-R1-Unseen (S2): run-3',
    'reward/accuracy: run-1',
    'reward/parallel only: run-2',
    'reward/alternating: run-3',
  ]);
  assert.deepEqual(reproduction.experiment, { preset: null, changes: [], arms: 3, seeds: [1], others: 0 });
  const [full] = reproduction.tables.find(({ table }) => table.id === 'stages')!.rows;
  assert.deepEqual([full!.ours, full!.filledBy], [null, 'parallel']);
});

test('4: no experiment', (t) => {
  const { store } = open(t);
  assert.equal(reproduceStore(store).experiment, null);
  const { stages } = PRESETS.sequential;
  store.createRun(
    sample.sampleRun({
      ...{ id: 'whole', name: 'sequential', preset: 'sequential', status: 'done' },
      configJson: JSON.stringify(PRESETS.sequential),
    }),
    stages.map(({ id, kind }, index) => sample.sampleStage({ index, id, kind, status: 'done' })),
  );
  store.saveRollouts('whole', [sample.sampleRollout({ stageIndex: 0, step: 1, purpose: 'eval', set: 'aime25' })]);
  const reproduction = reproduceStore(store);
  assert.equal(reproduction.experiment, null);
  assert.deepEqual(listFilled(reproduction), ['main/GRPO (DAPO): whole']);
});

test('5: runs that are left out', (t) => {
  const { store, save } = open(t);
  save('recipe');
  const settings = { ...EMBEDDED, unknown: 1 };
  store.createRun(
    sample.sampleRun({
      id: 'newer',
      name: 'recipe',
      status: 'done',
      createdAtMs: 90,
      configJson: JSON.stringify(settings),
    }),
    [sample.sampleStage({ index: 0, id: 'rl', kind: 'rl' })],
  );
  const alone = { ...EMBEDDED, stages: EMBEDDED.stages.filter(({ kind }) => kind === 'rl') };
  store.createRun(
    sample.sampleRun({
      id: 'orphan',
      name: 'recipe',
      status: 'done',
      createdAtMs: 91,
      configJson: JSON.stringify(alone),
    }),
    [sample.sampleStage({ index: 0, id: 'rl', kind: 'rl' })],
  );
  store.saveCheckpoint('orphan', { stageIndex: -1, step: 1, kind: 'state', name: 'last', path: 'gone' });
  const { experiment } = reproduceStore(store);
  assert.deepEqual(experiment, { preset: 'embedded', changes: [], arms: 3, seeds: [1], others: 0 });
});
