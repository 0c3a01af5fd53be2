/**
 * Options of `generate`, through the command line:
 *  1. --limit, --samples, --retry, --keep, --budget-tokens and --method reach the stage of the recipe; numbers out of
 *     bounds are refused
 *  2. --preview asks about so many problems, prints prompt, raw answer and judgement, and stores nothing; as JSON too
 *  3. --budget-tokens stops with exit code 0, says how to go on, and `resume --budget-tokens` does
 *  4. --samples, --keep and --rows-per-problem decide which answers are exported
 *  5. --budget-usd needs prices, stops like a token budget, and `resume --budget-usd` goes on
 *  6. --dry-run forecasts from the runs of the store
 *  7. --teacher alone is enough, and may be given once per server; what fails on one is asked of the other, with a warning
 *  8. doctor tells of the teacher: model, tags, thinking, one real problem
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { exportMessages, generateArgs, readYield, writeProblems } from '../support/cold-start-run.ts';
import { json, routes, startFaultServer } from '../support/fault-server.ts';
import { startTeacherServer, TEACHER_MODEL } from '../support/teacher-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('cold-start-options');

const PROBLEMS = Array.from({ length: 12 }, (_, i) => ({
  id: `p${i}`,
  problem: `Village ${i} has one red house and two blue ones. How many houses has it?`,
  answer: '3',
  solution: 'One and two are 1 + 2 = 3.\nSo there are 3 houses.\n#### 3',
}));

async function openTeacher(t: TestContext) {
  const recorded = PROBLEMS.map(({ id, problem }) => ({ id, problem, output: writeAnswer('They add up.') }));
  const teacher = await startTeacherServer({ problems: PROBLEMS, recorded });
  t.after(() => teacher.close());
  return teacher;
}

function writeAnswer(before: string): string {
  const block = '<Parallel>\n<Path>\ncount to 3\n</Path>\n<Path>\nadd 1 and 2\n</Path>\n</Parallel>';
  return `${before}\n\n${block}\n<Summary>\nBoth give 3.\n</Summary>\n\nFinal Answer: 3`;
}

const HEALTHY = {
  '/health': json({}),
  '/v1/models': json({ data: [{ id: TEACHER_MODEL }] }),
  '/tokenize': json({ tokens: [1, 2, 3] }),
};

function toChoice(content: string, index: number) {
  return { index, message: { role: 'assistant', content }, finish_reason: 'stop' };
}

function makeArgs(name: string, url: string) {
  const file = writeProblems(join(folder, `${name}.jsonl`), PROBLEMS);
  const db = join(folder, `${name}.db`);
  return { db, args: generateArgs({ db, file, url, maxInFlight: 2 }) };
}

test('1: options of the stage', async () => {
  const { args } = makeArgs('dry', 'http://127.0.0.1:9/v1');
  const options = '--limit 7 --samples 2 --retry 3 --keep shortest --budget-tokens 900 --method annotate'.split(' ');
  const result = await runCli([...args, ...options, '--dry-run', '--json']);
  assert.equal(result.code, 0, result.stderr);
  const [stage] = JSON.parse(result.stdout).config.stages;
  assert.deepEqual(
    [stage.limit, stage.samplesPerProblem, stage.retries, stage.keep, stage.budgetTokens, stage.method],
    [7, 2, 3, 'shortest', 900, 'annotate'],
  );
});

for (const [option, text] of Object.entries({ limit: '0', retry: '-1', 'budget-tokens': '1.5', preview: 'x' })) {
  test(`1: --${option}=${text} is refused`, async () => {
    const { args } = makeArgs('refused', 'http://127.0.0.1:9/v1');
    const result = await runCli([...args, `--${option}=${text}`]);
    assert.equal(result.code, 2);
    assert.match(result.stderr, new RegExp(`--${option} is "${text}"; it must be a whole number`));
  });
}

test('1: a teacher that is no URL is refused', async () => {
  const { db, args } = makeArgs('no-url', 'http://127.0.0.1:9/v1');
  const result = await runCli([...args, '--teacher', 'nonsense']);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /--teacher is "nonsense"; it must be a URL such as/);
  assert.equal(existsSync(db), false);
});

test('2: preview', async (t) => {
  const teacher = await openTeacher(t);
  const { db, args } = makeArgs('preview', teacher.url);
  const result = await runCli([...args, '--preview', '2']);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(teacher.asked, 2);
  assert.equal(existsSync(db), false);
  assert.match(result.stdout, /=== 1 of 2: p0, sample 0 ===\n--- prompt ---\n/);
  assert.match(result.stdout, /\nProblem: Village 0 has one red house/);
  assert.match(result.stdout, /--- raw answer ---\nThey add up\./);
  assert.match(result.stdout, /--- outcome ---\naccepted, answer 3, reference 3\n/);
});

test('2: preview as JSON', async (t) => {
  const teacher = await openTeacher(t);
  const { args } = makeArgs('preview-json', teacher.url);
  const result = await runCli([...args, '--preview', '1', '--json']);
  assert.equal(result.code, 0, result.stderr);
  const [one, ...others] = JSON.parse(result.stdout);
  assert.equal(others.length, 0);
  assert.deepEqual([one.id, one.status, one.code, one.gold], ['p0', 'accepted', null, '3']);
  assert.match(one.prompt, /Village 0/);
  assert.match(one.raw, /^They add up/);
});

test('3: token budget', async (t) => {
  const teacher = await openTeacher(t);
  const { db, args } = makeArgs('budget', teacher.url);
  const stopped = await runCli([...args, '--budget-tokens', '2000']);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stderr, /the budget of 2000 tokens is used up/);
  assert.match(stopped.stderr, /resume --budget-tokens MORE/);
  const { asked } = teacher;
  assert.ok(asked < PROBLEMS.length, `${asked} asked`);
  assert.equal(readYield(db).accepted, asked);
  assert.equal(readStatus(db), 'interrupted');
  const resumed = await runCli(['resume', '--budget-tokens', '1000000', '--db', db]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal(teacher.asked, PROBLEMS.length);
  assert.equal(readYield(db).accepted, PROBLEMS.length);
  assert.equal(readStatus(db), 'done');
});

test('4: keep', async (t) => {
  const texts = [writeAnswer('They add up, as houses do.'), writeAnswer('They add up.')];
  const server = await startFaultServer(
    t,
    routes({
      ...HEALTHY,
      '/v1/chat/completions': json({ choices: texts.map(toChoice), usage: { prompt_tokens: 3, completion_tokens: 9 } }),
    }),
  );
  for (const [keep, start] of [
    ['first', 'They add up, as houses do.'],
    ['shortest', 'They add up.\n'],
  ] as const) {
    const { db, args } = makeArgs(`keep-${keep}`, `${server.url}/v1`);
    const result = await runCli([...args, '--samples', '2', '--keep', keep, '--limit', '3']);
    assert.equal(result.code, 0, result.stderr);
    assert.equal(readYield(db).accepted, 6);
    const lines = readFileSync(await exportMessages(db, join(folder, `keep-${keep}.out.jsonl`)), 'utf8').trimEnd();
    const targets = lines.split('\n').map((line) => JSON.parse(line).messages.at(-1).content as string);
    assert.equal(targets.length, 3);
    for (const target of targets) assert.ok(target.startsWith(start), target);
  }
});

test('4: rows per problem', async (t) => {
  const dull = writeAnswer('Dull.').replace('add 1 and 2', 'count to 3.');
  const other = writeAnswer('Both ways lead there, as one sees at once.').replace(
    'count to 3',
    'draw the houses in a row',
  );
  const texts = [dull, writeAnswer('They add up.'), other];
  const server = await startFaultServer(
    t,
    routes({
      ...HEALTHY,
      '/v1/chat/completions': json({ choices: texts.map(toChoice), usage: { prompt_tokens: 3, completion_tokens: 9 } }),
    }),
  );
  const { db, args } = makeArgs('rows', `${server.url}/v1`);
  const options = ['--samples', '3', '--keep', 'diverse', '--rows-per-problem', '2', '--limit', '2'];
  const result = await runCli([...args, ...options]);
  assert.equal(result.code, 0, result.stderr);
  const lines = readFileSync(await exportMessages(db, join(folder, 'rows.out.jsonl')), 'utf8')
    .trimEnd()
    .split('\n');
  const starts = lines.map((line) => JSON.parse(line).messages.at(-1).content.split(/[ .]/, 1)[0]);
  assert.deepEqual(starts, ['They', 'Both', 'They', 'Both']);
});

test('5: a budget in dollars', async (t) => {
  const teacher = await openTeacher(t);
  const { db, args } = makeArgs('dollars', teacher.url);
  const without = await runCli([...args, '--budget-usd', '1']);
  assert.equal(without.code, 2);
  assert.match(
    without.stderr,
    /stages\.cold-start\.budgetUsd: needs the prices of the teacher: set teacher\.prices, for instance .*\(--budget-usd\)/,
  );
  const prices = ['--set', 'stages.0.teacher.prices={promptPerMillion: 1000, completionPerMillion: 1000}'];
  const stopped = await runCli([...args, ...prices, '--budget-usd', '2']);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stderr, /the budget of \$2 is used up \(\$\d\.\d\d so far\)/);
  const { asked } = teacher;
  assert.ok(asked < PROBLEMS.length, `${asked} asked`);
  const resumed = await runCli(['resume', '--budget-usd', '100', '--db', db]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal(teacher.asked, PROBLEMS.length);
});

test('6: a forecast', async (t) => {
  const teacher = await openTeacher(t);
  const { args } = makeArgs('forecast', teacher.url);
  assert.equal((await runCli([...args, '--limit', '6'])).code, 0);
  const prices = ['--set', 'stages.0.teacher.prices={promptPerMillion: 1, completionPerMillion: 1}'];
  const result = await runCli([...args, ...prices, '--dry-run', '--json']);
  const { forecasts } = JSON.parse(result.stdout);
  assert.equal(forecasts.length, 1);
  assert.match(
    forecasts[0],
    /^cold-start: forecast for 12 problems: about \d+ tokens, \$0\.0\d, (.*, )?12 rows \(from 6 attempts of run /,
  );
});

test('7: several teachers', async (t) => {
  const teacher = await openTeacher(t);
  const { db, args } = makeArgs('teachers', 'http://127.0.0.1:9/v1');
  const servers = ['--teacher', 'http://127.0.0.1:9/v1', '--teacher', teacher.url, '--teacher-model', TEACHER_MODEL];
  const result = await runCli([...withoutEngine(args), ...servers]);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr, /http:\/\/127\.0\.0\.1:9 is down/);
  assert.equal(teacher.asked, PROBLEMS.length);
  assert.deepEqual(readYield(db), { accepted: PROBLEMS.length });
});

test('8: doctor', async (t) => {
  const echo = '<Parallel><Path>one</Path><Path>two</Path></Parallel><Summary>three</Summary>';
  const says = async (answers: readonly object[]) => {
    let next = 0;
    const server = await startFaultServer(
      t,
      routes({
        '/health': json({}),
        '/v1/models': json({ data: [{ id: 'm', max_model_len: 32_768 }] }),
        '/v1/chat/completions': (response, request) =>
          json({ choices: [toChoice('', 0)], ...answers[next++] })(response, request),
      }),
    );
    const problems = writeProblems(join(folder, 'doctor.jsonl'), PROBLEMS);
    const args = ['doctor', '--teacher', `${server.url}/v1`, '--teacher-model', 'm', '--problems', problems, '--json'];
    const result = await runCli([...args, '--set', 'stages.0.maxTargetTokens=4096', '--db', join(folder, 'none.db')]);
    const findings: { area: string; status: string; detail: string }[] = JSON.parse(result.stdout);
    return findings.filter(({ area }) => area === 'teacher').map(({ status, detail }) => `${status} ${detail}`);
  };
  const thinking = { role: 'assistant', content: 'I think. 3', reasoning_content: 'hm' };
  const good = [
    { choices: [toChoice(echo, 0)] },
    { choices: [{ index: 0, message: thinking, finish_reason: 'stop' }], usage: { completion_tokens: 9 } },
  ];
  assert.deepEqual(await says(good), [
    'ok m, 32768 tokens',
    'ok tags come back as they were sent',
    'ok problem p0 tried: rejected as no_final_answer, 9 tokens; single answers often are',
    'ok thinking comes on a channel of its own',
  ]);
  const [, stripped] = await says([{ choices: [toChoice('one two three', 0)] }, good[1]!]);
  assert.equal(
    stripped,
    'fail asked to repeat a line, it left out <Parallel> </Parallel> <Path> </Path> <Summary> </Summary>',
  );
});

/** The same command without the engine it names. */
function withoutEngine(args: readonly string[]): string[] {
  const kept = args.filter((arg, i) => arg !== '--engine' && args[i - 1] !== '--engine');
  return kept.filter((arg, i) => arg !== '--model' && kept[i - 1] !== '--model');
}

function readStatus(db: string): string | undefined {
  using store = openRunStore(db, { readonly: true });
  return store.listRuns()[0]?.status;
}
