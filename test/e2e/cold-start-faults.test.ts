/**
 * A teacher that fails, through `generate`. One problem of several meets the fault:
 *  1. what passes (a storm of 429, 500, a cut connection or body, silence) is asked again until it is answered; repeated
 *     calls are stored per cause and told
 *  2. what is the request's own fault (context overflow) is a counted row, and the others go on
 *  3. what makes every answer useless (broken JSON, another number of choices, a model that is not served) ends the run
 *     with one line that says so; what was answered before is kept, and resume goes on once the teacher is well
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

test('2: context overflow', async (t) => {
  const message = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens.";
  const { db, args } = await startSick(t, 'overflow', json({ error: { message } }, 400), 1000);
  const result = await runCli(args);
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(readYield(db), { accepted: PROBLEMS.length - 1, transport: 1 });
  using store = openRunStore(db, { readonly: true });
  const [failed] = store.listAttempts(store.listRuns()[0]!.id, 0, 'failed');
  assert.match(failed?.raw ?? '', /maximum context length is 4096/);
});

const ENDING: readonly (readonly [name: string, fault: Answer, line: RegExp])[] = [
  ['broken JSON', text('{"choices": oops}', 200, { 'content-type': 'application/json' }), /JSON/],
  ['no choice', json({ ...GOOD, choices: [] }), /number of choices: asked for 1, got 0/],
  [
    'two choices',
    json({ ...GOOD, choices: [...GOOD.choices, ...GOOD.choices] }),
    /number of choices: asked for 1, got 2/,
  ],
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
