/**
 * Cold-start data by annotation:
 *  1. an accepted row: target, both answers as they came, the hash of the annotating template, tokens of both calls
 *  2. a solution that is cut, unfinished, without its answer line or wrong is never annotated; `raw` is null then
 *  3. every code of an annotated answer is reached by a real text
 *  4. every right solution of a problem is annotated for itself, with a seed of its own; the teacher's settings hold for both calls
 *  5. an annotation the engine refuses is a failed row that keeps the solution; other samples are judged
 *  6. attempts in the store are not asked for again
 *  7. `reverify` judges annotated answers and leaves the others alone
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { ColdStartStage } from '../../src/core/curriculum.ts';
import type { Problem } from '../../src/core/problem.ts';
import { EngineError } from '../../src/errors.ts';
import { runColdStart } from '../../src/pipeline/cold-start/run-cold-start.ts';
import { reverifyAttempts } from '../../src/pipeline/reverify/reverify-attempts.ts';
import type { ChatRequest } from '../../src/ports/engine.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, TOY_RUN } from '../support/pipeline-toy-run.ts';
import { createToyWorld, type ToyAnswer } from '../support/pipeline-toy-world.ts';

const TAIL = '\nso 3\nFinal Answer: 3';
const SOLUTION = `A:count 3\nB:sum 3${TAIL}`;
const PATHS = '<Path>A:count 3</Path><Path>B:sum 3</Path>';
const BLOCK = `<Parallel>${PATHS}</Parallel>\n<Summary>so 3</Summary>`;
const ANNOTATED = BLOCK + TAIL;

type Said = string | ToyAnswer;

/** Solutions that are not annotated, by the code they must get. */
const BAD_SOLUTIONS: readonly (readonly [code: string, solution: Said])[] = [
  ['truncated', { content: SOLUTION, finish: 'length' }],
  ['thinking_unclosed', `<think>hm ${SOLUTION}`],
  ['empty', '<think>hm</think>'],
  ['no_final_answer', 'so 3'],
  ['text_after_final_answer', `${SOLUTION}\nso`],
  ['wrong_solution', SOLUTION.replaceAll('3', '4')],
];

/** What the teacher may make of SOLUTION, by the code it must get. */
const ANNOTATIONS: readonly (readonly [code: string, annotated: Said])[] = [
  ['accepted', ANNOTATED],
  ['truncated', { content: ANNOTATED, finish: 'length' }],
  ['thinking_unclosed', `<think>hm ${ANNOTATED}`],
  ['empty', ' '],
  ['missing_summary', `<Parallel>${PATHS}</Parallel>${TAIL}`],
  ['no_block', SOLUTION],
  ['text_changed', ANNOTATED.replace('so 3\nFinal', 'sum 3\nFinal')],
  ['content_lost', ANNOTATED.replaceAll('count', 'so').replace('sum', 'so')],
  ['content_added', ANNOTATED.replace('</Parallel>', '<Path>guess blindly twice</Path></Parallel>')],
  ['paths_depend', ANNOTATED.replace('sum 3', 'sum 3, see first path')],
  ['final_answer_in_block', `<Parallel>${PATHS}</Parallel>\n<Summary>so 3 Final Answer: 3</Summary>`],
  ['untokenizable', ANNOTATED.replace('A:', '- A:')],
  ['too_long', ANNOTATED.replace('A:count', `A:${'so '.repeat(60)}count`)],
];

function makeProblems(count: number): Problem[] {
  return Array.from({ length: count }, (_, i) => ({ id: `p${i}`, source: 'toy', text: `What is ${i}1?`, answer: '3' }));
}

interface Script {
  readonly solve: (problem: number, sample: number) => Said;
  readonly annotate: (problem: number, solution: string) => Said;
}

function openTeacher(t: TestContext, count: number, { solve, annotate }: Script) {
  const asked: ChatRequest[] = [];
  const problems = makeProblems(count);
  const world = createToyWorld((prompt, sample) => {
    const index = problems.findIndex(({ text }) => prompt.endsWith(` ${text}`));
    const solution = /^Mark: (.*) for What/s.exec(prompt)?.[1];
    const said = solution === undefined ? solve(index, sample) : annotate(index, solution);
    return typeof said === 'string' ? { content: said } : said;
  });
  const run = openTempRun(t, { world, problems });
  const teacherOf: typeof run.ctx.teacherOf = (stage) => {
    const teacher = run.ctx.teacherOf(stage);
    const chat: typeof teacher.engine.chat = (request, signal) => {
      asked.push(request);
      return teacher.engine.chat(request, signal);
    };
    return { ...teacher, engine: { ...teacher.engine, chat } };
  };
  const stage: ColdStartStage = { ...COLD_START, samplesPerProblem: 1, method: 'annotate' };
  const teach = (over: Partial<ColdStartStage> = {}) =>
    runColdStart({ ctx: { ...run.ctx, teacherOf }, stage: { ...stage, ...over }, index: 0 });
  const listAttempts = () => [...run.store.listAttempts(TOY_RUN, 0)];
  return { run, asked, teach, listAttempts };
}

function byIndex(said: readonly (readonly [code: string, said: Said])[]) {
  return (problem: number) => said[problem]![1];
}

