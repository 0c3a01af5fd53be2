/**
 * What cold-start data cost, and what that foretells:
 *  1. prices turn tokens into dollars; a budget in dollars stops the stage and a larger one goes on from there
 *  2. a resumed stage knows what the store's attempts took, counted or by length
 *  3. no forecast without attempts; from its own attempts where there are enough, else from the newest alike run
 *  4. a forecast counts what is left, and its one line says what it is based on
 *  5. retries sample at their own temperature, the first round at the teacher's
 *  6. of several accepted answers the most diverse become rows, as many as wanted
 *  7. problems are read as they are needed, not before
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { ColdStartStage } from '../../src/core/curriculum.ts';
import type { Problem } from '../../src/core/problem.ts';
import { describeForecast, forecastColdStart } from '../../src/pipeline/cold-start/forecast.ts';
import { runColdStart } from '../../src/pipeline/cold-start/run-cold-start.ts';
import { selectRows } from '../../src/pipeline/cold-start/select-rows.ts';
import { BudgetSpent, computeCost, Spending } from '../../src/pipeline/cold-start/spending.ts';
import type { AttemptRecord } from '../../src/ports/run-store/attempts.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, TOY_RUN, writeToyTarget } from '../support/pipeline-toy-run.ts';
import { createToyWorld } from '../support/pipeline-toy-world.ts';

const PRICES = { promptPerMillion: 2, completionPerMillion: 10 };
const PRICED: ColdStartStage = {
  ...COLD_START,
  samplesPerProblem: 1,
  teacher: { ...COLD_START.teacher, prices: PRICES },
};

function makeProblems(count: number): Problem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${String(i).padStart(2, '0')}`,
    source: 'toy',
    text: `What is ${i} plus ${i}?`,
    answer: '3',
  }));
}

function openTeacher(t: TestContext, count: number, say: (prompt: string) => string = () => writeToyTarget('3')) {
  const temperatures: number[] = [];
  const world = createToyWorld((prompt) => ({ content: say(prompt) }));
  const run = openTempRun(t, { world, problems: makeProblems(count) });
  const { chat } = run.ctx.engine;
  const engine: typeof run.ctx.engine = {
    ...run.ctx.engine,
    chat: async (request, signal) => {
      temperatures.push(request.temperature);
      // Tokens as a server tells them.
      return (await chat(request, signal)).map((one) => ({ ...one, promptTokens: 1000, completionTokens: 500 }));
    },
  };
  const ctx = { ...run.ctx, teacherOf: (stage: ColdStartStage) => ({ ...run.ctx.teacherOf(stage), engine }) };
  const teach = (over: Partial<ColdStartStage> = {}, index = 0) =>
    runColdStart({ ctx, stage: { ...PRICED, ...over }, index });
  return { run, ctx, teach, temperatures };
}

test('1: dollars', async (t) => {
  assert.equal(computeCost({ promptTokens: 1_000_000, completionTokens: 500_000 }, PRICES), 7);
  const { run, teach, temperatures } = openTeacher(t, 30);
  // An attempt costs 0.002 + 0.005 dollars.
  await assert.rejects(teach({ budgetUsd: 0.07 }), (error: Error) => {
    assert.ok(error instanceof BudgetSpent);
    assert.match(
      error.message,
      /^teach: the budget of \$0\.07 is used up \(\$0\.\d\d so far\), \d+ problems are left; go on with resume --budget-usd MORE$/,
    );
    return true;
  });
  const stored = run.store.measureAttempts(TOY_RUN, 0).attempts;
  assert.ok(stored >= 10 && stored < 20, `${stored}`);
  assert.equal((await teach({ budgetUsd: 1 })).accepted, 30);
  assert.equal(temperatures.length, 30);
});

test('2: what the store knows', (t) => {
  const run = openTempRun(t);
  const base: AttemptRecord = {
    problem: makeProblems(1)[0]!,
    sample: 0,
    status: 'rejected',
    code: 'no_block',
    seed: 1,
    raw: 'x'.repeat(9),
    reasoning: 'y'.repeat(4),
    target: null,
    verdict: null,
    extracted: null,
    promptTokens: 5,
    completionTokens: null,
    promptHash: 'hash',
  };
  const failed = { ...base, sample: 1, status: 'failed', code: 'transport', promptTokens: null } as const;
  run.store.saveAttempts(TOY_RUN, 0, [base, failed, { ...base, sample: 2, completionTokens: 7 }]);
  const totals = run.store.measureAttempts(TOY_RUN, 0);
  const { attempts, problems, acceptedProblems, promptTokens, completionTokens } = totals;
  assert.deepEqual([attempts, problems, acceptedProblems, promptTokens, completionTokens], [3, 1, 0, 10, 4 + 7]);
  assert.equal(new Spending(PRICED, totals).tokens, 21);
});

test('3+4: forecasts', async (t) => {
  const { run, ctx, teach } = openTeacher(t, 12);
  const ask = (over: Partial<ColdStartStage>, runId: string | null, problems: number) =>
    forecastColdStart(run.store, { runId, stageIndex: 0, stage: { ...PRICED, ...over }, problems });
  assert.equal(ask({}, TOY_RUN, 12), null);
  await teach({ limit: 6 });
  const own = ask({}, TOY_RUN, 12);
  assert.deepEqual(
    [own?.problems, own?.rows, own?.tokens, own?.usd?.toFixed(3), own?.basis],
    [6, 6, 9000, '0.042', { attempts: 6, runId: TOY_RUN }],
  );
  const line = describeForecast({ ...own!, ms: 3 * 3_600_000, tokens: 1_234_567 });
  assert.equal(
    line,
    `forecast for 6 problems: about 1.2 million tokens, $0.04, 3 h 0 min, 6 rows (from 6 attempts of run ${TOY_RUN})`,
  );
  assert.equal(ask({}, TOY_RUN, 6), null, 'nothing is left');
  // The toy run's stored configuration names no stages: a run that does is needed for others to learn from.
  assert.equal(ask({}, null, 100), null);
  const configJson = JSON.stringify({ stages: [PRICED] });
  const record = { ...run.store.getRun(TOY_RUN)!, id: 'earlier', configJson };
  run.store.createRun(record, []);
  await runColdStart({ ctx: { ...ctx, runId: 'earlier' }, stage: { ...PRICED, limit: 8 }, index: 0 });
  const foreign = ask({}, null, 100);
  assert.deepEqual([foreign?.problems, foreign?.rows, foreign?.basis.runId], [100, 100, 'earlier']);
  assert.equal(ask({ samplesPerProblem: 2 }, null, 100), null, 'asked in another way');
  assert.equal(ask({ teacher: { ...PRICED.teacher, model: 'other' } }, null, 100), null, 'another teacher');
});

test('5: temperatures', async (t) => {
  const { teach, temperatures } = openTeacher(t, 1, () => 'no answer');
  await teach({ retries: 2, retryTemperature: 0.9, teacher: { ...PRICED.teacher, temperature: 0.6 } });
  assert.deepEqual(temperatures, [0.6, 0.9, 0.9]);
});

test('6: rows', () => {
  const [problem, next] = makeProblems(2);
  const row = (of: Problem, sample: number, target: string) =>
    ({ problem: of, sample, target, status: 'accepted' }) as unknown as AttemptRecord;
  const block = (a: string, b: string) => `<Parallel><Path>${a}</Path><Path>${b}</Path></Parallel>`;
  const attempts = [
    row(problem!, 0, block('we add one and two', 'we add one and two')),
    row(problem!, 1, block('we add one and two', 'count the houses one by one')),
    row(problem!, 2, block('the sum is three', 'the sum is three')),
    row(next!, 0, 'x'),
  ];
  const pick = (settings: Parameters<typeof selectRows>[1]) =>
    [...selectRows(attempts, settings)].map(({ problem: { id }, sample }) => `${id} ${sample}`);
  assert.deepEqual(pick({}), ['p00 0', 'p01 0']);
  assert.deepEqual(pick({ keep: 'diverse' }), ['p00 1', 'p01 0']);
  assert.deepEqual(pick({ keep: 'diverse', rowsPerProblem: 2 }), ['p00 1', 'p00 2', 'p01 0']);
  assert.deepEqual(pick({ keep: 'shortest', rowsPerProblem: 2 }), ['p00 2', 'p00 0', 'p01 0']);
});

test('7: streamed', async (t) => {
  const { ctx } = openTeacher(t, 0);
  let read = 0;
  let answered = 0;
  let ahead = 0;
  const readProblems = async function* () {
    for (const problem of makeProblems(200)) {
      read += 1;
      ahead = Math.max(ahead, read - answered);
      yield problem;
    }
  };
  const { teacherOf } = ctx;
  const counting: typeof teacherOf = (stage) => {
    const teacher = teacherOf(stage);
    const chat: typeof teacher.engine.chat = async (request, signal) => {
      const answer = await teacher.engine.chat(request, signal);
      answered += 1;
      return answer;
    };
    return { ...teacher, engine: { ...teacher.engine, chat } };
  };
  const countProblems = async () => 200;
  await runColdStart({ ctx: { ...ctx, countProblems, readProblems, teacherOf: counting }, stage: PRICED, index: 0 });
  assert.equal(answered, 200);
  assert.ok(ahead <= 2 * 4 + 2, `${ahead} problems read ahead of their answers`);
});
