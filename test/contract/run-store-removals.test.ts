/**
 * What the run store removes for good:
 *  1. log-probs of a step go, and nothing else of its rollouts; the count before says how many bytes, the count after none
 *  2. a damaged segment is left as it is, and the others of its step are done
 *  3. a run goes with all that is its own, another run keeps every row, and problems and prompts stay that it shares
 *  4. kept answers of one run go, those of another stay
 *  5. compacting gives the unused space back and changes no row, also while somebody reads
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';

function open(t: TestContext) {
  const file = join(makeTempFolder('removals', t), 'runs.db');
  const store = openRunStore(file);
  t.after(() => store[Symbol.dispose]());
  for (const id of [RUN, 'other']) store.createRun(sample.sampleRun({ id }), [sample.sampleStage()]);
  return { file, store };
}

const STEP = { stageIndex: 0, purpose: 'train', step: 1 } as const;

test('1: log-probs', (t) => {
  const { store } = open(t);
  const rollouts = [1, 2].flatMap((step) => [0, 1].map((one) => sample.sampleRollout({ step, sample: one })));
  store.saveRollouts(RUN, rollouts);
  store.saveRollouts('other', rollouts.slice(0, 1));
  // Five segments of three policy tokens, a float32 each.
  assert.deepEqual(store.measureLogprobs(RUN, 0), { rows: 4, bytes: 4 * 15 * 4 });
  assert.equal(store.dropLogprobs(RUN, STEP), 2 * 15 * 4);
  assert.equal(store.dropLogprobs(RUN, STEP), 0);
  assert.deepEqual(store.measureLogprobs(RUN, 0), { rows: 2, bytes: 2 * 15 * 4 });
  const without = rollouts.slice(0, 2).map((one) => ({
    ...one,
    trajectory: {
      ...one.trajectory!,
      segments: one.trajectory!.segments.map((segment) => ({
        ...segment,
        pieces: segment.pieces.map((piece) => ({ ...piece, logprobs: null })),
      })),
    },
  }));
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), without);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 2), rollouts.slice(2));
  assert.deepEqual(store.loadRollouts('other', 0, 'train', 1), rollouts.slice(0, 1));
  assert.deepEqual(store.measureLogprobs(RUN, 7), { rows: 0, bytes: 0 });
});

test('2: damage', (t) => {
  const { file, store } = open(t);
  store.saveRollouts(RUN, [sample.sampleRollout(), sample.sampleRollout({ sample: 1 })]);
  const db = new Database(file);
  t.after(() => db.close());
  const damaged = Buffer.from([1, 0, 200, 1, 7]);
  db.prepare('UPDATE segments SET pieces = ? WHERE id = 1').run(damaged);
  store.dropLogprobs(RUN, STEP);
  assert.deepEqual(store.measureLogprobs(RUN, 0), { rows: 0, bytes: 0 });
  assert.deepEqual(db.prepare('SELECT pieces FROM segments WHERE id = 1').pluck().get(), damaged);
  assert.equal(store.findRollout(2)?.trajectory?.segments[0]?.pieces[0]?.logprobs, null);
});

test('3: a run', (t) => {
  const { file, store } = open(t);
  const [own, shared] = ['own', 'shared'].map((id) => sample.sampleProblem({ id }));
  const fill = (runId: string, problems: readonly (typeof own)[]) => {
    store.saveRollouts(
      runId,
      problems.map((problem, group) => sample.sampleRollout({ group, problem: problem! })),
    );
    store.saveAttempts(
      runId,
      0,
      problems.map((problem) => sample.sampleAttempt({ problem: problem! })),
    );
    store.commitStep(runId, 0, 1, { 'reward/mean': 1 });
    store.savePrompt(runId, 'student', { hash: runId, name: 'p', text: `of ${runId}` });
    store.saveCheckpoint(runId, { stageIndex: 0, step: 1, kind: 'state', name: 's', path: `tinker://${runId}` });
  };
  fill(RUN, [own, shared]);
  fill('other', [shared]);
  assert.ok(store.measureRun(RUN).bytes > store.measureRun('other').bytes);
  assert.equal(store.measureRun(RUN).rows, 4);
  store.removeRun(RUN);
  store.removeUnreferenced();
  assert.equal(store.getRun(RUN), null);
  const db = new Database(file, { readonly: true });
  t.after(() => db.close());
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const counts = Object.fromEntries(
    tables.map((name) => [name, db.prepare(`SELECT count(*) FROM ${name}`).pluck().get()]),
  );
  const { runs, rollouts, segments, attempts, problems, prompts, metrics, checkpoints, rollout_counts } = counts;
  assert.deepEqual(
    { runs, rollouts, segments, attempts, problems, prompts, metrics, checkpoints, rollout_counts },
    {
      ...{ runs: 1, rollouts: 1, segments: 5, attempts: 1, problems: 1 },
      ...{ prompts: 1, metrics: 1, checkpoints: 1, rollout_counts: 1 },
    },
  );
  assert.deepEqual(db.pragma('foreign_key_check'), []);
  assert.deepEqual(store.loadRollouts('other', 0, 'train', 1)[0]?.problem, shared);
  // Row keys that were remembered are not used for rows that are gone.
  store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  store.saveRollouts(RUN, [sample.sampleRollout({ problem: own! })]);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1)[0]?.problem, own);
});

test('4: kept answers', (t) => {
  const { store } = open(t);
  for (const id of [RUN, 'other']) store.saveAnswers(id, 0, [{ owner: 'o', call: 'first', answer: '"äx"' }]);
  assert.deepEqual(store.measureAnswers(RUN), { rows: 1, bytes: 5 });
  store.dropAllAnswers(RUN);
  assert.deepEqual(store.measureAnswers(RUN), { rows: 0, bytes: 0 });
  assert.equal(store.hasAnswers('other', 0), true);
});

test('5: compacting', (t) => {
  const { file, store } = open(t);
  const rollouts = Array.from({ length: 200 }, (_, group) => sample.sampleRollout({ group }));
  store.saveRollouts(RUN, rollouts);
  store.saveRollouts('other', rollouts.slice(0, 1));
  store.removeRun(RUN);
  const { bytes, unusedBytes } = store.measureStore();
  assert.ok(unusedBytes > bytes / 2, `${unusedBytes} of ${bytes}`);
  using reader = openRunStore(file, { readonly: true });
  assert.equal(reader.listRuns().length, 1);
  store.compact();
  assert.ok(store.measureStore().unusedBytes === 0);
  assert.ok(statSync(file).size < bytes / 2);
  assert.deepEqual(reader.loadRollouts('other', 0, 'train', 1), rollouts.slice(0, 1));
});
