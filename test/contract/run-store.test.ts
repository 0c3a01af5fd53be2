/**
 * The run store keeps every fact of a run and gives it back as it was.
 *
 *  1. a run comes back field by field, the newest first; its id is taken once; its status changes are stamped
 *  2. stages come back in order; saving one replaces its state
 *  3. a prompt template is listed with its roles
 *  4. attempts come back whole, in an order that does not depend on the order of completion
 *  5. an attempt stored under a taken key changes nothing; counts add up per status and code
 *  6. attempts may be listed while others are written
 *  7. rollouts come back deep-equal, in (group, sample) order, of the asked step, purpose and evaluation set only; the
 *     sets of a step are counted in the order of their groups
 *  8. a rollout stored under a taken key changes nothing, its segments included
 *  9. a problem whose text changed under the same id stays two problems
 * 10. hostile strings (lone surrogates, NUL, U+2028) survive everywhere text is stored
 * 11. a refused rollout is named and undoes its whole group; the next save is complete
 * 12. summaries count failures, correct, unparsable, valid and forked rollouts
 * 13. committed steps are the highest one; metrics replace equal keys, keep NaN, and narrow by prefix
 * 14. live checkpoints are listed oldest first until marked deleted; one saved again is the newest
 * 15. trainer requests are on record before, while and after they are answered, per submission
 * 16. everything is there after the file was closed and opened again
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { StoreError } from '../../src/errors.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';

interface Opened {
  readonly file: string;
  readonly store: RunStore;
  /** Time the store sees, in milliseconds. */
  readonly clock: { ms: number };
}

function open(t: TestContext): Opened {
  const file = join(makeTempFolder('run-store', t), 'runs.db');
  const clock = { ms: 5_000 };
  const store = openRunStore(file, { clock: { now: () => clock.ms } });
  t.after(() => store[Symbol.dispose]());
  store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  return { file, store, clock };
}

function countRows(file: string, table: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!;
  } finally {
    db.close();
  }
}

test('1. runs come back, newest first, ids once, status stamped', (t) => {
  const { store, clock } = open(t);
  const newer = sample.sampleRun({ id: 'run-2', preset: 'embedded', createdAtMs: 2_000, message: 'why' });
  store.createRun(newer, []);
  assert.deepEqual(store.getRun('run-2'), newer);
  assert.equal(store.getRun('nobody'), null);
  assert.deepEqual(
    store.listRuns().map(({ id }) => id),
    ['run-2', RUN],
  );
  assert.throws(
    () => store.createRun(newer, []),
    (error) => error instanceof StoreError && /run-2 already exists/.test(error.message),
  );
  clock.ms = 9_000.7;
  store.setRunStatus(RUN, 'failed', 'the engine is gone');
  const failed = store.getRun(RUN)!;
  assert.deepEqual(
    [failed.status, failed.message, failed.updatedAtMs, failed.createdAtMs],
    ['failed', 'the engine is gone', 9_001, 1_000],
  );
  assert.throws(() => store.setRunStatus('nobody', 'done', null), /no run nobody/);
});

test('2. stages come back in order and are replaced', (t) => {
  const { store } = open(t);
  const stages = [
    sample.sampleStage({ index: 1, id: 'b', kind: 'sft' }),
    sample.sampleStage({ index: 0, id: 'a', kind: 'cold-start' }),
  ];
  store.createRun(sample.sampleRun({ id: 'run-2' }), stages);
  store.saveStage('run-2', { ...stages[0]!, status: 'done', stateJson: '{"reason":"targets met"}' });
  const listed = store.listStages('run-2');
  assert.deepEqual(
    listed.map(({ id, status }) => [id, status]),
    [
      ['a', 'pending'],
      ['b', 'done'],
    ],
  );
  assert.equal(listed[1]!.stateJson, '{"reason":"targets met"}');
  assert.deepEqual(store.listStages('nobody'), []);
});

test('3. prompts are listed with their roles', (t) => {
  const { store } = open(t);
  const prompt = { hash: 'h1', name: 'parallel', text: 'Solve: {problem}' };
  store.savePrompt(RUN, 'student', prompt);
  store.savePrompt(RUN, 'teacher:cold', prompt);
  store.savePrompt(RUN, 'student', prompt);
  assert.deepEqual(store.listPrompts(RUN), [
    { role: 'student', ...prompt },
    { role: 'teacher:cold', ...prompt },
  ]);
});

