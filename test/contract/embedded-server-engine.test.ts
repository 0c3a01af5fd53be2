/**
 * The inference face, seen by the `openai` package and by plain requests.
 *
 * 1. Completions carry ids, log-probs of the same length, text and usage; the same seed gives the same choices and
 *    choice i does not depend on n.
 * 2. A stop token ends a choice, is kept in the ids, and is named as stop_reason; the end of sequence is named null.
 * 3. Stop strings cut text and ids at the same place.
 * 4. Every fault is a 400 or 404 with vLLM's body that names the field; unknown and unsupported fields are refused.
 * 5. Prompt and completion beyond the context are refused with the words clients look for.
 * 6. Tokenise, detokenise and chat go through the one chat template.
 * 7. Weights are loaded by path, listed with root and parent, served, and unloaded, with vLLM's answers.
 * 8. A client that hangs up frees its slots.
 * 9. The API key guards everything but the health checks; content types other than JSON are refused.
 * 10. A request under another host name (a web page whose name was rebound to this machine) is refused.
 */
import assert from 'node:assert/strict';
import { request as openRequest } from 'node:http';
import path from 'node:path';
import test from 'node:test';
import OpenAI from 'openai';
import { encodeText } from '../../adapters/embedded-lm/tokenizer.ts';
import { openModel, send, startOnUnigram, type Wire } from '../support/embedded-requests.ts';

const PROBLEM = 'Dan has 18 keys, then makes 31. How many in all?';
const ENDS = { model: 'embedded-base', prompt: [1, 20, 30], max_tokens: 40 };

test('completions through the openai package', async (t) => {
  const { url } = await startOnUnigram(t);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const ask = async (n: number): Promise<Wire> =>
    client.completions.create({
      ...{ model: 'embedded-base', prompt: [1, 20, 30], n, seed: 7, max_tokens: 12, logprobs: 0, temperature: 1 },
      ...({
        return_token_ids: true,
        skip_special_tokens: false,
        cache_salt: 'v1',
        request_id: 'r',
        stop_token_ids: [2],
      } as object),
    });
  const three = await ask(3);
  assert.equal(three.choices.length, 3);
  for (const choice of three.choices) {
    assert.equal(choice.token_ids.length, choice.logprobs.token_logprobs.length);
    assert.ok(choice.logprobs.token_logprobs.every((logprob: number) => logprob <= 0));
    assert.ok(['stop', 'length'].includes(choice.finish_reason));
  }
  const tokens = three.choices.reduce((sum: number, choice: Wire) => sum + choice.token_ids.length, 0);
  assert.equal(three.usage.completion_tokens, tokens);
  assert.equal(three.usage.prompt_tokens, 3);
  assert.equal(typeof three.usage.prompt_tokens_details.cached_tokens, 'number');
  const one = await ask(1);
  assert.deepEqual(one.choices[0].token_ids, three.choices[0].token_ids);
  await assert.rejects(client.completions.create({ model: 'nobody', prompt: [1] }), { status: 404 });
});

test('a stop token is kept and named, the end of sequence is named null', async (t) => {
  const { url } = await startOnUnigram(t);
  const everyTokenStops = Array.from({ length: 52 }, (_, i) => i + 1);
  const options = {
    ...ENDS,
    n: 100,
    seed: 1,
    stop_token_ids: everyTokenStops,
    return_token_ids: true,
    skip_special_tokens: false,
  };
  const kept = await send(`${url}/v1/completions`, { ...options, include_stop_str_in_output: true });
  const seen = { eos: 0, other: 0 };
  for (const choice of kept.body.choices) {
    const [id, ...more] = choice.token_ids;
    assert.deepEqual(more, []);
    assert.equal(choice.finish_reason, 'stop');
    assert.equal(choice.stop_reason, id === 0 ? null : id);
    assert.notEqual(choice.text, '');
    seen[id === 0 ? 'eos' : 'other'] += 1;
  }
  assert.ok(seen.eos > 0 && seen.other > 0);
  const trimmed = await send(`${url}/v1/completions`, options);
  assert.ok(trimmed.body.choices.every((choice: Wire) => choice.text === '' && choice.token_ids.length === 1));
});

test('stop strings cut text and ids alike', async (t) => {
  const { url } = await startOnUnigram(t);
  const body = {
    ...ENDS,
    n: 50,
    seed: 5,
    stop: ['7', 'tens'],
    return_token_ids: true,
    logprobs: 0,
    skip_special_tokens: false,
  };
  for (const include of [true, false]) {
    const answer = await send(`${url}/v1/completions`, { ...body, include_stop_str_in_output: include });
    const stopped = answer.body.choices.filter((choice: Wire) => typeof choice.stop_reason === 'string');
    assert.ok(stopped.length > 0);
    for (const choice of stopped) {
      const whole = (await send(`${url}/detokenize`, { tokens: choice.token_ids })).body.prompt;
      assert.equal(include ? choice.text : choice.text + choice.stop_reason, whole);
      assert.equal(choice.logprobs.token_logprobs.length, choice.token_ids.length);
    }
  }
});

