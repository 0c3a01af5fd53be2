/**
 * What the run store lists, page by page:
 *  1. pages of rollouts follow one another in the order of their keys, whatever order they were saved in, and miss none
 *  2. every part of a filter narrows the list, and the count agrees with it
 *  3. a rollout is found by its id with all that was stored; a failed one has no trajectory; an id that is not there is null
 *  4. groups are counted per problem and step, over more groups than are read at a time
 *  5. attempts come in the order they were stored in, by status and code
 *  6. a problem is found by its id only where a rollout of the run answers it
 *  7. a store of an older schema lists the same
 *  8. the lists are answered from the index: no plan reads the table of rollouts for more than a page
 *  9. what is counted of a step agrees with its rollouts after they are stored, stored again, judged anew and deleted
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { ROLLOUT_COUNTS_QUERY } from '../../adapters/store-sqlite/migrations/0011-rollout-counts.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RolloutFilter } from '../../src/ports/run-store/listings.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { createStoreOfSchema } from '../support/old-store.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';

function open(t: TestContext) {
  const file = join(makeTempFolder('listings', t), 'runs.db');
  const store = openRunStore(file);
  t.after(() => store[Symbol.dispose]());
  store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  return { file, store };
}

const PROBLEMS = ['p0', 'p1', 'p2'].map((id) => sample.sampleProblem({ id }));

/** Steps 1 and 2 of training and an evaluation, three groups of two each; the second attempt of a group is wrong. */
function makeRollouts(): RolloutRecord[] {
  const verdict = sample.sampleRollout().verdict!;
  return [['train', 1] as const, ['train', 2] as const, ['eval', 2] as const].flatMap(([purpose, step]) =>
    PROBLEMS.flatMap((problem, group) =>
      [0, 1].map((attempt) =>
        sample.sampleRollout({
          ...{ purpose, step, group, sample: attempt, problem, set: purpose === 'eval' ? 'hard' : null },
          verdict: { ...verdict, verdict: attempt === 0 ? 'correct' : 'incorrect' },
          ...(group === 2 ? { formatValid: false, formatCode: 'nested_path' } : {}),
        }),
      ),
    ),
  );
}

test('1: pages', (t) => {
  const { store } = open(t);
  const rollouts = makeRollouts();
  store.saveRollouts(RUN, rollouts.toReversed());
  const seen: string[] = [];
  for (let after: number | null = null; ; ) {
    const page = store.listRollouts(RUN, {}, { after, size: 4 });
    seen.push(...page.map(({ purpose, step, group, sample: one }) => `${purpose} ${step} ${group} ${one}`));
    if (page.length < 4) break;
    after = page.at(-1)!.id;
  }
  const expected = rollouts.map(({ purpose, step, group, sample: one }) => `${purpose} ${step} ${group} ${one}`).sort();
  assert.deepEqual(seen, expected);
});

test('2: filters', (t) => {
  const { store } = open(t);
  store.saveRollouts(RUN, makeRollouts());
  const key = store.findProblemKey(RUN, 'p1')!;
  const cases: readonly [RolloutFilter, number][] = [
    [{}, 18],
    [{ stageIndex: 1 }, 0],
    [{ purpose: 'eval' }, 6],
    [{ step: 2 }, 12],
    [{ purpose: 'train', step: 2, group: 0 }, 2],
    [{ set: 'hard' }, 6],
    [{ correct: false }, 9],
    [{ correct: true, purpose: 'eval' }, 3],
    [{ code: 'nested_path' }, 6],
    [{ code: 'none' }, 0],
    [{ forked: true }, 18],
    [{ forked: false }, 0],
    [{ problem: key }, 6],
    [{ problem: key, correct: false, purpose: 'train' }, 2],
  ];
  for (const [filter, count] of cases) {
    assert.equal(store.countRollouts(RUN, filter), count, JSON.stringify(filter));
    assert.equal(store.listRollouts(RUN, filter, { after: null, size: 100 }).length, count, JSON.stringify(filter));
  }
});

