/**
 * Cold-start data by prompting:
 *  1. every rejection code is reached by a real text, and only by the filter that owns it
 *  2. an accepted text is stripped, canonical, ends with the gold answer, and is what SFT reads
 *  3. minBlocks 0 lets sequential answers in
 *  4. attempts in the store are not asked for again; the yield report counts all of them
 *  5. an engine outage stops the stage; what was answered is kept
 *  6. the yield in one line
 *  7. a promoted lint rejects with its own code; the problem's text is where a tag may not stand
 *  8. an attempt that got as far as the verifier is stored with its verdict, others without
 *  9. limit takes the first problems
 * 10. retries ask again, with other seeds, for problems without an accepted answer only, and not for what was refused;
 *     begun anew they go on where the store stands
 * 11. an answer is stored before the questions of later problems are over
 * 12. of several accepted answers SFT reads the first, or the shortest; rows keep the order of problems
 * 13. a token budget stops the stage once it is used up; what was in flight is stored, and a larger one goes on from there
 * 14. what an attempt took: prompt and answer, its length where the answer was not counted, nothing when refused
 */

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { ColdStartStage } from '../../src/core/curriculum.ts';
import type { Problem } from '../../src/core/problem.ts';
import { EngineError } from '../../src/errors.ts';
import { runColdStart } from '../../src/pipeline/cold-start/run-cold-start.ts';
import { BudgetSpent, measureUse } from '../../src/pipeline/cold-start/spending.ts';
import { describeYield } from '../../src/pipeline/cold-start/yield-report.ts';
import { readSftTexts } from '../../src/pipeline/sft/sft-rows.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, SFT, TOY_RUN, toyPlan, writeToyTarget } from '../support/pipeline-toy-run.ts';
import { createToyWorld, type ToyAnswer } from '../support/pipeline-toy-world.ts';

const PATHS = '<Path>A:count 3</Path><Path>B:sum 3</Path>';
const BLOCK = `<Parallel>${PATHS}</Parallel>`;
const SUMMARY = '\n<Summary>so 3</Summary>';
const END = '\nFinal Answer: 3';

/** What a teacher may say to a problem whose answer is 3, by the code it must get; the name `accepted` for none. */
const ANSWERS: readonly (readonly [code: string, answer: string | ToyAnswer])[] = [
  ['accepted', writeToyTarget('3')],
  ['truncated', { content: writeToyTarget('3'), finish: 'length' }],
  ['thinking_unclosed', `<think>hm\n${writeToyTarget('3')}`],
  ['empty', '<think>hm</think> \n'],
  ['missing_summary', BLOCK + END],
  ['too_few_paths', `<Parallel><Path>A:count 3</Path></Parallel>${SUMMARY}${END}`],
  ['text_in_block', `<Parallel>so ${PATHS}</Parallel>${SUMMARY}${END}`],
  ['text_before_summary', `${BLOCK}\nso <Summary>so 3</Summary>${END}`],
  ['unclosed_block', `<Parallel>${PATHS}`],
  ['unclosed_path', '<Parallel><Path>A:count 3'],
  ['unclosed_summary', `${BLOCK}\n<Summary>so 3${END}`],
  ['nested_block', `<Parallel><Path>${BLOCK}</Path><Path>b</Path></Parallel>${SUMMARY}${END}`],
  ['nested_path', `<Parallel><Path>a<Path>b</Path></Path><Path>c</Path></Parallel>${SUMMARY}${END}`],
  ['tag_in_path', `<Parallel><Path>a<Summary></Path><Path>b</Path></Parallel>${SUMMARY}${END}`],
  ['tag_in_summary', `${BLOCK}\n<Summary>so ${BLOCK}</Summary>${END}`],
  ['path_outside_block', `<Path>a</Path>${BLOCK}${SUMMARY}${END}`],
  ['summary_outside_block', `${BLOCK}${SUMMARY}${SUMMARY}${END}`],
  ['summary_inside_block', `<Parallel>${PATHS}<Summary>so 3</Summary></Parallel>${END}`],
  ['stray_close', `${BLOCK}${SUMMARY}</Path>${END}`],
  ['empty_path', `<Parallel><Path> </Path><Path>b</Path></Parallel>${SUMMARY}${END}`],
  ['empty_summary', `${BLOCK}\n<Summary> </Summary>${END}`],
  ['duplicate_path', `<Parallel><Path>same</Path><Path> same </Path></Parallel>${SUMMARY}${END}`],
  ['no_block', `so 3${END}`],
  ['no_final_answer', `${BLOCK}${SUMMARY}\nIt is 3.`],
  ['multiple_final_answers', `${BLOCK}${SUMMARY}${END}${END}`],
  ['final_answer_in_block', `${BLOCK}\n<Summary>Final Answer: 3</Summary>`],
  ['text_after_final_answer', `${BLOCK}${SUMMARY}${END}\nGoodbye.`],
  ['wrong_answer', writeToyTarget('4')],
  ['untokenizable', `${BLOCK}${SUMMARY}\nhence${END}`],
  ['too_long', `${'so '.repeat(60)}${BLOCK}${SUMMARY}${END}`],
];

