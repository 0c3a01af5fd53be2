/**
 * Answers of the engine that nothing finished holds yet:
 *  1. an answer is stored before it is used, and not asked for again; others of the same owner and of other owners are
 *  2. what became of the answers is stored and the answers are forgotten, both or neither
 *  3. a failed question is not remembered
 *  4. answers that come together are one transaction; when it fails, each of them is told
 *  5. a cold start that dies between answer and judgement goes on without asking again, annotations included
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { runColdStart } from '../../src/pipeline/cold-start/run-cold-start.ts';
import { AnswerLog, WriteBatch } from '../../src/pipeline/rollout/answer-log.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, createToyClock, TOY_PROBLEMS, TOY_RUN, writeToyTarget } from '../support/pipeline-toy-run.ts';
import { createToyWorld } from '../support/pipeline-toy-world.ts';

const refuse = async () => assert.fail('asked again');

test('1: remembered', async (t) => {
  const run = openTempRun(t);
  const first = new AnswerLog(run.ctx, 0).open('p', 1);
  const answer = await first.recall('main', async () => ({ ids: [1, 2], logprobs: [-0.1, -1e-17] }));
  assert.deepEqual(answer, { ids: [1, 2], logprobs: [-0.1, -1e-17] });
  const again = new AnswerLog(run.ctx, 0);
  assert.deepEqual(await again.open('p', 1).recall('main', refuse), answer);
  assert.equal(await again.open('p', 1).recall('path', async () => 'other'), 'other');
  assert.equal(await again.open('p', 2).recall('main', async () => 'another'), 'another');
  assert.equal(await new AnswerLog(run.ctx, 1).open('p', 1).recall('main', async () => 'of stage 1'), 'of stage 1');
});

test('2: settled', async (t) => {
  const run = openTempRun(t);
  const owned = new AnswerLog(run.ctx, 0).open('p');
  await owned.recall('main', async () => 'first');
  const fails = owned.settle(() => {
    run.store.saveMetrics(TOY_RUN, [{ stageIndex: 0, step: 0, key: 'k', value: 1 }]);
    throw new Error('not this time');
  });
  await assert.rejects(fails, /not this time/);
  assert.deepEqual(run.store.listMetrics(TOY_RUN), [], 'undone');
  assert.equal(run.store.loadAnswers(TOY_RUN, 0, '["p"]').length, 1);
  await owned.settle(() => run.store.saveMetrics(TOY_RUN, [{ stageIndex: 0, step: 0, key: 'k', value: 1 }]));
  assert.equal(run.store.listMetrics(TOY_RUN).length, 1);
  assert.deepEqual(run.store.loadAnswers(TOY_RUN, 0, '["p"]'), []);
});

test('3: a failure', async (t) => {
  const run = openTempRun(t);
  const owned = new AnswerLog(run.ctx, 0).open('p');
  await assert.rejects(
    owned.recall('main', () => Promise.reject(new Error('reset'))),
    /reset/,
  );
  assert.equal(await owned.recall('main', async () => 'now'), 'now');
});

test('4: one transaction', async () => {
  const transactions: number[] = [];
  let writes = 0;
  const batch = new WriteBatch(
    {
      saveTogether: (work) => {
        writes = 0;
        work();
        transactions.push(writes);
      },
    },
    createToyClock(),
  );
  await Promise.all([1, 2, 3].map(() => batch.add(() => (writes += 1))));
  await batch.add(() => (writes += 1));
  assert.deepEqual(transactions, [3, 1]);
  const full = () => {
    throw new Error('disk full');
  };
  const outcomes = await Promise.allSettled([batch.add(() => {}), batch.add(full), batch.add(() => {})]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
});

test('5: a cold start that dies while it judges', async (t) => {
  const asked: string[] = [];
  const world = createToyWorld((prompt) => {
    asked.push(prompt);
    const [a, b] = /(\d) plus (\d)/.exec(prompt)!.slice(1).map(Number);
    const sum = String(a! + b!);
    return { content: prompt.startsWith('Solve:') ? `so ${sum}\nFinal Answer: ${sum}` : writeToyTarget(sum) };
  });
  const run = openTempRun(t, { world });
  const verifier = { ...run.ctx.verifier, verify: () => Promise.reject(new Error('killed')) };
  const prompting = { ...COLD_START, samplesPerProblem: 1 };
  await assert.rejects(runColdStart({ ctx: { ...run.ctx, verifier }, stage: prompting, index: 0 }), /killed/);
  const before = asked.length;
  assert.ok(before > 0);
  const report = await runColdStart({ ctx: run.ctx, stage: prompting, index: 0 });
  assert.equal(report.accepted, TOY_PROBLEMS.length);
  assert.equal(asked.length, TOY_PROBLEMS.length, `${before} answered before the end are not asked again`);

  // The first verdict, on the solution, passes; the process dies at the second, on the annotated one.
  let verdicts = 0;
  const dying: typeof run.ctx.verifier = {
    ...run.ctx.verifier,
    verify: (cases, signal) => {
      verdicts += 1;
      if (verdicts > TOY_PROBLEMS.length) return Promise.reject(new Error('killed'));
      return run.ctx.verifier.verify(cases, signal);
    },
  };
  const annotating = { ...prompting, method: 'annotate' } as const;
  asked.length = 0;
  const wide = { ...run.ctx, verifier: dying };
  await assert.rejects(runColdStart({ ctx: wide, stage: annotating, index: 1 }), /killed/);
  const solved = asked.filter((prompt) => prompt.startsWith('Solve:')).length;
  await runColdStart({ ctx: run.ctx, stage: annotating, index: 1 });
  assert.equal(solved, TOY_PROBLEMS.length);
  assert.equal(asked.length, 2 * TOY_PROBLEMS.length, 'one solution and one annotation each, over both processes');
});