test('4. attempts come back whole and in an order of their own', (t) => {
  const { store } = open(t);
  const p = (id: string) => sample.sampleProblem({ id });
  const accepted = sample.sampleAttempt({ problem: p('p2'), sample: 0 });
  const failed = sample.sampleAttempt({
    ...{ problem: p('p1'), sample: 1, status: 'failed', code: 'transport', raw: null, target: null },
    ...{ extracted: null, promptTokens: null, completionTokens: null, reasoning: 'thoughts' },
  });
  const first = sample.sampleAttempt({ problem: sample.sampleProblem({ id: 'p1', level: 'hard' }), sample: 0 });
  store.saveAttempts(RUN, 0, [accepted]);
  store.saveAttempts(RUN, 0, [failed, sample.sampleAttempt({ problem: p('p1'), sample: 0 })]);
  store.saveAttempts(RUN, 1, [first]);
  const listed = [...store.listAttempts(RUN, 0)];
  assert.deepEqual(
    listed.map(({ problem, sample: s }) => `${problem.id}/${s}`),
    ['p1/0', 'p1/1', 'p2/0'],
  );
  assert.deepEqual(listed[1], failed);
  assert.deepEqual(listed[2], accepted);
  assert.deepEqual([...store.listAttempts(RUN, 1)], [first]);
  assert.deepEqual([...store.listAttempts(RUN, 0, 'failed')], [failed]);
});

test('5. attempts are stored once and counted', (t) => {
  const { store } = open(t);
  const rejected = sample.sampleAttempt({ sample: 1, status: 'rejected', code: 'no_block', target: null });
  store.saveAttempts(RUN, 0, [sample.sampleAttempt(), rejected]);
  store.saveAttempts(RUN, 0, [sample.sampleAttempt({ raw: 'another text' }), sample.sampleAttempt({ sample: 2 })]);
  assert.equal([...store.listAttempts(RUN, 0)][0]!.raw, 'raw text');
  assert.deepEqual(store.countAttempts(RUN, 0), [
    { status: 'accepted', code: null, count: 2 },
    { status: 'rejected', code: 'no_block', count: 1 },
  ]);
});

test('6. attempts may be written while they are listed', (t) => {
  const { store } = open(t);
  store.saveAttempts(
    RUN,
    0,
    Array.from({ length: 5 }, (_, i) => sample.sampleAttempt({ sample: i })),
  );
  let seen = 0;
  for (const attempt of store.listAttempts(RUN, 0)) {
    store.saveAttempts(RUN, 1, [attempt]);
    seen += 1;
  }
  assert.equal(seen, 5);
  assert.equal([...store.listAttempts(RUN, 1)].length, 5);
});

/** Rollouts that differ in everything a rollout may differ in. */
function variedRollouts(): RolloutRecord[] {
  const text = sample.samplePiece(600);
  const odd = sample.sampleTrajectory(1);
  const long = {
    promptIds: [],
    end: 'length' as const,
    segments: [{ ...odd.segments[0]!, pieces: [text], stop: 'length' as const }],
  };
  const teacher = {
    ...odd.segments[0]!,
    pieces: [{ ids: [1, 2], text: 'x', logprobs: [Number.NaN, -0.1], origin: 'teacher' as const }],
    ...{ seed: null, weightsVersion: null, flags: ['unexecuted_tag', 'eos_in_path'] as const, stop: 'abort' as const },
  };
  const none = { trajectory: null, verdict: null, reward: null, formatValid: false };
  const level = sample.sampleProblem({ id: 'p2', level: 'hard', subject: 'Algebra' });
  return [
    sample.sampleRollout({ group: 0, sample: 0 }),
    sample.sampleRollout({ group: 0, sample: 1, ...none, failure: 'the engine answered 500' }),
    sample.sampleRollout({
      group: 1,
      sample: 0,
      problem: level,
      trajectory: long,
      formatMode: 'algorithm1',
      formatValid: false,
      formatCode: 'missing_summary',
    }),
    sample.sampleRollout({
      ...{ group: 1, sample: 1, problem: level, trajectory: { promptIds: [9], segments: [teacher], end: 'failed' } },
      verdict: { verdict: 'unparsable', rule: 'none', reason: 'no-answer', extracted: null, verifier: 'math/1' },
      reward: {
        value: -1,
        mode: 'accuracy',
        correct: false,
        blocksInText: 2,
        blocksExecuted: 0,
        blocksEffective: 0,
        formatValid: true,
      },
    }),
    sample.sampleRollout({ group: 2, trajectory: { promptIds: [1], segments: [], end: 'eos' } }),
  ];
}

