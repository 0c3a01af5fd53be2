/**
 * The fault menu: a teacher on 127.0.0.1 that fails in one way, and what the user is told.
 *  1. each fault of the first table in docs/troubleshooting.md is told in the words of that table, without a stack, and
 *     with the exit code that goes with it; no fault is in only one of both places
 *  2. the symptoms of its second table stand in the sources in the same words
 *  3. a key that was wrong, a name that was wrong: the run goes on once they are right
 *  4. a run that is at work is shown as running, and resuming it is not advised; runs end puts a run away for good
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { type CliResult, runCli } from '../support/cli-process.ts';
import { generateArgs, readYield, writeProblems } from '../support/cold-start-run.ts';
import { type Answer, json, routes, startFaultServer, text } from '../support/fault-server.ts';
import { TEACHER_MODEL } from '../support/teacher-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { listSymptoms, toPattern } from '../support/troubleshooting-page.ts';

const folder = makeTempFolder('faults');
const ROOT = new URL('../../', import.meta.url);

const driven = listSymptoms('# Troubleshooting');
const seen = listSymptoms('Seen where');

const BLOCK = '<Parallel>\n<Path>\ncount to 3\n</Path>\n<Path>\nadd 1 and 2\n</Path>\n</Parallel>';
const choose = (content: string, finish_reason = 'stop') =>
  json({ choices: [{ index: 0, message: { content }, finish_reason }], usage: { prompt_tokens: 30 } });
const GOOD = choose(`${BLOCK}\n<Summary>\nBoth give 3.\n</Summary>\n\nFinal Answer: 3`);

/** A teacher whose answers the test can change, and the command that asks it. */
async function startTeacher(t: TestContext, name: string, answer: Answer, maxModelLen: number | null = null) {
  const state = { answer };
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
  const problems = Array.from({ length: 12 }, (_, i) => ({
    ...{ id: `p${i}`, problem: `What is ${i} plus 3 minus ${i}?`, answer: '3', solution: '#### 3' },
  }));
  const file = writeProblems(join(folder, `${name}.jsonl`), problems);
  return { state, db, args: generateArgs({ db, file, url: `${server.url}/v1`, maxInFlight: 2 }) };
}

/** What one fault is, and the exit code it must end with. */
interface Fault {
  readonly code: number;
  run(t: TestContext): Promise<CliResult>;
}

let started = 0;

/** `generate` with a teacher that answers so. */
function generating(
  code: number,
  answer: Answer,
  sets: readonly string[] = [],
  env: Record<string, string> = {},
): Fault {
  return {
    code,
    run: async (t) => {
      started += 1;
      const { args } = await startTeacher(t, `menu-${started}`, answer);
      return runCli([...args, ...sets.flatMap((set) => ['--set', set])], { env });
    },
  };
}

const KEY = 'stages.cold-start.teacher.apiKeyEnv=FAULTS_TEST_KEY';
const ENGINE_KEY = 'engine.apiKeyEnv=FAULTS_TEST_KEY';
const UNAUTHORIZED = json({ error: { message: 'Incorrect API key provided.' } }, 401);

/** Answers 429 to the first request. */
function busyOnce(): Answer {
  let isFirst = true;
  return (response, request) => {
    const answer = isFirst ? json({ error: { message: 'slow down' } }, 429, { 'retry-after': '0' }) : GOOD;
    isFirst = false;
    answer(response, request);
  };
}

/** A finished run, and what is done to its store afterwards. */
function afterwards(code: number, act: (db: string) => Promise<CliResult>): Fault {
  return {
    code,
    run: async (t) => {
      started += 1;
      const { args, db } = await startTeacher(t, `menu-${started}`, UNAUTHORIZED);
      assert.equal((await runCli(args)).code, 1);
      return act(db);
    },
  };
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'questions in a row failed (http_400), and none was accepted': generating(
    1,
    json({ error: { message: 'maximum context length is 8192' } }, 400),
  ),
  'has a context of … tokens, prompt included': {
    code: 0,
    run: async (t) => runCli((await startTeacher(t, 'context', GOOD, 8192)).args),
  },
  'questions in a row failed (odd_answer), and none was accepted': generating(1, text('<html>please sign in</html>')),
  'questions in a row failed (unfinished), and none was accepted': generating(1, choose('It', 'content_filter')),
  'nothing to train on: 0 of … accepted': generating(1, choose('It is 3.')),
  '401 …; check the key in the environment variable …': generating(1, UNAUTHORIZED, [KEY, ENGINE_KEY], {
    FAULTS_TEST_KEY: 'sk-of-the-test-0123456789',
  }),
  '401 …; it wants a key': generating(1, UNAUTHORIZED),
  'environment variable … is not set': generating(2, GOOD, [ENGINE_KEY]),
  'environment variable … holds no key': generating(2, GOOD, [ENGINE_KEY], {
    FAULTS_TEST_KEY: 'sk-first\nsecond-half',
  }),
  '404 … does not exist': generating(1, json({ error: { message: 'The model `x` does not exist.' } }, 404)),
  'connection refused: is the server running there?': {
    code: 1,
    run: async (t) => {
      const { args } = await startTeacher(t, 'nobody', GOOD);
      return runCli(args.map((word) => (word.startsWith('http://') ? 'http://127.0.0.1:9/v1' : word)));
    },
  },
  'calls repeated: rate_limited …': generating(0, busyOnce()),
  'cannot change when a run is resumed': afterwards(2, (db) => runCli(['resume', '--db', db, '--set', 'run.seed=99'])),
  'is in use by process …': afterwards(2, async (db) => {
    using _lock = acquireRunLock(db);
    return await runCli(['resume', '--db', db]);
  }),
  'its process ended without a word': afterwards(0, async (db) => {
    using store = openRunStore(db);
    store.setRunStatus(store.listRuns()[0]!.id, 'running', null);
    return await runCli(['runs', '--db', db]);
  }),
};