test('3: one rollout', (t) => {
  const { store } = open(t);
  const whole = sample.sampleRollout();
  const failed = sample.sampleRollout({ group: 1, trajectory: null, failure: 'gone', verdict: null, reward: null });
  store.saveRollouts(RUN, [whole, failed]);
  const [first, second] = store.listRollouts(RUN, {}, { after: null, size: 2 });
  const found = store.findRollout(first!.id)!;
  assert.deepEqual(found.trajectory, whole.trajectory);
  assert.deepEqual(found.listed, first);
  assert.equal(found.runId, RUN);
  const { trajectory: _, problem, ...shared } = whole;
  const { id: _id, end, blocks, policyTokens, criticalTokens, problem: listed, ...rest } = first!;
  assert.deepEqual(rest, shared);
  assert.deepEqual({ ...listed, key: 0 }, { key: 0, ...problem });
  assert.deepEqual([end, blocks, policyTokens, criticalTokens], ['eos', 1, 15, 12]);
  assert.equal(store.findRollout(second!.id)!.trajectory, null);
  assert.equal(second!.failure, 'gone');
  assert.equal(store.findRollout(999), null);
});

test('4: groups', (t) => {
  const { store } = open(t);
  const groups = 4_100;
  store.saveRollouts(
    RUN,
    Array.from({ length: groups }, (_, group) =>
      sample.sampleRollout({ group, problem: PROBLEMS[group % 3]!, trajectory: null, failure: 'x', reward: null }),
    ),
  );
  store.saveRollouts(RUN, [sample.sampleRollout({ purpose: 'eval', step: 0, set: 'hard' })]);
  const outcomes = [...store.listGroupOutcomes(RUN, 'train')];
  assert.equal(outcomes.length, groups);
  assert.deepEqual(
    [...store.listGroupOutcomes(RUN, 'eval')].map(({ set }) => set),
    ['hard'],
  );
  assert.deepEqual([...store.listGroupOutcomes(RUN, 'pilot')], []);
  const [first] = outcomes;
  assert.deepEqual(
    { ...first, problem: 0 },
    { stageIndex: 0, step: 1, problem: 0, set: null, rollouts: 1, correct: 1, forked: 0 },
  );
  assert.equal(new Set(outcomes.map(({ problem }) => problem)).size, 3);
});

test('5: attempts', (t) => {
  const { store } = open(t);
  const rejected = { status: 'rejected', code: 'wrong_answer', target: null } as const;
  store.saveAttempts(
    RUN,
    0,
    [2, 0, 1].map((one) => sample.sampleAttempt({ sample: one, ...(one === 0 ? {} : rejected) })),
  );
  const list = (filter: Parameters<typeof store.pageAttempts>[2], after: number | null = null) =>
    store.pageAttempts(RUN, 0, filter, { after, size: 2 }).map(({ id, sample: one }) => [id, one]);
  assert.deepEqual(list({}), [
    [1, 2],
    [2, 0],
  ]);
  assert.deepEqual(list({}, 2), [[3, 1]]);
  assert.deepEqual(list({ code: 'wrong_answer' }), [
    [1, 2],
    [3, 1],
  ]);
  assert.deepEqual(list({ status: 'accepted' }), [[2, 0]]);
  assert.deepEqual(store.pageAttempts(RUN, 1, {}, { after: null, size: 2 }), []);
});

test('6: problems', (t) => {
  const { store } = open(t);
  store.createRun(sample.sampleRun({ id: 'other' }), [sample.sampleStage()]);
  store.saveRollouts(RUN, [sample.sampleRollout({ problem: PROBLEMS[0]! })]);
  store.saveRollouts('other', [sample.sampleRollout({ problem: PROBLEMS[1]! })]);
  const key = store.findProblemKey(RUN, 'p0')!;
  assert.deepEqual(store.findProblems([key, 999]), [{ key, ...PROBLEMS[0] }]);
  assert.equal(store.findProblemKey(RUN, 'p1'), null);
  assert.equal(store.findProblemKey(RUN, 'p9'), null);
});