/** One problem per answer: the operands name it. */
function makeProblems(count: number): Problem[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${String(i).padStart(2, '0')}`,
    source: 'toy',
    text: `What is ${i} plus ${i}?`,
    answer: '3',
  }));
}

function openTeacher(t: TestContext, answers: readonly (string | ToyAnswer)[]) {
  const asked: string[] = [];
  const problems = makeProblems(answers.length);
  const world = createToyWorld((prompt) => {
    asked.push(prompt);
    const answer = answers[problems.findIndex(({ text }) => prompt.endsWith(text))]!;
    return typeof answer === 'string' ? { content: answer } : answer;
  });
  const run = openTempRun(t, { world, problems });
  const teach = (stage: Partial<ColdStartStage> = {}) =>
    runColdStart({ ctx: run.ctx, stage: { ...COLD_START, samplesPerProblem: 1, ...stage }, index: 0 });
  return { run, asked, teach };
}

test('1: every code', async (t) => {
  const { run, teach } = openTeacher(
    t,
    ANSWERS.map(([, answer]) => answer),
  );
  const report = await teach();
  const attempts = [...run.store.listAttempts(TOY_RUN, 0)];
  assert.deepEqual(
    attempts.map(({ code }) => code ?? 'accepted'),
    ANSWERS.map(([code]) => code),
  );
  assert.ok(attempts.every(({ status, target }) => (status === 'accepted') === (target !== null)));
  assert.equal(report.attempts, ANSWERS.length);
  assert.equal(report.accepted, 1);
  assert.equal(report.rejected.length, ANSWERS.length - 1);
});

test('1: a refused call is a failed attempt', async (t) => {
  const { run, teach } = openTeacher(t, [writeToyTarget('3'), writeToyTarget('3')]);
  const { teach: answer } = run.world;
  run.world.teach = (prompt, sample) => {
    if (prompt.includes('1 plus 1')) throw new EngineError('400 too long', { status: 400 });
    return answer(prompt, sample);
  };
  const report = await teach();
  assert.deepEqual(report.rejected, [{ code: 'http_400', count: 1 }]);
  const [failed] = run.store.listAttempts(TOY_RUN, 0, 'failed');
  assert.equal(failed?.raw, '400 too long');
});

test('2: an accepted text', async (t) => {
  const loose = `<think>let me see</think>\n\n<Parallel>\n<Path>A:count 3</Path>\n <Path>B:sum 3</Path>\n</Parallel>\n\n<Summary>so 3</Summary>\nFinal Answer: $3.00\n`;
  const { run, teach } = openTeacher(t, [loose]);
  await teach();
  const [attempt] = run.store.listAttempts(TOY_RUN, 0, 'accepted');
  assert.equal(attempt?.target, writeToyTarget('3'));
  assert.equal(attempt?.raw, loose);
  assert.equal(attempt?.promptHash, 'teacher-hash');
});

test('3: minBlocks 0', async (t) => {
  const { teach } = openTeacher(t, [`so 3${END}`]);
  assert.equal((await teach({ minBlocks: 0 })).accepted, 1);
});

test('4: not asked again', async (t) => {
  const { run, asked, teach } = openTeacher(t, [writeToyTarget('3'), BLOCK, writeToyTarget('3')]);
  await teach();
  assert.equal(asked.length, 3);
  const again = await teach();
  assert.equal(asked.length, 3);
  assert.deepEqual(again, { attempts: 3, accepted: 2, rejected: [{ code: 'missing_summary', count: 1 }] });
  const more = await runColdStart({
    ctx: {
      ...run.ctx,
      countProblems: async () => 2,
      readProblems: async function* () {
        yield makeProblems(3)[0]!;
        yield { ...makeProblems(3)[1]!, source: 'other' };
      },
    },
    stage: { ...COLD_START, samplesPerProblem: 2 },
    index: 0,
  });
  assert.equal(asked.length, 5, 'an equal id of another source is another problem');
  assert.equal(more.attempts, 5);
});

test('5: an outage', async (t) => {
  const { run, teach } = openTeacher(t, [writeToyTarget('3'), writeToyTarget('3')]);
  const { teach: answer } = run.world;
  run.world.teach = (prompt, sample) => {
    if (prompt.includes('1 plus 1')) throw new EngineError('connection reset', { retryable: true });
    return answer(prompt, sample);
  };
  await assert.rejects(teach(), /engine gave up after 3 tries: connection reset/);
  assert.equal([...run.store.listAttempts(TOY_RUN, 0)].length, 1);
});

test('6: one line', () => {
  const rejected = [6, 5, 4, 3, 2, 1].map((count) => ({ code: `c${count}`, count }));
  assert.equal(
    describeYield({ attempts: 100, accepted: 79, rejected }),
    '79 of 100 accepted (79.0 %); rejected: c6 6, c5 5, c4 4, c3 3, others 3',
  );
  assert.equal(describeYield({ attempts: 0, accepted: 0, rejected: [] }), '0 of 0 accepted (0.0 %)');
});

test('7: promoted lints', async (t) => {
  const early = `A:3${BLOCK}${SUMMARY}${END}`;
  const near = `<Parallel><Path>count 3</Path><Path>count 3\n?</Path></Parallel>${SUMMARY}${END}`;
  const answers = [writeToyTarget('3'), early, near];
  const { teach } = openTeacher(t, answers);
  assert.equal((await teach()).accepted, 3, 'lints alone reject nothing');
  const promoting = openTeacher(t, answers);
  const plan = toyPlan({ formatPromote: ['answer_before_block', 'near_duplicate_paths', 'tag_in_prompt'] });
  const readProblems = async function* () {
    yield* makeProblems(3).map((one, i) => (i === 0 ? { ...one, text: `<Path> ${one.text}` } : one));
  };
  const ctx = { ...promoting.run.ctx, plan, readProblems };
  await runColdStart({ ctx, stage: { ...COLD_START, samplesPerProblem: 1 }, index: 0 });
  assert.deepEqual(
    [...promoting.run.store.listAttempts(TOY_RUN, 0)].map(({ code }) => code),
    ['tag_in_prompt', 'answer_before_block', 'near_duplicate_paths'],
  );
});

test('8: verdicts', async (t) => {
  const { run, teach } = openTeacher(t, [writeToyTarget('3'), writeToyTarget('4'), BLOCK + END]);
  await teach();
  const attempts = [...run.store.listAttempts(TOY_RUN, 0)];
  assert.deepEqual(
    attempts.map(({ code, verdict }) => [code, verdict?.verdict ?? null]),
    [
      [null, 'correct'],
      ['wrong_answer', 'incorrect'],
      ['missing_summary', null],
    ],
  );
  assert.deepEqual([attempts[1]?.verdict?.extracted, attempts[1]?.extracted], ['4', '4']);
  assert.match(attempts[0]!.verdict!.verifier, /^math\/\d+$/);
});

test('9: limit', async (t) => {
  const { asked, teach } = openTeacher(t, [writeToyTarget('3'), writeToyTarget('3'), writeToyTarget('3')]);
  assert.equal((await teach({ limit: 2 })).accepted, 2);
  assert.equal(asked.length, 2);
  assert.equal((await teach({ limit: null })).accepted, 3);
});

/** A teacher who is right about problem 0 at once, about 1 when asked for the third time, never about 2, and refuses 3. */
function openSlowTeacher(t: TestContext) {
  const opened = openTeacher(t, ['', '', '', '']);
  const asked = [0, 0, 0, 0];
  opened.run.world.teach = (prompt) => {
    const which = Number(prompt.match(/is (\d)/)![1]);
    asked[which]! += 1;
    if (which === 3) throw new EngineError('400 too long', { status: 400 });
    const isRight = which === 0 || (which === 1 && asked[1]! >= 3);
    return { content: writeToyTarget(isRight ? '3' : '4') };
  };
  return { ...opened, asked };
}

test('10: retries', async (t) => {
  const { run, asked, teach } = openSlowTeacher(t);
  const report = await teach({ retries: 3 });
  assert.deepEqual(asked, [1, 3, 4, 1]);
  assert.equal(report.accepted, 2);
  const attempts = [...run.store.listAttempts(TOY_RUN, 0)];
  assert.deepEqual(
    attempts.filter(({ problem }) => problem.id === 'p02').map(({ sample }) => sample),
    [0, 1, 2, 3],
  );
  assert.equal(new Set(attempts.map(({ seed }) => seed)).size, attempts.length);
});

test('10: retries begun anew', async (t) => {
  const { run, asked, teach } = openSlowTeacher(t);
  await teach({ retries: 1 });
  assert.deepEqual(asked, [1, 2, 2, 1]);
  await teach({ retries: 3 });
  assert.deepEqual(asked, [1, 3, 4, 1]);
  const whole = openSlowTeacher(t);
  await whole.teach({ retries: 3 });
  const list = ({ store }: typeof run) =>
    [...store.listAttempts(TOY_RUN, 0)].map(({ problem, sample, seed, code }) => [problem.id, sample, seed, code]);
  assert.deepEqual(list(run), list(whole.run));
});

test('10: retries of several samples', async (t) => {
  const { run, teach } = openTeacher(t, [writeToyTarget('4')]);
  await teach({ samplesPerProblem: 2, retries: 1 });
  assert.deepEqual(
    [...run.store.listAttempts(TOY_RUN, 0)].map(({ sample }) => sample),
    [0, 1, 2, 3],
  );
});

test('11: stored at once', async (t) => {
  const answers = Array.from({ length: 40 }, () => writeToyTarget('3'));
  const { run, teach } = openTeacher(t, answers);
  const { teach: answer } = run.world;
  const storedThen: number[] = [];
  run.world.teach = (prompt, sample) => {
    storedThen.push([...run.store.listAttempts(TOY_RUN, 0)].length);
    return answer(prompt, sample);
  };
  await teach();
  const { maxInFlight } = toyPlan().engine;
  for (const [asked, stored] of storedThen.entries()) {
    assert.ok(stored >= asked - 2 * maxInFlight, `${stored} of ${asked} answers were stored`);
  }
});

test('12: which answer is kept', async (t) => {
  const long = `${'so '.repeat(5)}${BLOCK}${SUMMARY}${END}`;
  const { run, teach } = openTeacher(t, ['', '']);
  run.world.teach = (_prompt, sample) => ({ content: [writeToyTarget('4'), long, writeToyTarget('3')][sample]! });
  await teach({ samplesPerProblem: 3 });
  const read = (keep: Partial<ColdStartStage>) => {
    const stage = { ...COLD_START, ...keep };
    const plan = toyPlan({ stages: [stage, { ...SFT, data: stage.id }] });
    return [...readSftTexts({ ...run.ctx, plan }, { ...SFT, data: stage.id })];
  };
  for (const keep of [{}, { keep: 'first' }] as const) {
    assert.deepEqual(
      read(keep).map(({ target }) => target),
      [long, long],
    );
  }
  const shortest = read({ keep: 'shortest' });
  assert.deepEqual(
    shortest.map(({ problem, target }) => [problem.id, target]),
    ['p00', 'p01'].map((id) => [id, writeToyTarget('3')]),
  );
});

const countUse = (attempt: Parameters<typeof measureUse>[0]) => {
  const { promptTokens, completionTokens } = measureUse(attempt);
  return promptTokens + completionTokens;
};

test('13: token budget', async (t) => {
  const count = 30;
  const { run, asked, teach } = openTeacher(
    t,
    Array.from({ length: count }, () => writeToyTarget('3')),
  );
  const whole = openTeacher(
    t,
    Array.from({ length: count }, () => writeToyTarget('3')),
  );
  await whole.teach();
  const each = Math.max(...[...whole.run.store.listAttempts(TOY_RUN, 0)].map(countUse));
  assert.ok(each > 0);
  await assert.rejects(teach({ budgetTokens: 10 * each }), (error: Error) => {
    assert.ok(error instanceof BudgetSpent);
    assert.match(error.message, /^teach: the budget of \d+ tokens is used up \(\d+ so far\), \d+ problems are left/);
    return true;
  });
  const stored = [...run.store.listAttempts(TOY_RUN, 0)].length;
  assert.ok(stored >= 10 && stored < 10 + 2 * toyPlan().engine.maxInFlight, `${stored} stored`);
  assert.equal(asked.length, stored, 'what was asked is stored');
  await assert.rejects(teach({ budgetTokens: 10 * each }), BudgetSpent);
  assert.equal(asked.length, stored, 'nothing more is asked');
  assert.equal((await teach({ budgetTokens: 1000 * each })).accepted, count);
  assert.equal(asked.length, count);
});

test('14: tokens of an attempt', () => {
  const attempt = { status: 'rejected', raw: 'x'.repeat(9), reasoning: 'y'.repeat(4) } as const;
  assert.equal(countUse({ ...attempt, promptTokens: 5, completionTokens: 7 }), 12);
  assert.equal(countUse({ ...attempt, promptTokens: 5, completionTokens: null }), 9);
  assert.equal(countUse({ ...attempt, status: 'failed', promptTokens: null, completionTokens: null }), 0);
});