function codes(attempts: readonly { problem: Problem; code: string | null }[]): string[] {
  const inOrder = [...attempts].sort((a, b) => Number(a.problem.id.slice(1)) - Number(b.problem.id.slice(1)));
  return inOrder.map(({ code }) => code ?? 'accepted');
}

test('1: an accepted row', async (t) => {
  const thought = `<think>let me see</think>\n${SOLUTION}\n`;
  const loose = `<think>where</think>${ANNOTATED.replaceAll('><', '>\n<')}\n`;
  const { asked, teach, listAttempts } = openTeacher(t, 1, { solve: () => thought, annotate: () => loose });
  assert.equal((await teach()).accepted, 1);
  const [row] = listAttempts();
  assert.equal(row?.target, ANNOTATED);
  assert.equal(row?.raw, loose);
  assert.equal(row?.reasoning, thought);
  assert.equal(row?.promptHash, 'annotate-hash');
  assert.equal(row?.verdict?.verdict, 'correct');
  assert.equal(row?.completionTokens, thought.length + loose.length);
  assert.equal(row?.promptTokens, asked[0]!.prompt.length + asked[1]!.prompt.length);
  assert.deepEqual(
    asked.map(({ prompt }) => prompt),
    ['Solve: What is 01?', `Mark: ${SOLUTION} for What is 01?`],
  );
});

test('2: solutions that are not annotated', async (t) => {
  const script = { solve: byIndex(BAD_SOLUTIONS), annotate: () => assert.fail('asked') };
  const { asked, teach, listAttempts } = openTeacher(t, BAD_SOLUTIONS.length, script);
  await teach();
  const rows = listAttempts();
  assert.deepEqual(
    codes(rows),
    BAD_SOLUTIONS.map(([code]) => code),
  );
  assert.equal(asked.length, BAD_SOLUTIONS.length);
  assert.ok(rows.every(({ raw, reasoning, status }) => raw === null && reasoning !== null && status === 'rejected'));
  const wrong = rows.find(({ code }) => code === 'wrong_solution');
  assert.equal(wrong?.verdict?.verdict, 'incorrect');
  assert.equal(wrong?.extracted, '4');
});

test('3: every code of an annotation', async (t) => {
  const { teach, listAttempts } = openTeacher(t, ANNOTATIONS.length, {
    solve: () => SOLUTION,
    annotate: byIndex(ANNOTATIONS),
  });
  const report = await teach({ minBlocks: 0 });
  assert.deepEqual(
    codes(listAttempts()),
    ANNOTATIONS.map(([code]) => code),
  );
  assert.equal(report.accepted, 1);
  assert.ok(listAttempts().every(({ reasoning, raw }) => reasoning === SOLUTION && raw !== null));
});

test('4: samples', async (t) => {
  const { asked, teach, listAttempts } = openTeacher(t, 1, {
    solve: (_, sample) => (sample === 1 ? 'so 4\nFinal Answer: 4' : SOLUTION),
    annotate: () => ANNOTATED,
  });
  await teach({ samplesPerProblem: 3 });
  assert.deepEqual(
    listAttempts().map(({ code }) => code),
    [null, 'wrong_solution', null],
  );
  assert.deepEqual(
    asked.map(({ n }) => n),
    [3, 1, 1],
  );
  assert.equal(new Set(asked.map(({ seed }) => seed)).size, 3);
  for (const { model, temperature, topP, maxTokens } of asked) {
    const { url: _, apiKeyEnv: __, ...settings } = COLD_START.teacher;
    assert.deepEqual({ model, temperature, topP, maxTokens }, settings);
  }
});

test('5: a refused annotation', async (t) => {
  let refused = 0;
  const { teach, listAttempts } = openTeacher(t, 1, {
    solve: () => SOLUTION,
    annotate: () => {
      refused += 1;
      if (refused === 1) throw new EngineError('400 too long', { status: 400 });
      return ANNOTATED;
    },
  });
  const report = await teach({ samplesPerProblem: 2 });
  assert.deepEqual(report, { attempts: 2, accepted: 1, rejected: [{ code: 'http_400', count: 1 }] });
  const failed = listAttempts().find(({ status }) => status === 'failed');
  assert.equal(failed?.raw, '400 too long');
  assert.equal(failed?.reasoning, SOLUTION);
});

test('6: not asked again', async (t) => {
  const { asked, teach } = openTeacher(t, 2, { solve: () => SOLUTION, annotate: () => ANNOTATED });
  await teach();
  assert.equal(asked.length, 4);
  assert.equal((await teach()).accepted, 2);
  assert.equal(asked.length, 4);
});

test('7: reverify', async (t) => {
  const { run, teach } = openTeacher(t, 2, {
    solve: (problem) => (problem === 0 ? SOLUTION : SOLUTION.replaceAll('3', '4')),
    annotate: () => ANNOTATED,
  });
  await teach();
  let judged = 0;
  const ctx = { ...run.ctx, studentTemplate: run.ctx.studentTemplate.text };
  for await (const batch of reverifyAttempts(ctx, 0, false)) {
    judged += batch.judged;
    assert.deepEqual(batch.changes, []);
  }
  assert.equal(judged, 1);
});
