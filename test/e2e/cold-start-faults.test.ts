/**
 * A teacher that fails, through `generate`. One problem of several meets the fault:
 *  1. what passes (a storm of 429, 500, a cut connection or body, silence) is asked again until it is answered; repeated
 *     calls are stored per cause and told
 *  2. what is the request's own fault (context overflow) and what is no answer (broken JSON, HTML, another number of
 *     choices, one that was filtered, one that never comes) is a counted row with a code and what the server said, and the
 *     others go on
 *  3. what makes every answer impossible (a model that is not served) ends the run with one line that says so; what was
 *     answered before is kept, and resume goes on once the teacher is well
 *  4. a teacher that refuses everything ends the run after eight questions: exit 1, the server's sentence, the setting to
 *     change; show has the sentence; with another limit resume goes on and asks the refused questions again
 *  5. answers that are all rejected end the run with exit 1 and the commonest reason
 *  6. where the server tells its context, answers are asked for that fit into it
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { generateArgs, readYield, writeProblems } from '../support/cold-start-run.ts';
import { type Answer, cut, cutInBody, json, routes, silence, startFaultServer, text } from '../support/fault-server.ts';
import { TEACHER_MODEL } from '../support/teacher-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('cold-start-faults');

const PROBLEMS = Array.from({ length: 8 }, (_, i) => ({
  id: `p${i}`,
  problem: `Village ${i} has one red house and two blue ones. How many houses has it?`,
  answer: '3',
  solution: '#### 3',
}));

const BLOCK = '<Parallel>\n<Path>\ncount to 3\n</Path>\n<Path>\nadd 1 and 2\n</Path>\n</Parallel>';
const GOOD = {
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: `${BLOCK}\n<Summary>\nBoth give 3.\n</Summary>\n\nFinal Answer: 3` },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 30, completion_tokens: 90 },
};

/** A teacher that meets the problem of village 3 with the fault, `times` times. */
async function startSick(t: TestContext, name: string, fault: Answer, times: number) {
  const state = { left: times };
  const chat: Answer = (response, request) => {
    const isIll = JSON.stringify(request.body).includes('Village 3 ') && state.left > 0;
    if (isIll) state.left -= 1;
    (isIll ? fault : json(GOOD))(response, request);
  };
  const server = await startFaultServer(
    t,
    routes({
      '/health': json({}),
      '/v1/models': json({ data: [{ id: TEACHER_MODEL }] }),
      '/tokenize': json({ tokens: [1, 2, 3] }),
      '/v1/chat/completions': chat,
    }),
  );
  const db = join(folder, `${name}.db`);
  const file = writeProblems(join(folder, `${name}.jsonl`), PROBLEMS);
  const args = generateArgs({ db, file, url: `${server.url}/v1`, maxInFlight: 2 });
  return { db, state, args: [...args, '--set', 'engine.timeoutSeconds=1'] };
}

function readRetries(db: string): Record<string, number> {
  using store = openRunStore(db, { readonly: true });
  const points = store.listMetrics(store.listRuns()[0]!.id, 'engine/retries_');
  return Object.fromEntries(points.map(({ key, value }) => [key.slice('engine/retries_'.length), value]));
}

const PASSING: readonly (readonly [name: string, fault: Answer, cause: string])[] = [
  ['429', json({ error: { message: 'slow down' } }, 429, { 'retry-after': '0' }), 'rate_limited'],
  ['500', json({ error: { message: 'oops' } }, 500), 'server_error'],
  ['cut', cut, 'no_answer'],
  ['cut body', cutInBody, 'no_answer'],
  ['cut JSON', text('{"choices": [', 200, { 'content-type': 'application/json' }), 'no_answer'],
  ['silence', silence, 'timeout'],
];

for (const [name, fault, cause] of PASSING) {
  test(`1: ${name}`, async (t) => {
    const { db, args, state } = await startSick(t, name.replace(' ', '-'), fault, 2);
    const result = await runCli(args);
    assert.equal(result.code, 0, result.stderr);
    assert.equal(state.left, 0);
    assert.deepEqual(readYield(db), { accepted: PROBLEMS.length });
    assert.equal(readRetries(db)[cause], 2, JSON.stringify(readRetries(db)));
    assert.match(result.stderr, new RegExp(`8 of 8 accepted \\(100\\.0 %\\); calls repeated: .*${cause} 2`));
  });
}

const choose = (choice: object) => json({ choices: [{ ...GOOD.choices[0], ...choice }] });

const ROWS: readonly (readonly [name: string, fault: Answer, code: string, said: RegExp])[] = [
  [
    'context overflow',
    json({ error: { message: "This model's maximum context length is 4096 tokens. You requested 9000." } }, 400),
    'http_400',
    /maximum context length is 4096/,
  ],
  ['400 in a 200', json({ error: { message: 'flagged by policy', code: 400 } }), 'http_400', /flagged by policy/],
  [
    'broken JSON',
    text('{"choices": oops}', 200, { 'content-type': 'application/json' }),
    'odd_answer',
    /expected JSON/,
  ],
  ['sign-in page', text('<!DOCTYPE html><html>please sign in</html>'), 'odd_answer', /please sign in/],
  ['no choice', json({ ...GOOD, choices: [] }), 'odd_answer', /number of choices: asked for 1, got 0/],
  ['null choices', json({ ...GOOD, choices: null }), 'odd_answer', /an object with choices/],
  [
    'two choices',
    json({ ...GOOD, choices: [...GOOD.choices, ...GOOD.choices] }),
    'odd_answer',
    /number of choices: asked for 1, got 2/,
  ],
  ['no message', choose({ message: null }), 'unfinished', /no_message/],
  ['filtered', choose({ finish_reason: 'content_filter' }), 'unfinished', /"content_filter"/],
  ['aborted', choose({ finish_reason: 'abort' }), 'unfinished', /"abort"/],
  ['no finish reason', choose({ finish_reason: null }), 'unfinished', /"no_finish_reason"/],
];

