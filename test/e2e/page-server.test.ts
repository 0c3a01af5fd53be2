/**
 * The server of the live page:
 *  1. the page, its script, style and data are there for who has the token, and for nobody else
 *  2. another name in `Host` or `Origin` is refused, whatever the token is, and so is everything but reading
 *  3. every answer carries a policy that lets nothing be loaded from elsewhere
 *  4. lists come in pages that follow one another, filtered; a rollout of another run is not shown
 *  5. whoever watches hears that the store changed
 *  6. a port that is taken is told in one line
 *  7. `/metrics` is there for who has the token, in the address or in a header, with the run's newest figures and counts
 *  8. `view` takes the token of the environment, refuses one that is easily guessed in one line, and says of a run whose
 *     process is gone that it is interrupted
 *  9. the paper's tables beside the store come with the arms of its newest experiment, and the file of the run holds the same
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import test, { type TestContext } from 'node:test';
import { openPageServer } from '../../adapters/page-server/open-page-server.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import { UsageError } from '../../src/errors.ts';
import type { FileReport, PageOverview, RolloutPage } from '../../src/report/page-data.ts';
import type { StoreReproduction } from '../../src/report/reproduction.ts';
import { runCli, startCli } from '../support/cli-process.ts';
import { saveArm } from '../support/experiment-arms.ts';
import { servePage, writePageRun } from '../support/page-run.ts';
import * as sample from '../support/run-store-samples.ts';

async function open(t: TestContext) {
  const written = writePageRun(t, { problem: 'How many?', text: 'split' });
  const { url } = await servePage(t, written.store, written.runId);
  const address = new URL(url);
  const ask = (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
    token: string | null = 'a-token-for-tests',
  ) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const full = new URL(path, address);
      if (token !== null) full.searchParams.set('token', token);
      request(full, { headers, method }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      })
        .on('error', reject)
        .end();
    });
  return { ...written, address, ask };
}

const PATHS = [
  '/metrics',
  '/',
  '/page.js',
  '/page.css',
  '/api/overview',
  '/api/rollouts',
  '/api/grids',
  '/api/funnels',
  '/api/reproduction',
  '/events',
];

test('1: the token', async (t) => {
  const { ask } = await open(t);
  for (const path of PATHS) {
    for (const wrong of ['', 'a-token-for-test', 'a-token-for-testx']) {
      assert.equal((await ask(path, {}, 'GET', wrong)).status, 403, `${path} with ${JSON.stringify(wrong)}`);
    }
    if (path !== '/events') assert.equal((await ask(path)).status, 200, path);
  }
  assert.match((await ask('/')).body, /<title>a &lt;run><\/title>/);
  assert.equal((await ask('/api/nothing')).status, 404);
  assert.equal((await ask('/api/constructor')).status, 404);
  assert.equal((await ask('/../package.json')).status, 404);
});

test('2: names and methods', async (t) => {
  const { ask, address } = await open(t);
  assert.equal((await ask('/', { host: `evil.example:${address.port}` })).status, 403);
  assert.equal((await ask('/', { host: `127.0.0.1:1` })).status, 403);
  assert.equal((await ask('/', { host: `localhost:${address.port}` })).status, 200);
  assert.equal((await ask('/api/overview', { origin: 'http://evil.example' })).status, 403);
  assert.equal((await ask('/api/overview', { origin: address.origin })).status, 200);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    assert.equal((await ask('/', {}, method)).status, 405, method);
});

test('3: the policy', async (t) => {
  const { ask } = await open(t);
  for (const path of PATHS.slice(0, -1)) {
    const { headers } = await ask(path);
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
      path,
    );
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe|https?:|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
});

test('4: pages', async (t) => {
  const { ask, store } = await open(t);
  const list = async (query: string) => JSON.parse((await ask(`/api/rollouts?${query}`)).body) as RolloutPage;
  const all = await list('');
  assert.equal(all.total, 24);
  const wrong = await list('correct=false&stageIndex=2');
  assert.deepEqual(
    wrong.rows.map(({ step, group, sample: attempt }) => [step, group, attempt]),
    [
      [1, 0, 0],
      [2, 0, 0],
    ],
  );
  const rest = await list(`after=${all.rows[9]!.id}`);
  assert.deepEqual(
    rest.rows.map(({ id }) => id),
    all.rows.slice(10).map(({ id }) => id),
  );
  store.createRun(sample.sampleRun({ id: 'other' }), [sample.sampleStage()]);
  store.saveRollouts('other', [sample.sampleRollout()]);
  const [foreign] = store.listRollouts('other', {}, { after: null, size: 1 });
  assert.equal((await ask(`/api/rollout?id=${foreign!.id}`)).status, 404);
  assert.equal((await ask(`/api/rollout?id=${all.rows[0]!.id}`)).status, 200);
});

test('5: watching', async (t) => {
  const { address, file, runId } = await open(t);
  const path = new URL(`/events${address.search}`, address);
  const heard = new Promise<string>((resolve, reject) => {
    const asked = request(path, (response) => {
      assert.match(String(response.headers['content-type']), /^text\/event-stream/);
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (chunk.includes('watching')) write();
        if (/^data: /m.test(chunk)) resolve(chunk);
      });
    }).on('error', reject);
    t.after(() => asked.destroy());
    asked.end();
  });
  const write = () => {
    using writer = openRunStore(file);
    writer.saveMetrics(runId, [{ stageIndex: 2, step: 1, key: 'x', value: 1 }]);
  };
  assert.match(await heard, /^data: \d+$/m);
});

test('6: a port that is taken', async (t) => {
  const { address } = await open(t);
  const metrics = { type: 'text/plain', read: () => '' };
  const shown = { title: 'x', script: '', style: '', answer: async () => undefined };
  const options = { token: 'x', ...shown, metrics, version: () => 0 };
  await assert.rejects(openPageServer({ ...options, port: Number(address.port) }), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /^--port \d+ cannot be used \(EADDRINUSE\): give another one, or none$/);
    return true;
  });
});

test('7: metrics', async (t) => {
  const { ask, store, runId } = await open(t);
  store.saveMetrics(runId, [
    { stageIndex: 2, step: 1, key: 'odd key"\\', value: Number.NaN },
    { stageIndex: 3, step: 9, key: 'rollout/parallel_fraction', value: Number.POSITIVE_INFINITY },
  ]);
  const { headers, body } = await ask('/metrics');
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const byHeader = (value: string) => ask('/metrics', { authorization: value }, 'GET', null);
  assert.deepEqual((await byHeader('Bearer a-token-for-tests')).body, body);
  assert.equal((await byHeader('Bearer a-token-for-test')).status, 403);
  assert.equal((await ask('/metrics', {}, 'GET', null)).status, 403);
  for (const line of [
    `parallel_r1_run_info{run="${runId}",name="sample",preset="embedded",version="0.0.0-test",status="done"} 1`,
    'parallel_r1_step{run="run-1",stage="rl-hard"} 9',
    'parallel_r1_rollouts_total{run="run-1",stage="rl-easy",purpose="train",outcome="incorrect"} 2',
    'parallel_r1_attempts_total{run="run-1",stage="cold-start",status="rejected",code="wrong_answer"} 1',
    'parallel_r1_rollout_parallel_fraction{run="run-1",stage="rl-hard",key="rollout/parallel_fraction"} +Inf',
    'parallel_r1_eval_mean_accuracy{run="run-1",stage="rl-hard",key="eval/hard/mean_accuracy",set="hard"} 0.5',
    'parallel_r1_odd_key__{run="run-1",stage="rl-easy",key="odd key\\"\\\\"} NaN',
  ])
    assert.ok(body.split('\n').includes(line), `${line} is missing in ${body}`);
});

test('8: the token of the environment', async (t) => {
  const { file, store, runId } = writePageRun(t, { problem: 'How many?', text: 'split' });
  store.setRunStatus(runId, 'running', null);
  const guessed = await runCli(['view', '--db', file], { env: { PARALLEL_R1_VIEW_TOKEN: 'short' } });
  assert.equal(guessed.code, 2);
  assert.match(guessed.stderr, /^parallel-r1: PARALLEL_R1_VIEW_TOKEN must have 16 characters or more, .*\n$/);
  const env = { PARALLEL_R1_VIEW_TOKEN: 'a-token-of-the-environment' };
  const { child } = startCli(['view', '--db', file], { env });
  t.after(() => child.kill());
  const [line] = (await once(child.stdout!, 'data')) as [string];
  const url = new URL(line.trim());
  assert.equal(url.searchParams.get('token'), env.PARALLEL_R1_VIEW_TOKEN);
  const overview = await fetch(new URL(`/api/overview?token=${env.PARALLEL_R1_VIEW_TOKEN}`, url));
  assert.equal(((await overview.json()) as PageOverview).run.status, 'interrupted');
});

test('9: beside the paper', async (t) => {
  const { ask, store, file, runId } = await open(t);
  const base = runConfigSchema.parse(PRESETS.embedded);
  saveArm(store, { id: 'arm', base, preset: 'embedded', arm: 'no-easy', seed: 1, right: 3, createdAtMs: 1 });
  const answer = JSON.parse((await ask('/api/reproduction')).body) as StoreReproduction;
  assert.deepEqual(answer.experiment, { preset: 'embedded', changes: [], arms: 1, seeds: [1], others: 0 });
  const { rows } = answer.tables.find(({ table }) => table.id === 'stages')!;
  assert.deepEqual([rows[0]!.ours, rows[0]!.filledBy], [null, 'parallel']);
  assert.deepEqual([rows[1]!.ours!.runIds, rows[1]!.ours!.sets[0]!.accuracy.mean], [['arm'], 0.75]);
  const out = `${file}.html`;
  assert.equal((await runCli(['report', runId, '--db', file, '--out', out])).code, 0);
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(readFileSync(out, 'utf8'))!;
  assert.deepEqual((JSON.parse(data[1]!) as FileReport).reproduction, answer);
});
