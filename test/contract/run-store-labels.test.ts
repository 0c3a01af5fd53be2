/**
 * Labels of problems in the run store:
 *  1. a subject, and a level that is a number, do not make another problem: they are written into the row that is there, and a
 *     run that does not know them takes nothing away; a level in words is part of what a problem is
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import * as sample from '../support/run-store-samples.ts';

const RUN = 'run-1';

test('1: labels', () => {
  using store = openThrowawayStore();
  store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  const labelled = { level: '3', subject: 'Algebra' };
  store.saveRollouts(RUN, [sample.sampleRollout({ step: 1 })]);
  store.saveRollouts(RUN, [sample.sampleRollout({ step: 2, problem: sample.sampleProblem(labelled) })]);
  store.saveRollouts(RUN, [sample.sampleRollout({ step: 3, problem: sample.sampleProblem() })]);
  const listed = store.listRollouts(RUN, {}, { after: null, size: 10 });
  assert.equal(new Set(listed.map(({ problem }) => problem.key)).size, 1);
  for (const { problem } of listed) assert.deepEqual([problem.level, problem.subject], ['3', 'Algebra']);
  const other = sample.sampleRollout({ step: 4, problem: sample.sampleProblem({ level: 'hard' }) });
  store.saveRollouts(RUN, [other]);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 4)[0]!.problem, other.problem);
});