for (const [name, fault, code, said] of ROWS) {
  test(`2: ${name}`, async (t) => {
    const { db, args } = await startSick(t, name.replaceAll(' ', '-'), fault, 1000);
    const result = await runCli(args);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(readYield(db), { accepted: PROBLEMS.length - 1, [code]: 1 });
    using store = openRunStore(db, { readonly: true });
    const [failed] = store.listFailedAttempts(store.listRuns()[0]!.id, 0);
    assert.match(failed?.message ?? '', said);
  });
}

const ENDING: readonly (readonly [name: string, fault: Answer, line: RegExp])[] = [
  ['unknown model', json({ error: { message: 'The model `x` does not exist.' } }, 404), /404 .*does not exist/],
];

for (const [name, fault, line] of ENDING) {
  test(`3: ${name}`, async (t) => {
    const { db, args, state } = await startSick(t, name.replace(' ', '-'), fault, 1000);
    const result = await runCli(args);
    assert.equal(result.code, 1, result.stderr);
    assert.match(result.stderr, line);
    assert.doesNotMatch(result.stderr, /\n\s+at /, 'no stack');
    assert.match(result.stderr, /Continue with: parallel-r1 resume/);
    const before = readYield(db).accepted!;
    assert.ok(before > 0 && before < PROBLEMS.length, `${before} kept`);
    state.left = 0;
    const resumed = await runCli(['resume', '--db', db]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(readYield(db), { accepted: PROBLEMS.length });
  });
}

/** A teacher with another way to answer, which the test can change. */
async function startTeacher(t: TestContext, name: string, maxModelLen: number | null = null) {
  const state: { answer: Answer } = { answer: json(GOOD) };
  const server = await startFaultServer(
    t,
    routes({
      '/health': json({}),
      '/v1/models': json({ data: [{ id: TEACHER_MODEL, max_model_len: maxModelLen }] }),
      '/tokenize': json({ tokens: [1, 2, 3] }),
      '/v1/chat/completions': (response, request) => state.answer(response, request),
    }),
  );
  const db = join(folder, `${name}.db`);
  const many = Array.from({ length: 40 }, (_, i) => ({
    ...PROBLEMS[0]!,
    id: `p${i}`,
    problem: `${i} plus 3 minus ${i}?`,
  }));
  const file = writeProblems(join(folder, `${name}.jsonl`), many);
  const chats = () => server.seen.filter(({ path }) => path === '/v1/chat/completions');
  return { state, chats, db, args: generateArgs({ db, file, url: `${server.url}/v1`, maxInFlight: 2 }) };
}

test('4: everything refused', async (t) => {
  const { state, chats, db, args } = await startTeacher(t, 'refused');
  const sentence = "This model's maximum context length is 8192 tokens, you asked for 16384.";
  state.answer = (response, request) =>
    (request.body.max_tokens > 4000 ? json({ error: { message: sentence } }, 400) : json(GOOD))(response, request);
  const result = await runCli(args);
  assert.equal(result.code, 1, result.stderr);
  assert.ok(result.stderr.includes(sentence), result.stderr);
  assert.match(result.stderr, /8 questions in a row failed \(http_400\), and none was accepted/);
  assert.match(result.stderr, /--set stages\.cold-start\.teacher\.maxTokens=N \(16384 now\)/);
  assert.ok(chats().length < 16, `${chats().length} questions were asked`);
  const shown = await runCli(['show', '--db', db]);
  assert.ok(shown.stdout.replaceAll(/\s+/g, ' ').includes(sentence), shown.stdout);
  assert.match(shown.stdout, /: failed after/);
  const resumed = await runCli(['resume', '--db', db, '--set', 'stages.cold-start.teacher.maxTokens=4000']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(readYield(db), { accepted: 40 });
  const again = await runCli(['show', '--json', '--db', db]);
  const report = JSON.parse(again.stdout);
  assert.equal(report.run.config.stages[0].teacher.maxTokens, 4000, 'the change is stored');
});

test('5: everything rejected', async (t) => {
  const { state, db, args } = await startTeacher(t, 'rejected');
  state.answer = choose({ message: { content: 'It is 3.' } });
  const result = await runCli(args);
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /cold-start: nothing to train on: 0 of 40 accepted .*no_block 40/);
  using store = openRunStore(db, { readonly: true });
  assert.equal(store.listRuns()[0]!.status, 'failed');
  assert.notEqual(store.listStages(store.listRuns()[0]!.id)[0]!.status, 'done');
});

test('6: a short context', async (t) => {
  const { state, chats, args } = await startTeacher(t, 'short', 8192);
  state.answer = (response, request) => {
    // As vLLM does: prompt and answer together, a token for every four characters.
    const { messages, max_tokens } = request.body;
    const fits = messages[0].content.length / 4 + max_tokens <= 8192;
    (fits ? json(GOOD) : json({ error: { message: 'too long for the context' } }, 400))(response, request);
  };
  const result = await runCli(args);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr, /context of 8192 tokens/);
  for (const { body } of chats()) assert.ok(body.max_tokens > 4096 && body.max_tokens < 8192, body.max_tokens);
});
