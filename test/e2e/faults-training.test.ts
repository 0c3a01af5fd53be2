/**
 * The fault menu of engine and trainer: a run of a few steps on the embedded server, behind a proxy that fails in one way,
 * and what the user is told.
 *  1. each fault of the table "While sampling and training" in docs/troubleshooting.md is told in the words of that table,
 *     without a stack, and with the exit code that goes with it; no fault is in only one of both places
 *  2. what passes by itself (statuses, a cut body, an empty answer, an error in a 200) ends no run
 *  3. a wrong key and a wrong name of the engine: the run goes on once they are right
 *  4. a run that was killed with its terminal goes on where it was
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { identifyProcess, isRunning } from '../../scripts/live/process-family.ts';
import { type CliResult, listChildren, runCli, startCli } from '../support/cli-process.ts';
import { startEmbeddedServe } from '../support/embedded-trainer-process.ts';
import { type FaultProxy, startFaultProxy, to } from '../support/fault-proxy.ts';
import { type Answer, cutInBody, json, text } from '../support/fault-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { listSymptoms, toPattern } from '../support/troubleshooting-page.ts';

const folder = makeTempFolder('faults-training');

const sums = (count: number) => `[{kind: word-sums, level: easy, split: train, count: ${count}, seed: 1}]`;
const flags = (settings: readonly string[]) => settings.flatMap((setting) => ['--set', setting]);

const RL = [
  ...['rl', '--preset', 'embedded', '--stage', 'rl-easy'],
  ...flags([
    ...[
      'stages.rl-easy.steps=3',
      'stages.rl-easy.batchSize=2',
      'stages.rl-easy.groupSize=2',
      'stages.rl-easy.gate=null',
    ],
    ...['stages.rl-easy.evalEvery=0', `stages.rl-easy.problems=${sums(20)}`, 'eval.sets=[]'],
  ]),
];
const SFT = [
  ...['sft', '--preset', 'embedded'],
  ...flags([
    ...[`stages.cold-start.problems=${sums(40)}`, 'stages.sft.maxSteps=3', 'stages.sft.batchSize=8'],
    ...['stages.sft.until=null', 'stages.sft.saveEvery=1', 'eval.sets=[]'],
  ]),
];

let started = 0;

/** Runs a command against the server behind the proxy, to which `act` has been done. */
async function runBehind(
  t: test.TestContext,
  command: readonly string[],
  act: (proxy: FaultProxy) => void,
  sets: readonly string[] = [],
): Promise<CliResult & { readonly db: string }> {
  started += 1;
  const db = join(folder, `${started}.db`);
  await using server = await startEmbeddedServe(join(folder, `state-${started}`));
  const proxy = await startFaultProxy(t, server.url);
  act(proxy);
  const servers = ['--engine', proxy.url, '--trainer', proxy.url];
  return { ...(await runCli([...command, '--db', db, ...servers, ...flags(sets)])), db };
}

interface Fault {
  readonly code: number;
  readonly command: readonly string[];
  readonly act?: (proxy: FaultProxy) => void;
  readonly sets?: readonly string[];
}

const refuse = (status: number, message: string): Answer => json({ error: { message } }, status);
const ask = to('/v1/completions');
const toTrainer = ({ path }: { readonly path: string }) => path.startsWith('/api/');
const replaceNorm = (value: string) => (body: string) =>
  body.replace(/("[a-z_/]*grad_norm[a-z_:]*"):[-0-9.e]+/g, `$1:${value}`);

/** Answers of the list of models without what was loaded. */
function hideLoaded(body: string): string {
  const list = JSON.parse(body) as { data: { parent?: unknown }[] };
  return JSON.stringify({ ...list, data: list.data.filter(({ parent }) => parent == null) });
}

