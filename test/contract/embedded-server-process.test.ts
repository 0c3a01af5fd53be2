/**
 * The server as a process, on the real tiny transformer.
 *
 * 1. It prints one JSON line with its address, serves both faces, and ends with 0 on SIGTERM.
 * 2. Killed without warning and started again on the same folder, it loads what was saved: the same log-probs to the last
 *    bit, the same third step as an uninterrupted model, the same samples; model ids do not collide.
 * 3. With --parent-watch it ends when its parent is killed, or closes its stdin.
 * 4. Log-probs of samples are those of the trainer's forward pass on the same weights.
 * 5. `structured_attention/1` passes the probe of the protocol description.
 * 6. Bad arguments end it with 1 and a sentence on stderr.
 * 7. With --family mixed it knows the tokens, problems and path labels of that family; weights of the other family are refused
 *    by their number of tokens, in either direction, and nothing is changed by that.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDatum, makeFolder, openModel, send, type TrainerClient, type Wire } from '../support/embedded-requests.ts';

const MAIN = fileURLToPath(new URL('../../adapters/embedded-lm/server/main.ts', import.meta.url));
const ADAM = { learning_rate: 0.003, beta1: 0.9, beta2: 0.98, eps: 1e-8, weight_decay: 0.01, grad_clip_norm: 1 };
const SEQUENCES = [
  [1, 20, 21, 22, 30, 31, 8, 9, 0],
  [1, 33, 12, 14, 2, 4, 5, 3, 8, 6, 7, 0],
];

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly lines: readonly string[];
}

async function start(t: TestContext, stateDir: string, ...more: string[]): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, '--state-dir', stateDir, '--seed', '4', '--threads', '1', ...more], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', (line) => lines.push(line));
  await once(reader, 'line');
  return { url: JSON.parse(lines[0]!).url, child, lines };
}

async function end(running: Running, signal: NodeJS.Signals): Promise<[code: number | null, signal: string | null]> {
  const ended = once(running.child, 'exit');
  running.child.kill(signal);
  return (await ended) as [number | null, string | null];
}

async function takeStep(model: TrainerClient, seqId: number): Promise<void> {
  const input = { data: SEQUENCES.map((full) => makeDatum(full)), loss_fn: 'cross_entropy' };
  await model.run('forward_backward', { seq_id: seqId, forward_backward_input: input });
  await model.run('optim_step', { seq_id: seqId + 1, adam_params: ADAM });
}

async function forward(
  model: TrainerClient,
  seqId: number,
  data = SEQUENCES.map((full) => makeDatum(full)),
): Promise<number[][]> {
  const result = await model.run('forward', { seq_id: seqId, forward_input: { data, loss_fn: 'cross_entropy' } });
  return result.loss_fn_outputs.map(({ logprobs }: Wire) => logprobs.data);
}

async function sample(url: string, name: string, lora: string): Promise<Wire> {
  const loaded = await send(`${url}/v1/load_lora_adapter`, { lora_name: name, lora_path: lora });
  assert.equal(loaded.status, 200, loaded.text);
  const body = { model: name, prompt: [1, 20, 21], n: 4, seed: 9, max_tokens: 20, logprobs: 0, return_token_ids: true };
  const answer = await send(`${url}/v1/completions`, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.choices.map(({ token_ids, logprobs }: Wire) => ({
    ids: token_ids,
    logprobs: logprobs.token_logprobs,
  }));
}

test('a killed server goes on from its checkpoints, bit for bit', async (t) => {
  const stateDir = await makeFolder(t);
  const first = await start(t, stateDir);
  const model = await openModel(first.url, 11);
  await takeStep(model, 1);
  await takeStep(model, 3);
  const { path: state } = await model.run('save_weights', { seq_id: 5, path: 's2' });
  const { path: sampler } = await model.run('save_weights_for_sampler', { seq_id: 6, path: 'v2' });
  const before = await forward(model, 7);
  await takeStep(model, 8);
  const uninterrupted = await forward(model, 10);
  const samples = await sample(first.url, 'v2', sampler);
  await end(first, 'SIGKILL');

  const second = await start(t, stateDir);
  const resumed = await openModel(second.url, 12);
  assert.notEqual(resumed.modelId, model.modelId);
  assert.notDeepEqual(await forward(resumed, 1), before);
  await resumed.run('load_weights', { seq_id: 2, path: state, optimizer: true });
  assert.deepEqual(await forward(resumed, 3), before);
  await takeStep(resumed, 4);
  assert.deepEqual(await forward(resumed, 6), uninterrupted);
  assert.deepEqual(await sample(second.url, 'again', sampler), samples);
  await resumed.run('load_weights', { seq_id: 7, path: state, optimizer: false });
  await takeStep(resumed, 8);
  assert.notDeepEqual(await forward(resumed, 10), uninterrupted);
  assert.deepEqual(await end(second, 'SIGTERM'), [0, null]);
  assert.equal(second.lines.length, 1);
});

test('samples and trainer agree on log-probs', async (t) => {
  const { url } = await start(t, await makeFolder(t));
  const model = await openModel(url, 21);
  await takeStep(model, 1);
  const { path } = await model.run('save_weights_for_sampler', { seq_id: 3, path: 'v1' });
  const samples = await sample(url, 'v1', path);
  const scored = await forward(
    model,
    4,
    samples.map(({ ids }: Wire) => makeDatum([1, 20, 21, ...ids])),
  );
  samples.forEach(({ logprobs }: Wire, i: number) => {
    logprobs.forEach((logprob: number, k: number) => {
      assert.ok(
        Math.abs(logprob - scored[i]![k + 2]!) < 1e-4,
        `choice ${i} token ${k}: ${logprob}, ${scored[i]![k + 2]}`,
      );
    });
  });
});

test('the structured attention probe passes', async (t) => {
  const { url } = await start(t, await makeFolder(t));
  const model = await openModel(url, 31);
  await takeStep(model, 1);
  const full = [1, 2, 4, 20, 21, 5, 4, 22, 5, 3, 8, 6, 0];
  const positions = [0, 1, 2, 3, 4, 5, 2, 3, 4, 6, 7, 8];
  const paths = [0, 0, ...Array(4).fill(65537), ...Array(3).fill(65538), 0, 0, 0];
  const ints = (data: number[]) => ({ data, dtype: 'int64', shape: [data.length] });
  const probe = (ids: number[], p: number[], a: number[]) =>
    makeDatum(ids, { x_position_ids: ints(p), x_attn_path: ints(a) });
  const other = full.with(3, 24);
  const [plain] = await forward(model, 3, [makeDatum(full)]);
  const [flat, structured, changed] = await forward(model, 4, [
    probe(
      full,
      [...full.keys()].slice(0, -1),
      full.slice(1).map(() => 0),
    ),
    probe(full, positions, paths),
    probe(other, positions, paths),
  ]);
  assert.deepEqual(flat, plain);
  assert.deepEqual(structured!.slice(6, 9), changed!.slice(6, 9));
  assert.ok(Math.abs(structured![10]! - changed![10]!) > 1e-4);
  assert.notDeepEqual(structured!.slice(6, 9), plain!.slice(6, 9));
});

test('it does not outlive its parent', async (t) => {
  const closed = await start(t, await makeFolder(t), '--parent-watch');
  const ended = once(closed.child, 'exit');
  closed.child.stdin!.end();
  assert.equal((await ended)[0], 0);

  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, process.argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdout.on('data', (line) => process.stdout.write(JSON.stringify({ ...JSON.parse(line), pid: child.pid }) + '\\n'));
  `;
  const args = ['-e', script, MAIN, '--state-dir', await makeFolder(t), '--threads', '1', '--parent-watch'];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: parent.stdout! }), 'line');
  const { url } = JSON.parse(line);
  assert.equal((await send(`${url}/health`)).status, 200);
  parent.kill('SIGKILL');
  const isAlive = () =>
    send(`${url}/health`).then(
      () => true,
      () => false,
    );
  while (await isAlive()) await new Promise(setImmediate);
});

test('bad arguments', async () => {
  for (const args of [
    [],
    ['--state-dir', 'x', '--port', '-1'],
    ['--state-dir', 'x', '--colour'],
    ['--state-dir', 'x', '--family', 'y'],
  ]) {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let message = '';
    child.stderr.on('data', (chunk) => {
      message += chunk;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 1);
    assert.match(message, /^embedded server: .*(--state-dir|--port|--colour|--family is y; known: word-sums, mixed)/);
  }
});

test('families', async (t) => {
  const stateDir = await makeFolder(t);
  const text = 'Dan has 52 keys, then loses 27. How many are left?';
  const sums = await start(t, stateDir);
  const tokenize = ({ url }: Running) => send(`${url}/tokenize`, { prompt: text });
  const model = await openModel(sums.url, 11);
  const { path } = await model.run('save_weights', { seq_id: 1, path: 'sums' });
  const { path: sampler } = await model.run('save_weights_for_sampler', { seq_id: 2, path: 'sums' });
  const refused = await tokenize(sums);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /outside the vocabulary of this model, which knows word sums only/);
  assert.equal((await send(`${sums.url}/v1/completions`, { model: 'embedded-base', prompt: [60] })).status, 400);
  await end(sums, 'SIGTERM');

  const mixed = await start(t, stateDir, '--family', 'mixed');
  const known = await tokenize(mixed);
  assert.equal(known.status, 200, known.text);
  assert.ok(known.body.tokens.some((id: number) => id >= 53));
  const question = { role: 'user', content: `<Parallel> ${text}` };
  const taught = await send(`${mixed.url}/v1/chat/completions`, {
    model: 'embedded-teacher',
    messages: [question],
    n: 20,
  });
  assert.ok(taught.body.choices.some(({ message }: Wire) => /<Path>A7\+5=12;1\+2\+3=6;35</.test(message.content)));
  const other = await openModel(mixed.url, 11);
  const { path: own } = await other.run('save_weights_for_sampler', { seq_id: 1, path: 'mixed' });
  const before = await forward(other, 2);
  const loading = await other.post('load_weights', { seq_id: 3, path, optimizer: false });
  const answer = loading.status === 200 ? await other.retrieve(loading.body.request_id) : loading;
  assert.match(
    answer.text,
    /sums cannot be loaded: it has 53 tokens and this model 63: it knows another family of problems/,
  );
  const lora = { lora_name: 'sums', lora_path: sampler };
  assert.match((await send(`${mixed.url}/v1/load_lora_adapter`, lora)).text, /it has 53 tokens and this model 63/);
  assert.deepEqual(await forward(other, 4), before);
  await end(mixed, 'SIGTERM');

  const again = await start(t, stateDir);
  const refusal = await send(`${again.url}/v1/load_lora_adapter`, { lora_name: 'mixed', lora_path: own });
  assert.match(refusal.text, /it has 63 tokens and this model 53/);
  await end(again, 'SIGTERM');
});
