/**
 * The trainer face, by requests written from the protocol description.
 *
 * 1. Capabilities, configuration and sessions answer as described; unknown ids are 404.
 * 2. A pass returns N log-probs per datum and the summed loss; the reduction is a plain sum.
 * 3. Operations run by number: a gap waits, results stay readable, the same request again is the same future, another
 *    payload under a used number is 409.
 * 4. A request refused at submission does not consume its number; one that fails at execution does.
 * 5. Every wrong datum is a 422 that names the field.
 * 6. Saves are canonical paths, refuse used names, list with sizes, and delete; archives are gzip tars behind a 302.
 * 7. Sampling sessions and paths give the same samples as the completion face.
 * 8. Names and paths cannot leave the state directory; half-written checkpoints are never seen.
 * 9. Models of a silent session make room for a new one; a live one's do not.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  floats,
  makeDatum,
  openModel,
  retrieve,
  send,
  startOnUnigram,
  type TrainerClient,
  type Wire,
} from '../support/embedded-requests.ts';

const FULL = [1, 20, 21, 22];

function pass(seqId: number, data: Wire[], lossFn = 'cross_entropy', config?: Wire): Wire {
  return {
    seq_id: seqId,
    forward_backward_input: { data, loss_fn: lossFn, ...(config && { loss_fn_config: config }) },
  };
}

function rlDatum(full: readonly number[], advantages: readonly number[]): Wire {
  const datum = makeDatum(full, { logprobs: floats(advantages.map(() => 0)), advantages: floats(advantages) });
  datum.loss_fn_inputs.weights = undefined;
  return datum;
}

test('service routes', async (t) => {
  const { url } = await startOnUnigram(t);
  const api = `${url}/api/v1`;
  assert.deepEqual((await send(`${api}/healthz`)).body, { status: 'ok' });
  const [model] = (await send(`${api}/get_server_capabilities`)).body.supported_models;
  assert.deepEqual([model.model_name, model.extensions], ['embedded-base', ['structured_attention/1']]);
  assert.equal((await send(`${api}/client/config`, { sdk_version: '0.25.0' })).body.pjwt_auth_enabled, false);
  const { session_id } = (await send(`${api}/create_session`, {})).body;
  assert.equal((await send(`${api}/session_heartbeat`, { session_id })).status, 200);
  assert.deepEqual(
    await send(`${api}/session_heartbeat`, { session_id: 'x' }).then(({ status, body }) => [status, body.detail]),
    [404, 'Session not found'],
  );
  assert.equal((await send(`${api}/retrieve_future`, { request_id: '1' })).status, 404);
  assert.equal((await send(`${api}/optim_step`, { model_id: 'x', seq_id: 1, adam_params: {} })).status, 404);
  assert.equal((await send(`${api}/nothing`)).status, 404);
  assert.equal((await send(`${api}/optim_step`)).status, 405);
  const wrong = { session_id, model_seq_id: 1, base_model: 'gpt', lora_config: { rank: 4 } };
  assert.equal((await send(`${api}/create_model`, wrong)).status, 404);
  assert.equal(
    (await send(`${api}/create_model`, { ...wrong, base_model: 'embedded-base', lora_config: null })).status,
    422,
  );
});

test('a pass returns log-probs and the plain sum', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  const one = await model.run('forward_backward', pass(1, [makeDatum(FULL)]));
  const logprobs = one.loss_fn_outputs[0].logprobs;
  assert.deepEqual([logprobs.dtype, logprobs.shape, logprobs.data.length], ['float32', [3], 3]);
  const sum = -logprobs.data.reduce((total: number, logprob: number) => total + logprob);
  assert.ok(Math.abs(one.metrics['loss:sum'] - sum) < 1e-5);
  const two = await model.run('forward_backward', pass(2, [makeDatum(FULL), makeDatum(FULL)]));
  assert.ok(Math.abs(two.metrics['loss:sum'] - 2 * sum) < 1e-5);
  const step = await model.run('optim_step', { seq_id: 3, adam_params: { learning_rate: 0.1 } });
  assert.equal(step.metrics['embedded/learning_rate'], 0.1);
  assert.ok(Math.abs(step.metrics['embedded/grad_norm'] - 3 * Math.sqrt(3)) < 1e-5);
  const after = await model.run('forward', {
    seq_id: 4,
    forward_input: { data: [makeDatum(FULL)], loss_fn: 'cross_entropy' },
  });
  assert.ok(after.metrics['loss:sum'] < sum);
});

test('forward computes the loss of every kind', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  const datum = rlDatum([1, 20, 21], [2, -1]);
  let seqId = 0;
  const forward = (lossFn: string, config: Wire, old: readonly number[]) => {
    seqId += 1;
    datum.loss_fn_inputs.logprobs = floats(old);
    return model.run('forward', {
      seq_id: seqId,
      forward_input: { data: [datum], loss_fn: lossFn, loss_fn_config: config },
    });
  };
  const [a, b] = (await forward('importance_sampling', {}, [0, 0])).loss_fn_outputs[0].logprobs.data as [
    number,
    number,
  ];
  const old = [a - Math.log(2), b - Math.log(2)];
  const near = (value: number, expected: number) =>
    assert.ok(Math.abs(value - expected) < 1e-4, `${value} against ${expected}`);
  near((await forward('importance_sampling', {}, old)).metrics['loss:sum'], -(2 * 2) + 2);
  near((await forward('ppo', {}, old)).metrics['loss:sum'], -(1.2 * 2) + 2);
  near((await forward('ppo', { clip_high_threshold: 1.5 }, old)).metrics['loss:sum'], -(1.5 * 2) + 2);
  near((await forward('cispo', { clip_high_threshold: 1.5 }, old)).metrics['loss:sum'], -1.5 * (2 * a - b));
});

test('operations run by number', async (t) => {
  const { url, lm } = await startOnUnigram(t, { pollLimitMs: 1 });
  const model = await openModel(url, 5);
  const submit = async (operation: string, body: Wire) => (await model.post(operation, body)).body.request_id;
  lm.hold(true);
  const third = await submit('save_weights', { seq_id: 3, path: 's3' });
  const first = await submit('forward_backward', pass(1, [makeDatum(FULL)]));
  const waiting = await send(`${url}/api/v1/retrieve_future`, { request_id: first });
  assert.deepEqual([waiting.body.type, waiting.body.queue_state], ['try_again', 'active']);
  lm.hold(false);
  assert.equal((await model.retrieve(first)).body.metrics['loss:sum'] > 0, true);
  const stillWaiting = await send(`${url}/api/v1/retrieve_future`, { request_id: third });
  assert.equal(stillWaiting.body.type, 'try_again');
  const step = { seq_id: 2, adam_params: { learning_rate: 0.5 } };
  const second = await submit('optim_step', step);
  const norm = (await model.retrieve(second)).body.metrics['embedded/grad_norm'];
  assert.ok(norm > 1);
  assert.match((await model.retrieve(third)).body.path, /\/weights\/s3$/);
  assert.equal(await submit('optim_step', step), second);
  assert.equal((await model.retrieve(second)).body.metrics['embedded/grad_norm'], norm);
  assert.equal(await submit('save_weights', { seq_id: 3, path: 's3' }), third);
  const reused = await model.post('optim_step', { seq_id: 2, adam_params: { learning_rate: 0.6 } });
  assert.deepEqual([reused.status, /sequence number was reused/.test(reused.body.detail)], [409, true]);
  const next = await model.run('optim_step', { seq_id: 4, adam_params: {} });
  assert.equal(next.metrics['embedded/grad_norm'], 0);
});

test('refused requests keep the number free, failed ones use it up', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  assert.equal((await model.post('optim_step', { seq_id: 1, adam_params: { learning_rate: 'x' } })).status, 422);
  assert.equal((await model.post('optim_step', { seq_id: 0, adam_params: {} })).status, 422);
  assert.equal((await model.post('optim_step', { adam_params: {} })).status, 422);
  const load = { seq_id: 1, path: 'tinker://nobody/weights/s1', optimizer: true };
  const failed = await model.post('load_weights', load);
  assert.equal(failed.status, 200);
  const outcome = await model.retrieve(failed.body.request_id);
  assert.deepEqual([outcome.status, /not found/.test(outcome.body.detail)], [400, true]);
  assert.equal((await model.post('load_weights', load)).body.request_id, failed.body.request_id);
  assert.equal((await model.post('optim_step', { seq_id: 1, adam_params: {} })).status, 409);
  await model.run('optim_step', { seq_id: 2, adam_params: {} });
});

test('wrong datums are refused by field', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  const ones = floats([1, 1, 1]);
  const paths = { data: [0, 65537, 0], dtype: 'int64' };
  const faults: [Wire, RegExp][] = [
    [pass(1, []), /data: must be a non-empty/],
    [
      pass(1, [makeDatum(FULL, { weights: floats([1, 1]) })]),
      /data\[0\]\.loss_fn_inputs\.weights: has length 2, model_input has 3/,
    ],
    [
      pass(1, [makeDatum(FULL), makeDatum(FULL, { weights: undefined })]),
      /data\[1\]\.loss_fn_inputs\.weights: Missing 'weights'/,
    ],
    [pass(1, [makeDatum(FULL, { target_tokens: { data: [1, 2, 53], dtype: 'int64' } })]), /target_tokens\.data\[2\]/],
    [pass(1, [makeDatum(FULL, { target_tokens: ones })]), /target_tokens\.dtype: must be int64/],
    [
      pass(1, [makeDatum(FULL, { weights: { data: [1, 1e39, 1], dtype: 'float32' } })]),
      /weights\.data\[1\]: must be a finite/,
    ],
    [pass(1, [makeDatum(FULL, { weights: { data: [1, null, 1], dtype: 'float32' } })]), /weights\.data\[1\]/],
    [pass(1, [makeDatum(FULL, { weights: { ...ones, shape: [3, 1] } })]), /weights\.shape: must be \[3\]/],
    [pass(1, [makeDatum(FULL, { weights: { ...ones, sparse_crow_indices: [0] } })]), /sparse/],
    [pass(1, [makeDatum(FULL, { clip: ones })]), /clip: is not an input of cross_entropy/],
    [pass(1, [makeDatum(FULL, { x_attn_path: paths }), makeDatum(FULL)]), /every datum or on none/],
    [
      pass(1, [makeDatum(FULL, { x_position_ids: { data: [0, 1, 160], dtype: 'int64' } })]),
      /x_position_ids\.data\[2\]/,
    ],
    [pass(1, [makeDatum(FULL, { logprobs: ones, advantages: ones })], 'ppo'), /weights: is not an input of ppo/],
    [pass(1, [makeDatum(Array.from({ length: 162 }, () => 1))]), /model_input/],
    [pass(1, [makeDatum([99, 1])]), /chunks\[0\]\.tokens\[0\]/],
    [pass(1, [makeDatum(FULL)], 'dro'), /loss_fn: must be/],
    [pass(1, [rlDatum(FULL, [1, 1, 1])], 'ppo', { epsilon: 1 }), /loss_fn_config\.epsilon: unknown field/],
    [pass(1, [rlDatum(FULL, [1, 1, 1])], 'ppo', { clip_low_threshold: 2 }), /clip_low_threshold/],
    [{ ...pass(1, [makeDatum(FULL)]), colour: 1 }, /colour: unknown field/],
  ];
  for (const [body, message] of faults) {
    const answer = await model.post('forward_backward', body);
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.body.detail, message);
  }
  await model.run('forward_backward', pass(1, [makeDatum(FULL, { x_attn_path: paths })]));
});

test('checkpoints: paths, names, lists, archives', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  const runs = `${url}/api/v1/training_runs`;
  const state = await model.run('save_weights', { seq_id: 1, path: 's1' });
  assert.equal(state.path, `tinker://${model.modelId}/weights/s1`);
  const sampler = await model.run('save_weights_for_sampler', { seq_id: 2, path: 'v1' });
  assert.deepEqual(sampler, { path: `tinker://${model.modelId}/sampler_weights/v1`, sampling_session_id: null });
  const used = await model.post('save_weights', { seq_id: 3, path: 's1' });
  assert.deepEqual(
    [used.status, used.body.detail],
    [409, `Checkpoint 's1' already exists for model '${model.modelId}'`],
  );
  await model.run('save_weights', { seq_id: 3, path: 's1', overwrite: true });
  assert.equal(
    (await model.post('save_weights_for_sampler', { seq_id: 4, path: 'v2', sampling_session_seq_id: 1 })).status,
    422,
  );
  const listed = (await send(`${runs}/${model.modelId}/checkpoints`)).body.checkpoints;
  assert.deepEqual(listed.map(({ checkpoint_id }: Wire) => checkpoint_id).sort(), ['sampler_weights/v1', 'weights/s1']);
  assert.ok(listed.every(({ size_bytes }: Wire) => size_bytes > 200));
  assert.equal((await send(`${runs}?limit=5`)).body.training_runs[0].last_checkpoint.tinker_path, state.path);
  assert.equal((await send(`${url}/api/v1/weights_info`, { tinker_path: state.path })).body.lora_rank, 8);
  const archive = `${runs}/${model.modelId}/checkpoints/sampler_weights/v1/archive`;
  const redirect = await fetch(archive, { redirect: 'manual' });
  assert.equal(redirect.status, 302);
  const packed = Buffer.from(await (await fetch(new URL(redirect.headers.get('location')!, url))).arrayBuffer());
  assert.match(gunzipSync(packed).toString('latin1'), /adapter_config\.json[\s\S]*"peft_type":"LORA"/);
  const remove = () => fetch(`${runs}/${model.modelId}/checkpoints/sampler_weights/v1`, { method: 'DELETE' });
  assert.deepEqual([(await remove()).status, (await remove()).status], [204, 404]);
  assert.equal((await fetch(archive, { redirect: 'manual' })).status, 404);
  await model.run('save_weights_for_sampler', { seq_id: 4, path: 'v1' });
});

test('sampling by session and by path agrees with completions', async (t) => {
  const { url } = await startOnUnigram(t);
  const model = await openModel(url, 44);
  const { path: modelPath } = await model.run('save_weights_for_sampler', { seq_id: 1, path: 'v1' });
  await send(`${url}/v1/load_lora_adapter`, { lora_name: 'a', lora_path: modelPath });
  const params = { max_tokens: 9, seed: 3, temperature: 1, top_p: 1, top_k: -1, stop: [2, 3] };
  const body = {
    num_samples: 3,
    prompt: { chunks: [{ type: 'encoded_text', tokens: [1, 20] }] },
    sampling_params: params,
  };
  const sample = async (source: Wire) => {
    const submitted = await send(`${url}/api/v1/asample`, { ...body, ...source });
    return (await retrieve(url, submitted.body.request_id)).body.sequences;
  };
  const byPath = await sample({ model_path: modelPath });
  const completion = await send(`${url}/v1/completions`, {
    model: 'a',
    prompt: [1, 20],
    n: 3,
    seed: 3,
    max_tokens: 9,
    stop_token_ids: [2, 3],
    return_token_ids: true,
  });
  assert.deepEqual(
    byPath.map(({ tokens }: Wire) => tokens),
    completion.body.choices.map(({ token_ids }: Wire) => token_ids),
  );
  const { session_id } = (await send(`${url}/api/v1/create_session`, {})).body;
  const open = (source: Wire) =>
    send(`${url}/api/v1/create_sampling_session`, { session_id, sampling_session_seq_id: 1, ...source });
  const { sampling_session_id } = (await open({ model_path: modelPath })).body;
  assert.deepEqual(await sample({ sampling_session_id, seq_id: 1 }), byPath);
  assert.equal((await open({})).status, 400);
  assert.notDeepEqual(await sample({ base_model: 'embedded-base' }), byPath);
});

test('names stay inside, half-written checkpoints are not seen', async (t) => {
  const { url, stateDir } = await startOnUnigram(t);
  const model = await openModel(url, 5);
  for (const name of ['..', '../x', 'a/b', 'a.b', '', 'x'.repeat(256)]) {
    assert.equal((await model.post('save_weights', { seq_id: 1, path: name })).status, 422, name);
  }
  await model.run('save_weights', { seq_id: 1, path: 's1' });
  const folder = path.join(stateDir, model.modelId, 'weights');
  await rename(path.join(folder, 's1'), path.join(folder, '.old.s1'));
  await mkdir(path.join(folder, '.new.s2'));
  await writeFile(path.join(folder, '.new.s2', 'weights.bin'), 'half');
  const second = await startOnUnigram(t, { stateDir });
  const listed = (await send(`${second.url}/api/v1/training_runs/${model.modelId}/checkpoints`)).body.checkpoints;
  assert.deepEqual(
    listed.map(({ checkpoint_id }: Wire) => checkpoint_id),
    ['weights/s1'],
  );
  assert.deepEqual(await readdir(folder), ['s1']);
  await writeFile(path.join(folder, 's1', 'weights.bin'), 'torn');
  const other = await openModel(second.url, 6);
  const load = await other.post('load_weights', {
    seq_id: 1,
    path: `tinker://${model.modelId}/weights/s1`,
    optimizer: true,
  });
  assert.match((await retrieve(second.url, load.body.request_id)).body.detail, /cannot be loaded: .*holds 4 bytes/);
  assert.equal(existsSync(path.join(stateDir, '..', 'x')), false);
});

test('silent sessions make room', async (t) => {
  let now = 1_700_000_000_000;
  const { url } = await startOnUnigram(t, { now: () => now });
  const opened: TrainerClient[] = [];
  for (let i = 0; i < 4; i += 1) opened.push(await openModel(url, i));
  const { session_id } = (await send(`${url}/api/v1/create_session`, {})).body;
  const create = () =>
    send(`${url}/api/v1/create_model`, {
      session_id,
      model_seq_id: 1,
      base_model: 'embedded-base',
      lora_config: { rank: 1 },
    });
  const full = await create();
  assert.equal(full.status, 429, 'clients ask again by themselves');
  assert.match(
    full.body.detail,
    /^at most 4 models \(held by session-\w+, .*\); a session without a heartbeat for 60 s/,
  );
  now += 40_000;
  assert.equal((await opened[0]!.post('get_info', {})).status, 200);
  now += 40_000;
  await send(`${url}/api/v1/session_heartbeat`, { session_id });
  assert.equal((await create()).status, 200);
  assert.equal((await opened[0]!.post('get_info', {})).status, 200);
  assert.equal((await opened[1]!.post('get_info', {})).status, 404);
});
