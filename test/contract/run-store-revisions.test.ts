/**
 * Verdicts that are judged anew:
 *  1. a revised rollout comes back with the new verdict and reward, all else as it was
 *  2. a revised attempt comes back with the new verdict, status, code and target
 *  3. what was replaced is kept, revision by revision
 *  4. one revision that names no row undoes all of its call
 *  5. the steps that hold rollouts are listed in order
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { Verdict } from '../../src/core/verify/verdict.ts';
import { StoreError } from '../../src/errors.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';
const folder = makeTempFolder('revisions');

const NEW: Verdict = { verdict: 'incorrect', rule: 'confirm', reason: null, extracted: '5\ud800', verifier: 'math/9' };

function openStore(t: TestContext, file = join(folder, `${randomUUID()}.db`)) {
  const store = openRunStore(file, { clock: { now: () => 5_000 } });
  t.after(() => store[Symbol.dispose]());
  return { file, store };
}

function openSampleStore(t: TestContext) {
  const opened = openStore(t);
  opened.store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  return opened;
}

function toKey({ stageIndex, purpose, step, group, sample: number }: RolloutRecord) {
  return { stageIndex, purpose, step, group, sample: number };
}

test('1: a rollout', (t) => {
  const { store } = openSampleStore(t);
  const [first, second] = [sample.sampleRollout(), sample.sampleRollout({ sample: 1 })];
  store.saveRollouts(RUN, [first, second]);
  const reward = { ...first.reward!, value: -1, correct: false };
  store.reviseVerdicts(RUN, { rollouts: [{ ...toKey(first), verdict: NEW, reward }], attempts: [] });
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), [{ ...first, verdict: NEW, reward }, second]);
});

test('2: an attempt', (t) => {
  const { store } = openSampleStore(t);
  const attempt = sample.sampleAttempt();
  store.saveAttempts(RUN, 0, [attempt]);
  const next = { status: 'rejected', code: 'wrong_answer', target: null } as const;
  const revision = { stageIndex: 0, problem: attempt.problem, sample: 0, verdict: NEW, ...next };
  store.reviseVerdicts(RUN, { rollouts: [], attempts: [revision] });
  assert.deepEqual([...store.listAttempts(RUN, 0)], [{ ...attempt, ...next, verdict: NEW, extracted: NEW.extracted }]);
});

test('3: what was replaced', (t) => {
  const { file, store } = openSampleStore(t);
  const rollout = sample.sampleRollout();
  const attempt = sample.sampleAttempt();
  store.saveRollouts(RUN, [rollout]);
  store.saveAttempts(RUN, 0, [attempt]);
  const newer = { ...NEW, verifier: 'math/10' };
  for (const verdict of [NEW, newer]) {
    const { status, code, target, problem } = attempt;
    store.reviseVerdicts(RUN, {
      rollouts: [{ ...toKey(rollout), verdict, reward: { ...rollout.reward!, value: -1 } }],
      attempts: [{ stageIndex: 0, problem, sample: 0, status, code, target, verdict }],
    });
  }
  const db = new Database(file, { readonly: true });
  const rows = db.prepare('SELECT * FROM replaced_verdicts ORDER BY id').all() as Record<string, unknown>[];
  db.close();
  assert.deepEqual(
    rows.map(({ rollout_id, verdict, verifier, reward, status }) => [
      rollout_id !== null,
      verdict,
      verifier,
      reward,
      status,
    ]),
    [
      [true, 'correct', 'math/1', 1.2, null],
      [false, 'correct', 'math/1', null, 'accepted'],
      [true, 'incorrect', 'math/9', -1, null],
      [false, 'incorrect', 'math/9', null, 'accepted'],
    ],
  );
  assert.equal(rows[0]!.replaced_at_ms, 5_000);
});

test('4: all or nothing', (t) => {
  const { store } = openSampleStore(t);
  const rollout = sample.sampleRollout();
  store.saveRollouts(RUN, [rollout]);
  const revise = (group: number) => ({ ...toKey(rollout), group, verdict: NEW, reward: null });
  assert.throws(
    () => store.reviseVerdicts(RUN, { rollouts: [revise(0), revise(7)], attempts: [] }),
    (error) => error instanceof StoreError && /no train rollout of step 1 whose verdict/.test(error.message),
  );
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), [rollout]);
});

test('5: steps', (t) => {
  const { store } = openSampleStore(t);
  store.saveRollouts(RUN, [
    sample.sampleRollout({ step: 2 }),
    sample.sampleRollout({ step: 1 }),
    sample.sampleRollout({ step: 1, sample: 1 }),
    sample.sampleRollout({ purpose: 'eval', step: 0 }),
  ]);
  assert.deepEqual(store.listRolloutSteps(RUN), [
    { stageIndex: 0, purpose: 'eval', step: 0 },
    { stageIndex: 0, purpose: 'train', step: 1 },
    { stageIndex: 0, purpose: 'train', step: 2 },
  ]);
  assert.deepEqual(store.listRolloutSteps('nobody'), []);
});