test('1: the page and the menu name the same faults', () => {
  assert.deepEqual(driven.toSorted(), Object.keys(FAULTS).toSorted());
});

for (const [symptom, { code, run }] of Object.entries(FAULTS)) {
  test(`1: ${symptom}`, async (t) => {
    const { code: ended, stdout, stderr } = await run(t);
    const said = `${stdout}\n${stderr}`;
    assert.match(said, toPattern(symptom));
    assert.equal(ended, code, said);
    assert.doesNotMatch(said, /\n\s+at |sk-of-the-test|second-half/);
    t.diagnostic(said.split('\n').find((line) => toPattern(symptom).test(line)) ?? '');
  });
}

test('2: symptoms that are not brought about here', () => {
  assert.ok(seen.length > 0);
  const sources = ['src', 'adapters'].flatMap((name) =>
    readdirSync(new URL(`${name}/`, ROOT), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(new URL(`${name}/${file}`, ROOT), 'utf8')),
  );
  for (const symptom of seen) {
    const pattern = new RegExp(toPattern(symptom).source.replaceAll('.*', '[^\\n]*'));
    assert.ok(
      sources.some((source) => pattern.test(source)),
      symptom,
    );
  }
});

test('3: repaired on resume', async (t) => {
  const { state, db, args } = await startTeacher(t, 'repaired', UNAUTHORIZED);
  assert.equal((await runCli(args)).code, 1);
  state.answer = (response, { headers, body }) => {
    const isKnown = headers.authorization === 'Bearer right-key-0123456789';
    const isNamed = body.model === 'right-name';
    const answer = isKnown ? (isNamed ? GOOD : json({ error: { message: 'does not exist' } }, 404)) : UNAUTHORIZED;
    answer(response, { headers, body } as never);
  };
  const sets = [KEY, ENGINE_KEY].flatMap((set) => ['--set', set]);
  const env = { FAULTS_TEST_KEY: 'right-key-0123456789' };
  const unnamed = await runCli(['resume', '--db', db, ...sets], { env });
  assert.equal(unnamed.code, 1);
  assert.match(unnamed.stderr, /404 does not exist/);
  const named = ['--set', 'engine.model=right-name', '--set', 'stages.cold-start.teacher.model=right-name'];
  const repaired = await runCli(['resume', '--db', db, ...named], { env });
  assert.equal(repaired.code, 0, repaired.stderr);
  assert.deepEqual(readYield(db), { accepted: 12 });
});

test('4: running, and ended', async (t) => {
  const { db, args } = await startTeacher(t, 'ended', UNAUTHORIZED);
  assert.equal((await runCli(args)).code, 1);
  const id = (() => {
    using store = openRunStore(db);
    const run = store.listRuns()[0]!;
    store.setRunStatus(run.id, 'running', null);
    return run.id;
  })();
  {
    using _lock = acquireRunLock(db);
    const { stdout } = await runCli(['show', '--db', db]);
    assert.match(stdout, /: running after/);
    assert.doesNotMatch(stdout, /parallel-r1 resume/);
  }
  const { stdout } = await runCli(['show', '--db', db]);
  assert.match(stdout, /: interrupted after/);
  assert.match(stdout, new RegExp(`parallel-r1 resume ${id}`));
  assert.equal((await runCli(['runs', 'end', id, '--db', db])).code, 0);
  const resumed = await runCli(['resume', '--db', db]);
  assert.equal(resumed.code, 2);
  assert.match(resumed.stderr, /no unfinished run/);
  assert.match((await runCli(['runs', '--db', db])).stdout, /ended by hand after 0 of 1 stages/);
});