test('faults are named', async (t) => {
  const { url } = await startOnUnigram(t);
  const faults: [Wire, number, string | null][] = [
    [{ ...ENDS, colour: 'red' }, 400, 'colour'],
    [{ ...ENDS, stream: true }, 400, 'stream'],
    [{ ...ENDS, top_k: 5 }, 400, 'top_k'],
    [{ ...ENDS, min_p: 0.1 }, 400, 'min_p'],
    [{ ...ENDS, presence_penalty: 0.5 }, 400, 'presence_penalty'],
    [{ ...ENDS, logprobs: 5 }, 400, 'logprobs'],
    [{ ...ENDS, n: 0 }, 400, 'n'],
    [{ ...ENDS, n: 1.5 }, 400, 'n'],
    [{ ...ENDS, temperature: -1 }, 400, 'temperature'],
    [{ ...ENDS, prompt: [[1, 2], [3]] }, 400, 'prompt'],
    [{ ...ENDS, prompt: ['Dan'] }, 400, 'prompt'],
    [{ ...ENDS, prompt: [] }, 400, 'prompt'],
    [{ ...ENDS, prompt: [1, 53] }, 400, 'prompt'],
    [{ ...ENDS, prompt: [1, 2 ** 31] }, 400, 'prompt'],
    [{ ...ENDS, prompt: 'Dan ate' }, 400, 'prompt'],
    [{ ...ENDS, x_attn_path: [0, 0] }, 400, 'x_attn_path'],
    [{ ...ENDS, x_position_ids: [0, 1, 160] }, 400, 'x_position_ids[2]'],
    [{ ...ENDS, model: 'nobody' }, 404, 'model'],
    [{ ...ENDS, model: 'embedded-teacher' }, 400, 'model'],
    [[1], 400, 'body'],
  ];
  for (const [body, status, param] of faults) {
    const answer = await send(`${url}/v1/completions`, body);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.body.error.param, param, answer.text);
    assert.equal(answer.body.error.code, status);
    assert.equal(answer.body.error.type, status === 404 ? 'NotFoundError' : 'BadRequestError');
  }
  const broken = await send(`${url}/v1/completions`, undefined, { method: 'POST', body: '{"model":' });
  assert.equal(broken.status, 400);
  const named = await send(`${url}/v1/completions`, { ...ENDS, prompt: 'Dan ate' });
  assert.match(named.body.error.message, /"ate"|" "/);
});

test('context overflow', async (t) => {
  const { url } = await startOnUnigram(t);
  const answer = await send(`${url}/v1/completions`, { ...ENDS, max_tokens: 158 });
  assert.equal(answer.status, 400);
  assert.match(answer.body.error.message, /maximum context length/);
  assert.equal((await send(`${url}/v1/completions`, { ...ENDS, max_tokens: 157 })).status, 200);
});

test('tokenise, detokenise and chat share the template', async (t) => {
  const { url } = await startOnUnigram(t);
  const messages = [{ role: 'user', content: `${PROBLEM}\n` }];
  const prompt = (await send(`${url}/tokenize`, { model: 'embedded-base', messages, add_generation_prompt: true }))
    .body;
  const plain = (await send(`${url}/tokenize`, { prompt: PROBLEM, add_special_tokens: false, return_token_strs: true }))
    .body;
  const encoded = encodeText(PROBLEM);
  assert.deepEqual(plain.tokens, 'ids' in encoded && encoded.ids);
  assert.equal(plain.token_strs.join(''), PROBLEM);
  assert.deepEqual(prompt.tokens.slice(1), plain.tokens);
  assert.equal(prompt.count, prompt.tokens.length);
  assert.equal(prompt.max_model_len, 160);
  assert.equal((await send(`${url}/detokenize`, { tokens: prompt.tokens })).body.prompt, `Q${PROBLEM}`);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const chat: Wire = await client.chat.completions.create({
    ...{ model: 'embedded-base', messages: messages as never, n: 2, seed: 3, max_completion_tokens: 8 },
    ...({ return_token_ids: true } as object),
  });
  assert.deepEqual(chat.prompt_token_ids, prompt.tokens);
  assert.equal(chat.choices[1].message.role, 'assistant');
  const flat = await send(`${url}/v1/completions`, {
    model: 'embedded-base',
    prompt: prompt.tokens,
    n: 2,
    seed: 3,
    max_tokens: 8,
    return_token_ids: true,
  });
  assert.deepEqual(
    chat.choices.map((choice: Wire) => choice.token_ids),
    flat.body.choices.map((choice: Wire) => choice.token_ids),
  );
  const strange = await send(`${url}/tokenize`, { messages: [{ role: 'user', content: 'What is 2+2?' }] });
  assert.equal(strange.status, 400);
  assert.match(strange.body.error.message, /"What"/);
});