const FAULTS: Readonly<Record<string, Fault>> = {
  '401 …; it wants a key: name the environment variable that holds it in engine.apiKeyEnv': {
    ...{ code: 1, command: RL },
    act: (proxy) => proxy.answer(ask, refuse(401, 'Incorrect API key provided.')),
  },
  'tokenize: 404 … does not exist': { code: 1, command: RL, sets: ['engine.model=nobody'] },
  'every rollout of step … failed; the first one: … 400': {
    ...{ code: 1, command: RL },
    act: (proxy) => proxy.answer(ask, refuse(400, 'maximum context length is 64')),
  },
  'every rollout of step … failed; the first one: … expected JSON': {
    ...{ code: 1, command: RL },
    act: (proxy) => proxy.answer(ask, text('<html>please sign in</html>')),
  },
  'engine gave up after … tries': {
    ...{ code: 1, command: RL, sets: ['engine.restartPatienceSeconds=0'] },
    act: (proxy) => proxy.answer(ask, refuse(503, 'gone')),
  },
  'load_lora_adapter: 400 …': {
    ...{ code: 1, command: RL },
    act: (proxy) => proxy.answer(to('/v1/load_lora_adapter'), refuse(400, 'LoRA is not enabled')),
  },
  'does not list them; nothing was sampled': {
    ...{ code: 1, command: RL },
    act: (proxy) => proxy.change(to('/v1/models'), hideLoaded),
  },
  'unloading … failed: …; it is tried again later': {
    ...{ code: 0, command: RL },
    act: (proxy) => proxy.answer(to('/v1/unload_lora_adapter'), refuse(500, 'boom')),
  },
  'deleting … failed: …; it is tried again later': {
    ...{ code: 0, command: SFT },
    act: (proxy) => proxy.answer(({ method }) => method === 'DELETE', json({ detail: 'boom' }, 500)),
  },
  'create_session: 401 …; check the API key (trainer.apiKeyEnv)': {
    ...{ code: 1, command: SFT },
    act: (proxy) => proxy.answer(to('/create_session'), json({ detail: 'Invalid API key' }, 401)),
  },
  'create_model: 404 Unknown model': { code: 1, command: SFT, sets: ['trainer.baseModel=other'] },
  'healthz: 404 Not Found': {
    ...{ code: 1, command: SFT },
    act: (proxy) => proxy.answer(toTrainer, json({ detail: 'Not Found' }, 404)),
  },
  'get_server_capabilities: expected JSON': {
    ...{ code: 1, command: SFT },
    act: (proxy) => proxy.answer(toTrainer, text('<html>please sign in</html>')),
  },
  'the trainer tells a gradient norm of NaN': {
    ...{ code: 0, command: SFT },
    act: (proxy) => proxy.change(to('/retrieve_future'), replaceNorm('null')),
  },
};

test('1: the page and the menu name the same faults', () => {
  assert.deepEqual(listSymptoms('While sampling and training').toSorted(), Object.keys(FAULTS).toSorted());
});

for (const [symptom, { code, command, act = () => {}, sets = [] }] of Object.entries(FAULTS)) {
  test(`1: ${symptom}`, async (t) => {
    const { code: ended, stdout, stderr } = await runBehind(t, command, act, sets);
    assert.match(stderr, toPattern(symptom));
    assert.equal(ended, code, stderr);
    assert.doesNotMatch(`${stdout}${stderr}`, /\n\s+at /);
    t.diagnostic(stderr.split('\n').find((line) => toPattern(symptom).test(line)) ?? '');
  });
}

test('2: what passes', async (t) => {
  const { code, stderr } = await runBehind(t, RL, (proxy) => {
    const passing = [refuse(503, 'busy'), refuse(529, 'overloaded'), cutInBody, text('')];
    for (const answer of [...passing, json({ error: { code: 429, message: 'slow down' } })])
      proxy.answer(ask, answer, 1);
    proxy.answer(to('/forward_backward'), json({ detail: 'busy' }, 503), 1);
  });
  assert.equal(code, 0, stderr);
});

test('3: repaired on resume', async (t) => {
  const db = join(folder, 'repaired.db');
  await using server = await startEmbeddedServe(join(folder, 'state-repaired'));
  const proxy = await startFaultProxy(t, server.url);
  const isUnknown = ({ path, headers }: { readonly path: string; readonly headers: Record<string, unknown> }) =>
    !path.startsWith('/api/') && path !== '/health' && headers.authorization !== 'Bearer right-key-0123456789';
  proxy.answer(isUnknown, refuse(401, 'Incorrect API key provided.'));
  const servers = ['--engine', proxy.url, '--trainer', proxy.url];
  const env = { FAULTS_TRAINING_KEY: 'right-key-0123456789' };
  const refused = await runCli([...RL, '--db', db, ...servers, ...flags(['engine.model=nobody'])]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /401 .*it wants a key/);
  const named = flags(['engine.apiKeyEnv=FAULTS_TRAINING_KEY']);
  const unknown = await runCli(['resume', '--db', db, ...named], { env });
  assert.match(unknown.stderr, /404 The model `nobody` does not exist/);
  const repaired = await runCli(['resume', '--db', db, ...flags(['engine.model=embedded-base'])], { env });
  assert.equal(repaired.code, 0, repaired.stderr);
});

test('4: a killed terminal', {
  skip: process.platform === 'linux' ? false : 'the children are found in /proc',
}, async () => {
  const db = join(folder, 'killed.db');
  const { child, result } = startCli([...SFT, '--db', db, '--set', 'embedded.threads=1']);
  let said = '';
  const isTraining = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: string) => {
      said += chunk;
      if (said.includes('stage 2 of 2')) resolve();
    });
  });
  await Promise.race([isTraining, result]);
  const children = listChildren(child.pid!).flatMap((pid) => identifyProcess(pid) ?? []);
  assert.notEqual(children.length, 0);
  child.kill('SIGKILL');
  await result;
  assert.match((await runCli(['runs', '--db', db])).stdout, /its process ended without a word/);
  const resumed = await runCli(['resume', '--db', db]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.doesNotMatch(resumed.stderr, /cold-start: .* accepted/);
  // What the terminal left behind ends by itself: the test waits for it, and for nothing else.
  while (children.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 50));
});