test('7. rollouts come back deep-equal and in order', (t) => {
  const { store } = open(t);
  const rollouts = variedRollouts();
  store.saveRollouts(RUN, [...rollouts].reverse());
  store.saveRollouts(RUN, [sample.sampleRollout({ step: 2 }), sample.sampleRollout({ purpose: 'eval' })]);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), rollouts);
  assert.equal(store.loadRollouts(RUN, 0, 'train', 2).length, 1);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'pilot', 1), []);

  const evaluated = ['hard', 'hard', 'easy \ud800', null].map((set, group) =>
    sample.sampleRollout({ purpose: 'eval', step: 4, group, set }),
  );
  store.saveRollouts(RUN, [...evaluated].reverse());
  assert.deepEqual(store.loadRollouts(RUN, 0, 'eval', 4), evaluated);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'eval', 4, 'hard'), evaluated.slice(0, 2));
  assert.deepEqual(store.loadRollouts(RUN, 0, 'eval', 4, 'easy \ud800'), evaluated.slice(2, 3));
  assert.deepEqual(store.loadRollouts(RUN, 0, 'eval', 4, 'nothing'), []);
  assert.deepEqual(store.countRolloutSets(RUN, 0, 'eval', 4), [
    { set: 'hard', groups: 2 },
    { set: 'easy \ud800', groups: 1 },
    { set: null, groups: 1 },
  ]);
});

test('8. a rollout is stored once', (t) => {
  const { store, file } = open(t);
  const first = sample.sampleRollout();
  store.saveRollouts(RUN, [first]);
  store.saveRollouts(RUN, [
    sample.sampleRollout({ weightsVersion: 'w2', trajectory: sample.sampleTrajectory(9) }),
    first,
  ]);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), [first]);
  assert.equal(countRows(file, 'segments'), first.trajectory!.segments.length);
  assert.equal(countRows(file, 'encoded_prompts'), 1);
});

test('9. a problem with a changed text is another problem', (t) => {
  const { store, file } = open(t);
  const before = sample.sampleProblem();
  const after = sample.sampleProblem({ text: 'What is 3 + 1?' });
  store.saveRollouts(RUN, [
    sample.sampleRollout({ problem: before }),
    sample.sampleRollout({ problem: after, sample: 1 }),
  ]);
  store.saveRollouts(RUN, [sample.sampleRollout({ problem: { ...before }, sample: 2 })]);
  const texts = store.loadRollouts(RUN, 0, 'train', 1).map(({ problem }) => problem.text);
  assert.deepEqual(texts, [before.text, after.text, before.text]);
  assert.equal(countRows(file, 'problems'), 2);
});

test('10. hostile strings survive', (t) => {
  const { store } = open(t);
  const hostile = 'a\ud800b\u0000c\u2028d\udfff \u{1F600} \ufffd';
  const problem = { id: hostile, source: hostile, text: hostile, answer: hostile, level: hostile };
  const piece = { ids: [1], text: hostile, logprobs: null, origin: 'injected' as const };
  const segment = { ...sample.sampleTrajectory(1).segments[0]!, pieces: [piece] };
  const verdict = {
    verdict: 'incorrect',
    rule: 'text-equal',
    reason: null,
    extracted: hostile,
    verifier: 'math/1',
  } as const;
  const trajectory = { promptIds: [1], segments: [segment], end: 'eos' as const };
  const rollout = sample.sampleRollout({ problem, trajectory, verdict, failure: hostile });
  const attempt = sample.sampleAttempt({
    problem,
    raw: hostile,
    reasoning: hostile,
    target: hostile,
    extracted: hostile,
  });
  store.saveRollouts(RUN, [rollout]);
  store.saveAttempts(RUN, 0, [attempt]);
  store.setRunStatus(RUN, 'failed', hostile);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), [rollout]);
  assert.deepEqual([...store.listAttempts(RUN, 0)], [attempt]);
  assert.equal(store.getRun(RUN)!.message, hostile);
});

test('11. a refused rollout undoes its group and the next save is complete', (t) => {
  const { store } = open(t);
  const good = sample.sampleRollout();
  const bad = sample.sampleRollout({ sample: 1, trajectory: { promptIds: [-1], segments: [], end: 'eos' } });
  assert.throws(
    () => store.saveRollouts(RUN, [good, bad]),
    (error) => error instanceof StoreError && /train rollout of stage 0, step 1, group 0, sample 1/.test(error.message),
  );
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), []);
  store.saveRollouts(RUN, [good]);
  assert.deepEqual(store.loadRollouts(RUN, 0, 'train', 1), [good]);
  assert.throws(() => store.saveRollouts('nobody', [good]), StoreError);
});

