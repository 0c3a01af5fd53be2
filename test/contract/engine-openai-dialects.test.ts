/**
 * What differs between kinds of servers.
 *
 * 1. vLLM is told everything that changes sampling, with a cache salt of its own per weights version: one that vLLM
 *    takes, whatever the model is called.
 * 2. SGLang gets a batch of equal prompts with a seed each, names adapters only, and its answer becomes completions.
 * 3. SGLang's adapters are loaded, told apart from the base, and unloaded in its own words.
 * 4. TGI and plain OpenAI servers chat, and refuse weights by the capability's name.
 * 5. TGI and plain OpenAI servers, some of which ignore n, get one request per choice with a seed of its own and count
 *    the tokens of each answer; one that fails ends the others. TGI is not told a top_p that cuts nothing.
 * 6. URLs work with and without /v1 and below a path; what cannot be used is a UsageError without secrets.
 * 7. A server without /version has none; a server without /health is asked for its models; 503 is not healthy.
 * 8. Closing the engine ends calls in flight with a final error.
 * 9. A server pinned to another model is no fault of one request: its 400 counts as the 404 other servers send.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine, type OpenAiEngineOptions } from '../../adapters/engine-openai/create-openai-engine.ts';
import { EngineError, UsageError } from '../../src/errors.ts';
import type { ChatRequest, CompletionRequest, Engine } from '../../src/ports/engine.ts';
import type { Wire } from '../support/embedded-requests.ts';
import { wireChoice } from '../support/engine-vllm-double.ts';
import { type Answer, json, routes, silence, startFaultServer, text } from '../support/fault-server.ts';

const ASK: CompletionRequest = {
  ...{
    model: 'run-v1',
    prompt: [5, 6],
    n: 2,
    maxTokens: 8,
    temperature: 0.7,
    topP: 0.9,
    seed: 2 ** 31 - 1,
    stopTokenIds: [14],
  },
};
const CHAT: ChatRequest = { model: 'm', prompt: 'hi', n: 1, maxTokens: 8, temperature: 1, topP: 1, seed: 1 };

async function start(t: TestContext, kind: OpenAiEngineOptions['kind'], answer: Answer) {
  const server = await startFaultServer(t, answer);
  const engine = createOpenAiEngine({ kind, url: server.url, timeoutMs: 20_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const bodiesOf = (path: string): Wire[] =>
    server.seen.filter((request) => request.path === path).map(({ body }) => body);
  return { server, engine, bodiesOf };
}

const rejectsWith = (call: Promise<unknown>, words: RegExp, patch: Partial<EngineError> = { retryable: false }) =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.match(error.message, words);
    for (const [key, value] of Object.entries(patch)) assert.equal(error[key as keyof EngineError], value, key);
    return true;
  });

test('1. what vLLM is sent', async (t) => {
  const { engine, bodiesOf } = await start(t, 'vllm', json({ choices: [wireChoice(0, [11]), wireChoice(1, [12])] }));
  for (const model of ['run-v1', 'Qwen/Qwen3-4B-Base']) await engine.complete({ ...ASK, model });
  const [{ cache_salt: salt, ...sent }, other] = bodiesOf('/v1/completions');
  for (const text of [salt, other.cache_salt]) assert.match(text, /^[\w-]{1,128}$/);
  assert.notEqual(salt, other.cache_salt);
  assert.deepEqual(sent, {
    model: 'run-v1',
    prompt: [5, 6],
    n: 2,
    max_tokens: 8,
    temperature: 0.7,
    top_p: 0.9,
    top_k: -1,
    min_p: 0,
    seed: 2 ** 31 - 1,
    stop_token_ids: [14],
    include_stop_str_in_output: true,
    skip_special_tokens: false,
    spaces_between_special_tokens: false,
    logprobs: 0,
    return_token_ids: true,
  });
});

function sglangChoice(ids: readonly number[], finish: Wire): Wire {
  const output_token_logprobs = ids.map((id) => [-id / 10, id, null]);
  return {
    text: 'words',
    output_ids: ids,
    meta_info: { finish_reason: finish, output_token_logprobs, cached_tokens: 3 },
  };
}

function createSglang(generate: Answer): Answer {
  const adapters = new Map<string, string>();
  return routes({
    '/generate': generate,
    '/v1/models': (response, request) => {
      const loaded = [...adapters].map(([id, root]) => ({ id, root, parent: 'base' }));
      json({ data: [{ id: 'base', root: 'base', parent: null }, ...loaded] })(response, request);
    },
    '/load_lora_adapter': (response, request) => {
      const { lora_name: name, lora_path: path } = request.body;
      const known = adapters.has(name);
      if (!known) adapters.set(name, path);
      const reply = known ? { success: false, error_message: `LoRA ${name} already exists` } : { success: true };
      json(reply, known ? 400 : 200)(response, request);
    },
    '/unload_lora_adapter': (response, request) => {
      const gone = adapters.delete(request.body.lora_name);
      json(gone ? { success: true } : { success: false, error_message: 'LoRA does not exist' }, gone ? 200 : 400)(
        response,
        request,
      );
    },
    '/tokenize': json({ tokens: [1, 2], count: 2 }),
    '/detokenize': json({ text: 'ab' }),
  });
}

test('2. SGLang completions', async (t) => {
  let answer: Wire = [
    sglangChoice([11, 14], { type: 'stop', matched: 14 }),
    sglangChoice([12], { type: 'length', length: 1 }),
  ];
  const { engine, bodiesOf } = await start(
    t,
    'sglang',
    createSglang((response, request) => json(answer)(response, request)),
  );
  const [first, second] = await engine.complete({ ...ASK, model: 'base' });
  assert.deepEqual(first, { ids: [11, 14], text: 'words', logprobs: [-1.1, -1.4], finish: 'stop', cachedTokens: 3 });
  assert.equal(second?.finish, 'length');
  const [sent] = bodiesOf('/generate');
  assert.deepEqual(sent.input_ids, [
    [5, 6],
    [5, 6],
  ]);
  assert.deepEqual(
    sent.sampling_params.map((params: Wire) => params.sampling_seed),
    [2 ** 31 - 1, 0],
  );
  assert.equal(sent.sampling_params[0].no_stop_trim, true);
  assert.deepEqual(sent.sampling_params[1].stop_token_ids, [14]);
  assert.equal('lora_path' in sent, false);
  const faults: [Wire, RegExp][] = [
    [answer[0], /expected an array of choices/],
    [[answer[0]], /number of choices: asked for 2, got 1/],
    [[answer[0], { text: 'x', meta_info: {} }], /expected output_token_logprobs at \[1\]\.meta_info/],
    [[answer[0], sglangChoice([12], { type: 'stop', matched: 14 })], /\[1\] was stopped by token 14/],
  ];
  for (const [wrong, words] of faults) {
    answer = wrong;
    await rejectsWith(engine.complete({ ...ASK, model: 'base' }), words);
  }
});

test('3. SGLang adapters', async (t) => {
  const both = [sglangChoice([11], { type: 'length' }), sglangChoice([12], { type: 'length' })];
  const { engine, bodiesOf } = await start(t, 'sglang', createSglang(json(both)));
  await rejectsWith(engine.complete(ASK), /no model or adapter run-v1 is served/, { retryable: false, status: 404 });
  await engine.loadWeights('run-v1', '/weights/a');
  await engine.loadWeights('run-v1', '/weights/a');
  await rejectsWith(engine.loadWeights('run-v1', '/weights/b'), /run-v1 already names weights from \/weights\/a/);
  await engine.complete(ASK);
  assert.equal(bodiesOf('/generate').at(-1).lora_path, 'run-v1');
  await engine.unloadWeights('run-v1');
  await engine.unloadWeights('run-v1');
  await rejectsWith(engine.complete(ASK), /no model or adapter run-v1 is served/);
  assert.equal(await engine.detokenize('base', [1, 2]), 'ab');
  assert.equal(bodiesOf('/detokenize')[0].skip_special_tokens, false);
  assert.deepEqual(await engine.tokenize({ model: 'base', input: { text: 'ab' } }), [1, 2]);
});

const chatAnswer = (content: string) => ({ choices: [{ index: 0, message: { content }, finish_reason: 'eos_token' }] });

test('4. servers of text', async (t) => {
  for (const kind of ['tgi', 'openai'] as const) {
    const { engine, server } = await start(t, kind, json(chatAnswer('hello')));
    const [answer] = await engine.chat(CHAT);
    assert.deepEqual([answer?.content, answer?.finish, answer?.reasoning], ['hello', 'stop', null]);
    const { body } = server.seen[0]!;
    assert.equal('skip_special_tokens' in body, false);
    const calls: [keyof Engine['capabilities'], Promise<unknown>][] = [
      ['loadWeights', engine.loadWeights('v', '/w')],
      ['loadWeights', engine.unloadWeights('v')],
    ];
    for (const [capability, call] of calls) {
      assert.equal(engine.capabilities[capability], false);
      await rejectsWith(call, new RegExp(`engine\\.kind ${kind} .*capability ${capability}\\): use vllm`));
    }
    assert.equal(server.seen.length, 1);
  }
});

for (const kind of ['tgi', 'openai'] as const) {
  test(`5. ${kind} chat`, async (t) => {
    let failing = false;
    const { engine, server } = await start(t, kind, (response, request) => {
      const { seed } = request.body;
      const usage = { prompt_tokens: 9, completion_tokens: seed };
      if (!failing) json({ ...chatAnswer(`seed ${seed}`), usage })(response, request);
      else if (seed === 3) json({ error: 'overloaded', error_type: 'overloaded' }, 429)(response, request);
      else silence(response, request);
    });
    const answers = await engine.chat({ ...CHAT, n: 3 });
    assert.deepEqual(
      answers.map(({ content }) => content),
      ['seed 1', 'seed 2', 'seed 3'],
    );
    assert.deepEqual(
      answers.map(({ promptTokens, completionTokens }) => [promptTokens, completionTokens]),
      [1, 2, 3].map((seed) => [9, seed]),
    );
    assert.ok(server.seen.every(({ body }) => !('n' in body) && 'top_p' in body === (kind === 'openai')));
    failing = true;
    await rejectsWith(engine.chat({ ...CHAT, n: 3 }), /429 overloaded/, { retryable: true });
    const silent = server.seen.slice(3).filter(({ body }) => body.seed !== 3);
    for (const request of silent) assert.equal(await request.hungUp, true);
  });
}

test('6. URLs', async (t) => {
  const server = await startFaultServer(t, json({ tokens: [1], data: [] }));
  for (const [suffix, prefix] of [
    ['', ''],
    ['/', ''],
    ['/v1', ''],
    ['/v1/', ''],
    ['/team/model', '/team/model'],
    ['/team/model/v1', '/team/model'],
  ] as const) {
    await using engine = createOpenAiEngine({ kind: 'vllm', url: server.url + suffix, timeoutMs: 20_000 });
    await engine.tokenize({ model: 'm', input: { text: 'x' } });
    await engine.listModels();
    assert.deepEqual(
      server.seen.slice(-2).map(({ path }) => path),
      [`${prefix}/tokenize`, `${prefix}/v1/models`],
    );
    assert.equal(engine.url, server.url + prefix);
  }
  for (const url of [
    '',
    'localhost:8000',
    'ftp://host/v1',
    'http://me:password1@host/v1',
    'http://host/v1?key=password1',
    'http://host/#v1',
  ]) {
    assert.throws(
      () => createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 1000 }),
      (error) => error instanceof UsageError && !error.message.includes('password1'),
      url,
    );
  }
});

test('7. health', async (t) => {
  const plain = await start(t, 'tgi', routes({ '/health': text('') }));
  assert.deepEqual(await plain.engine.checkHealth(), { version: null });
  const odd = await start(t, 'vllm', routes({ '/health': text(''), '/version': text('one') }));
  assert.deepEqual(await odd.engine.checkHealth(), { version: null });
  const hosted = await start(t, 'openai', routes({ '/v1/models': json({ data: [] }) }));
  assert.deepEqual(await hosted.engine.checkHealth(), { version: null });
  const nothing = await start(t, 'openai', routes({}));
  await rejectsWith(nothing.engine.checkHealth(), /GET .*\/v1\/models: 404 Not Found/, { status: 404 });
  const starting = await start(t, 'vllm', routes({ '/health': text('', 503) }));
  await rejectsWith(starting.engine.checkHealth(), /\/health: 503 Service Unavailable/, { retryable: true });
});

test('8. closing', async (t) => {
  const { engine, server } = await start(t, 'vllm', silence);
  const arrival = server.next();
  const ended = rejectsWith(engine.complete(ASK), /the connection was closed on this side/);
  await arrival;
  await engine[Symbol.asyncDispose]();
  await ended;
  await rejectsWith(engine.complete(ASK), /the connection was closed on this side/);
  await rejectsWith(engine.chat(CHAT), /the connection was closed on this side/);
});

test('9. a server of one model', async (t) => {
  let detail = "Server is pinned to 'a/b'; requested 'm'.";
  const { engine } = await start(t, 'openai', (response, request) => json({ detail }, 400)(response, request));
  await rejectsWith(engine.chat(CHAT), /400 Server is pinned to 'a\/b'/, { retryable: false, status: 404 });
  detail = 'prompt must be a string.';
  await rejectsWith(engine.chat(CHAT), /400 prompt/, { retryable: false, status: 400 });
});