test('weights are loaded, listed, served and unloaded', async (t) => {
  const { url, stateDir } = await startOnUnigram(t);
  const model = await openModel(url, 99);
  const saved = await model.run('save_weights_for_sampler', { seq_id: 1, path: 'v1' });
  const load = (name: string, where: string) =>
    send(`${url}/v1/load_lora_adapter`, { lora_name: name, lora_path: where });
  const loaded = await load('run-v1', saved.path);
  assert.deepEqual([loaded.status, loaded.text], [200, "Success: LoRA adapter 'run-v1' added successfully."]);
  const again = await load('run-v1', saved.path);
  assert.equal(again.status, 400);
  assert.match(again.body.error.message, /has already been loaded/);
  const folder = path.join(stateDir, model.modelId, 'sampler_weights', 'v1');
  assert.equal((await load('run-v1-by-folder', folder)).status, 200);
  for (const where of [
    '/etc',
    `${folder}/..`,
    'tinker://x/sampler_weights/../v1',
    saved.path.replace('v1', 'v2'),
    `${stateDir}/../x`,
  ]) {
    assert.equal((await load('other', where)).status, 404, where);
  }
  const list = (await send(`${url}/v1/models`)).body.data;
  const entry = list.find(({ id }: Wire) => id === 'run-v1');
  assert.deepEqual([entry.root, entry.parent, entry.max_model_len], [saved.path, 'embedded-base', 160]);
  assert.equal(list.find(({ id }: Wire) => id === 'embedded-teacher').owned_by, 'rule-based');
  const sample = async (name: string) =>
    (await send(`${url}/v1/completions`, { ...ENDS, model: name, seed: 4, logprobs: 0 })).body.choices[0];
  assert.deepEqual(await sample('run-v1'), await sample('run-v1-by-folder'));
  assert.notDeepEqual((await sample('run-v1')).logprobs, (await sample('embedded-base')).logprobs);
  const gone = await send(`${url}/v1/unload_lora_adapter`, { lora_name: 'run-v1' });
  assert.deepEqual([gone.status, gone.text], [200, "Success: LoRA adapter 'run-v1' removed successfully."]);
  assert.equal((await send(`${url}/v1/unload_lora_adapter`, { lora_name: 'run-v1' })).status, 404);
  assert.equal((await send(`${url}/v1/completions`, { ...ENDS, model: 'run-v1' })).status, 404);
  for (let i = 0; i < 15; i += 1) assert.equal((await load(`more-${i}`, saved.path)).status, 200);
  assert.match((await load('too-many', saved.path)).body.error.message, /16 adapters are loaded/);
});

test('hanging up frees the slots', async (t) => {
  const { url, lm } = await startOnUnigram(t);
  lm.hold(true);
  const readGauge = async (name: string) =>
    Number(new RegExp(`^vllm:${name} (\\S+)$`, 'm').exec((await send(`${url}/metrics`)).text)?.[1]);
  const running = () => readGauge('num_requests_running\\{[^}]*\\}');
  const aborted = () => readGauge('request_success_total\\{[^}]*finished_reason="abort"\\}');
  const hangUp = new AbortController();
  const request = send(`${url}/v1/completions`, { ...ENDS, n: 5 }, { signal: hangUp.signal });
  while ((await running()) !== 5) await new Promise(setImmediate);
  hangUp.abort();
  await assert.rejects(request, { name: 'AbortError' });
  while ((await running()) !== 0) await new Promise(setImmediate);
  assert.equal(await aborted(), 5);
  lm.hold(false);
  assert.equal((await send(`${url}/v1/completions`, ENDS)).status, 200);
});

test('key and content type', async (t) => {
  const { url } = await startOnUnigram(t, { apiKey: 'secret' });
  const withKey = (headers: Record<string, string>) =>
    send(`${url}/v1/completions`, ENDS, { headers: { 'content-type': 'application/json', ...headers } });
  assert.equal((await withKey({})).status, 401);
  assert.equal((await withKey({ authorization: 'Bearer wrong' })).status, 403);
  assert.equal((await withKey({ authorization: 'Bearer secret' })).status, 200);
  assert.equal((await withKey({ 'x-api-key': 'secret' })).status, 200);
  for (const open of ['/health', '/api/v1/healthz', '/api/v1/get_server_capabilities']) {
    assert.equal((await send(url + open)).status, 200, open);
  }
  assert.equal((await send(`${url}/api/v1/training_runs`)).status, 401);
  assert.equal((await withKey({ 'x-api-key': 'secret', 'content-type': 'text/plain' })).status, 415);
});

test('other host names are refused', async (t) => {
  const { url } = await startOnUnigram(t);
  const { port } = new URL(url);
  const ask = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const request = openRequest({ host: '127.0.0.1', port, path: '/v1/models', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
    });
  assert.equal(await ask(`rebound.example:${port}`), 403);
  assert.equal(await ask('127.0.0.1.example'), 403);
  assert.equal(await ask(`127.0.0.1:${port}`), 200);
  assert.equal(await ask(`localhost:${port}`), 200);
});