test('7: an older schema', (t) => {
  for (const schema of [1, 8]) {
    const file = join(makeTempFolder(`listings-old-${schema}`, t), 'runs.db');
    createStoreOfSchema(file, schema);
    using store = openRunStore(file, { readonly: true });
    const [rollout] = store.listRollouts(RUN, {}, { after: null, size: 5 });
    assert.equal(rollout?.failure, 'gone');
    assert.equal(store.findRollout(rollout.id)?.trajectory, null);
    assert.equal([...store.listGroupOutcomes(RUN, rollout.purpose)].length, 1);
    assert.equal(store.pageAttempts(RUN, 0, {}, { after: null, size: 5 })[0]?.extracted, '4');
  }
});

test('8: plans', (t) => {
  const { file, store } = open(t);
  store.saveRollouts(RUN, makeRollouts());
  const db = new Database(file, { readonly: true });
  t.after(() => db.close());
  const KEY = 'stage_index, purpose, step, group_index, sample';
  const statements = [
    `SELECT id FROM rollouts WHERE run_id = 'x' AND verdict IN ('incorrect', 'unparsable') AND (${KEY}) > (1, 'eval', 1, 1, 1) ORDER BY ${KEY} LIMIT 9`,
    `SELECT id FROM rollouts WHERE run_id = 'x' AND problem_key = 1 ORDER BY ${KEY} LIMIT 9`,
    `SELECT count(*) FROM rollouts WHERE run_id = 'x' AND format_code = 'x' AND forks > 0 AND set_name = 'x'`,
    `SELECT step, group_index, count(*), sum(verdict IS 'correct'), sum(forks > 0) FROM rollouts WHERE run_id = 'x'
      AND stage_index = 1 AND purpose = 'train' AND (step, group_index) > (1, 1) GROUP BY step, group_index LIMIT 9`,
  ];
  for (const sql of statements) {
    const plan = db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail);
    assert.ok(
      plan.every((line) => /USING COVERING INDEX/.test(line)),
      `${sql}: ${plan.join('; ')}`,
    );
  }
});

test('9: counts', (t) => {
  const { file, store } = open(t);
  const db = new Database(file);
  t.after(() => db.close());
  const check = (steps: number) => {
    const order = 'ORDER BY run_id, stage_index, purpose, step';
    const kept = db.prepare(`SELECT * FROM rollout_counts ${order}`).all();
    assert.deepEqual(kept, db.prepare(`SELECT * FROM (${ROLLOUT_COUNTS_QUERY}) ${order}`).all());
    assert.equal(kept.length, steps);
    assert.equal(store.listRolloutSteps(RUN).length, steps);
  };
  const rollouts = makeRollouts();
  const lost = sample.sampleRollout({ step: 2, group: 7, trajectory: null, failure: 'x', verdict: null, reward: null });
  store.saveRollouts(RUN, rollouts);
  check(3);
  store.saveRollouts(RUN, [...rollouts, lost]);
  check(3);
  assert.deepEqual(
    store.summarizeRollouts(RUN).map((one) => [one.purpose, one.rollouts, one.failed, one.correct]),
    [
      ['eval', 6, 0, 3],
      ['train', 13, 1, 6],
    ],
  );
  const verdict = { ...rollouts[0]!.verdict!, verdict: 'unparsable' } as const;
  store.reviseVerdicts(RUN, { rollouts: rollouts.slice(0, 3).map((one) => ({ ...one, verdict })), attempts: [] });
  check(3);
  db.exec("DELETE FROM rollouts WHERE purpose = 'train' AND step = 1");
  check(2);
  db.exec('DELETE FROM rollouts');
  check(0);
});
