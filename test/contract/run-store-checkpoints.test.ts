/**
 * Checkpoints in the run store, from the intention to the deletion:
 *  1. what is intended is on a list of its own until it is saved or marked deleted, and then on none or on that of live ones
 *  2. an intention changes nothing about a live one, and makes a deleted one intended again
 *  3. the count of a kind holds everything that was ever intended or saved, deleted ones too
 *  4. all of it is there after the file was closed and opened again
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { CheckpointRecord } from '../../src/ports/run-store/training.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';

const make = (kind: CheckpointRecord['kind'], step: number): CheckpointRecord => ({
  stageIndex: 0,
  step,
  kind,
  name: `${kind}_${step}`,
  path: `tinker://x/${kind}/${step}`,
});
const [one, two, three] = [make('state', 1), make('state', 2), make('state', 3)];
const weights = make('sampler', 1);

test('1-4: intended, saved, deleted', (t) => {
  const file = join(makeTempFolder('run-store-checkpoints', t), 'runs.db');
  {
    using store = openRunStore(file);
    store.createRun(sample.sampleRun(), [sample.sampleStage()]);
    for (const checkpoint of [one, weights, two]) store.intendCheckpoint(RUN, checkpoint);
    assert.deepEqual(store.listCheckpoints(RUN), []);
    assert.deepEqual(store.listIntendedCheckpoints(RUN), [one, weights, two]);
    assert.deepEqual(store.listIntendedCheckpoints('run-2'), []);

    store.saveCheckpoint(RUN, one);
    store.markCheckpointDeleted(RUN, weights.path);
    assert.deepEqual(store.listCheckpoints(RUN), [one]);
    assert.deepEqual(store.listIntendedCheckpoints(RUN), [two]);

    store.intendCheckpoint(RUN, one);
    store.intendCheckpoint(RUN, weights);
    assert.deepEqual(store.listCheckpoints(RUN), [one]);
    assert.deepEqual(store.listIntendedCheckpoints(RUN), [weights, two]);

    store.saveCheckpoint(RUN, three);
    store.markCheckpointDeleted(RUN, three.path);
  }
  using again = openRunStore(file);
  assert.deepEqual(again.listCheckpoints(RUN), [one]);
  assert.deepEqual(again.listIntendedCheckpoints(RUN), [weights, two]);
  assert.deepEqual([again.countCheckpoints(RUN, 'state'), again.countCheckpoints(RUN, 'sampler')], [3, 1]);
});
