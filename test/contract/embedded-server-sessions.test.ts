/**
 * What clients that nobody here wrote ask of the embedded trainer, over HTTP:
 * 1. A session tells its models; one that has ended tells nothing, and its models and samplers' places are free.
 * 2. Who holds a model is told by what its client said of itself.
 * 3. `ttl_seconds`: a checkpoint shows when it goes, and is gone then; one without stays.
 * 4. A sampler save without a name opens a sampling session of its own: it samples from the weights of that moment, is on
 *    no list, and does not outlive the server.
 * 5. `load_weights` with a session in the place of a model makes one, moments included or not, that is known by session
 *    and count. The same request again makes no second one; another one is refused.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { startEmbeddedServer } from '../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { makeDatum, makeFolder, openModel, retrieve, send, startOnUnigram } from '../support/embedded-requests.ts';

const FULL = [5, 6, 7, 8];
const PASS = { data: [makeDatum(FULL)], loss_fn: 'cross_entropy' };
const STEP = { adam_params: { learning_rate: 0.1 } };

/** The server with the real model, which what is sampled and trained depends on. */
async function startReal(t: TestContext, stateDir: string) {
  const server = await startEmbeddedServer({ threads: 1, seed: 1, stateDir });
  t.after(() => server.close());
  return server;
}

async function openSession(url: string): Promise<string> {
  return (await send(`${url}/api/v1/create_session`, {})).body.session_id;
}

const read = (url: string, route: string) => send(`${url}/api/v1/${route}`, undefined, { method: 'GET' });

test('1 and 2: sessions and who holds models', async (t) => {
  let now = 1_700_000_000_000;
  const { url } = await startOnUnigram(t, { now: () => now });
  const session_id = await openSession(url);
  const create = (more: object = {}) =>
    send(`${url}/api/v1/create_model`, {
      ...{ session_id, base_model: 'embedded-base', lora_config: { rank: 1 }, user_metadata: { run: 'sums-7' } },
      ...more,
    });
  const ids = [];
  for (let i = 0; i < 4; i += 1) ids.push((await create()).body.model_id);
  assert.deepEqual((await read(url, `sessions/${session_id}`)).body.training_run_ids, ids);
  const other = await openSession(url);
  const refused = await create({ session_id: other });
  assert.match(refused.body.detail, /held by run sums-7, run sums-7, run sums-7, run sums-7/);
  now += 61_000;
  const late = await openSession(url);
  assert.equal((await read(url, `sessions/${session_id}`)).status, 404);
  assert.deepEqual((await read(url, 'sessions')).body.sessions, [late]);
  assert.equal((await create({ session_id: late })).status, 200);
});

test('3: time to live', async (t) => {
  let now = 1_700_000_000_000;
  const { url } = await startOnUnigram(t, { now: () => now });
  const model = await openModel(url, 1);
  await model.run('save_weights', { seq_id: 1, path: 'short', ttl_seconds: 3600 });
  await model.run('save_weights', { seq_id: 2, path: 'long' });
  const list = async () => (await read(url, `training_runs/${model.modelId}/checkpoints`)).body.checkpoints;
  assert.deepEqual(
    (await list()).map((one: { expires_at: string | null }) => one.expires_at),
    [null, new Date(now + 3_600_000).toISOString()],
  );
  now += 3_600_001;
  assert.deepEqual(
    (await list()).map((one: { checkpoint_id: string }) => one.checkpoint_id),
    ['weights/long'],
  );
  const wrong = await model.post('save_weights', { seq_id: 3, path: 'no', ttl_seconds: 0 });
  assert.match(wrong.body.detail, /ttl_seconds/);
});

test('4: a sampler without a name', async (t) => {
  const stateDir = await makeFolder(t);
  const { url, close } = await startReal(t, stateDir);
  const model = await openModel(url, 1);
  const save = async (seq_id: number) =>
    model.run('save_weights_for_sampler', { seq_id, sampling_session_seq_id: seq_id, ttl_seconds: null });
  const before = await save(1);
  assert.equal(before.path, null);
  await model.run('forward_backward', { seq_id: 2, forward_backward_input: PASS });
  await model.run('optim_step', { seq_id: 3, ...STEP });
  const after = await save(4);
  const sample = async (sampling_session_id: string) => {
    const prompt = { chunks: [{ type: 'encoded_text', tokens: [5] }] };
    const sampling_params = { max_tokens: 4, seed: 3, temperature: 1 };
    const asked = await send(`${url}/api/v1/asample`, { sampling_session_id, prompt, sampling_params, num_samples: 1 });
    return (await retrieve(url, asked.body.request_id)).body.sequences[0].logprobs;
  };
  const [first, second] = [await sample(before.sampling_session_id), await sample(after.sampling_session_id)];
  assert.notDeepEqual(first, second);
  assert.deepEqual(await sample(before.sampling_session_id), first, 'the weights of then, whatever was trained since');
  assert.deepEqual((await read(url, `training_runs/${model.modelId}/checkpoints`)).body.checkpoints, []);
  await close();
  await startReal(t, stateDir);
  assert.deepEqual(readdirSync(path.join(stateDir, model.modelId, 'sampler_weights')), []);
});

test('5: a model made by loading', async (t) => {
  const { url } = await startReal(t, await makeFolder(t));
  const model = await openModel(url, 1);
  await model.run('forward_backward', { seq_id: 1, forward_backward_input: PASS });
  await model.run('optim_step', { seq_id: 2, ...STEP });
  const { path: saved } = await model.run('save_weights', { seq_id: 3, path: 's' });
  const session_id = await openSession(url);
  const load = (more: object = {}) =>
    send(`${url}/api/v1/load_weights`, { session_id, model_seq_id: 0, path: saved, optimizer: true, ...more });
  const asked = await load();
  assert.equal((await load()).body.request_id, asked.body.request_id);
  assert.equal((await load({ optimizer: false })).status, 409);
  assert.equal((await retrieve(url, asked.body.request_id)).status, 200);
  const model_id = `${session_id}:train:0`;
  const info = await send(`${url}/api/v1/get_info`, { model_id });
  assert.equal(info.body.lora_rank, 8, 'what the checkpoint was trained with');
  const goOn = async (id: string, seqId: number) => {
    const post = async (operation: string, seq_id: number, body: object) => {
      const submitted = await send(`${url}/api/v1/${operation}`, { model_id: id, seq_id, ...body });
      return (await retrieve(url, submitted.body.request_id)).body;
    };
    await post('forward_backward', seqId, { forward_backward_input: PASS });
    await post('optim_step', seqId + 1, STEP);
    return (await post('forward', seqId + 2, { forward_input: PASS })).loss_fn_outputs[0].logprobs.data;
  };
  assert.deepEqual(await goOn(model_id, 1), await goOn(model.modelId, 4), 'with the moments, to the digit');
  const missing = await load({ model_seq_id: 1, path: 'tinker://embedded-0/weights/s' });
  assert.equal(missing.status, 404);
});