test('12. summaries count', (t) => {
  const { store } = open(t);
  store.saveRollouts(RUN, variedRollouts());
  store.saveRollouts(RUN, [sample.sampleRollout({ purpose: 'eval', step: 0 })]);
  assert.deepEqual(store.summarizeRollouts(RUN), [
    { stageIndex: 0, purpose: 'eval', rollouts: 1, failed: 0, correct: 1, unparsable: 0, formatValid: 1, forked: 1 },
    { stageIndex: 0, purpose: 'train', rollouts: 5, failed: 1, correct: 3, unparsable: 1, formatValid: 3, forked: 1 },
  ]);
  assert.deepEqual(store.summarizeRollouts('nobody'), []);
});

test('13. steps and metrics', (t) => {
  const { store } = open(t);
  assert.equal(store.lastStep(RUN, 0), 0);
  store.commitStep(RUN, 0, 2, { 'reward/mean': 0.5, 'train/loss': Number.NaN });
  store.commitStep(RUN, 0, 1, { 'reward/mean': 0.25 });
  store.commitStep(RUN, 0, 2, { 'reward/mean': 0.75 });
  store.saveMetrics(RUN, [{ stageIndex: 0, step: 0, key: 'eval/mean_at_1', value: Number.POSITIVE_INFINITY }]);
  assert.equal(store.lastStep(RUN, 0), 2);
  assert.equal(store.lastStep(RUN, 1), 0);
  assert.deepEqual(store.listMetrics(RUN), [
    { stageIndex: 0, step: 0, key: 'eval/mean_at_1', value: Number.POSITIVE_INFINITY },
    { stageIndex: 0, step: 1, key: 'reward/mean', value: 0.25 },
    { stageIndex: 0, step: 2, key: 'reward/mean', value: 0.75 },
    { stageIndex: 0, step: 2, key: 'train/loss', value: Number.NaN },
  ]);
  assert.deepEqual(
    store.listMetrics(RUN, 'reward/').map(({ step }) => step),
    [1, 2],
  );
  assert.deepEqual(store.listMetrics(RUN, 'reward_'), []);
});

test('14. checkpoints', (t) => {
  const { store } = open(t);
  const state = (step: number) => ({
    stageIndex: 0,
    step,
    kind: 'state' as const,
    name: `s${step}`,
    path: `tinker://x/s${step}`,
  });
  const sampler = { stageIndex: 0, step: 1, kind: 'sampler' as const, name: 'w1', path: 'tinker://x/w1' };
  for (const checkpoint of [state(1), sampler, state(2)]) store.saveCheckpoint(RUN, checkpoint);
  assert.deepEqual(store.listCheckpoints(RUN), [state(1), sampler, state(2)]);
  assert.deepEqual(store.listCheckpoints(RUN, 'sampler'), [sampler]);
  store.saveCheckpoint(RUN, state(1));
  assert.deepEqual(store.listCheckpoints(RUN, 'state'), [state(2), state(1)]);
  store.markCheckpointDeleted(RUN, state(2).path);
  store.markCheckpointDeleted(RUN, 'never saved');
  assert.deepEqual(store.listCheckpoints(RUN, 'state'), [state(1)]);
});

test('15. trainer requests', (t) => {
  const { store, file } = open(t);
  const log = store.trainerLog(RUN);
  const record = { modelId: 'm1', seqId: 1, operation: 'optim_step', payloadHash: 'aa' };
  const rows = () => {
    const db = new Database(file, { readonly: true });
    try {
      return db.prepare('SELECT seq_id, state, request_id, message FROM trainer_requests ORDER BY id').raw().all();
    } finally {
      db.close();
    }
  };
  log.submitting(record);
  assert.deepEqual(rows(), [[1, 'submitting', null, null]]);
  log.acknowledged(record, 'req-1');
  log.finished(record, 'failed', 'sequence conflict');
  log.submitting(record);
  log.acknowledged(record, 'req-2');
  log.finished(record, 'done', null);
  assert.deepEqual(rows(), [
    [1, 'failed', 'req-1', 'sequence conflict'],
    [1, 'done', 'req-2', null],
  ]);
});

test('16. everything is there after closing and opening', (t) => {
  const { store, file } = open(t);
  const rollouts = variedRollouts();
  store.saveRollouts(RUN, rollouts);
  store.saveAttempts(RUN, 0, [sample.sampleAttempt()]);
  store.commitStep(RUN, 0, 1, { a: 1 });
  store[Symbol.dispose]();
  store[Symbol.dispose]();
  using again = openRunStore(file, { readonly: true });
  assert.deepEqual(again.loadRollouts(RUN, 0, 'train', 1), rollouts);
  assert.equal([...again.listAttempts(RUN, 0)].length, 1);
  assert.equal(again.lastStep(RUN, 0), 1);
  assert.equal(again.file, file);
});
