/**
 * The engine adapter against a server that misbehaves. Every failure is an `EngineError` of one line that names the request.
 *
 *  1. Each status is retryable or final as the table of meanings says; the server's words survive in every body shape.
 *  2. Retry-After and retry-after-ms are read, bounded by a minute; nonsense is none.
 *  3. Refused, cut and silent connections are retryable and say what to do; nothing is sent twice.
 *  4. What is not JSON, not the protocol, or the wrong number of choices is final and says what was expected; an empty or
 *     cut answer is retryable, and an error under a status of success is judged by its code.
 *  5. Choices come back in index order; a doubled or foreign index is refused.
 *  6. Ids and log-probs that cannot be trained on are refused: missing, unequal, not finite, without the stop token, of another prompt.
 *  7. Control sequences, line breaks and the API key never reach a message, of which beginning and end are kept; the key
 *     goes out as Bearer only.
 *  8. An answer larger than the limit is refused, by either way of asking.
 *  9. An abort in the header, in the body and in chat closes the connection and rejects with the reason.
 * 10. Chat and model lists have the same failures as completions; OPENAI_* variables change nothing.
 * 11. More than 500 calls are in flight at once, and share one signal without a warning.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine, type OpenAiEngineOptions } from '../../adapters/engine-openai/create-openai-engine.ts';
import { EngineError } from '../../src/errors.ts';
import type { ChatRequest, CompletionRequest, Engine } from '../../src/ports/engine.ts';
import type { Wire } from '../support/embedded-requests.ts';
import { createVllmDouble, DOUBLE_BASE, wireChoice } from '../support/engine-vllm-double.ts';
import {
  type Answer,
  cut,
  cutInBody,
  type FaultServer,
  json,
  silence,
  stall,
  startFaultServer,
  text,
} from '../support/fault-server.ts';

const ASK: CompletionRequest = {
  ...{ model: 'm', prompt: [5, 6], n: 1, maxTokens: 8, temperature: 1, topP: 1, seed: 1, stopTokenIds: [14] },
};
const CHAT: ChatRequest = { model: 'm', prompt: 'hi', n: 1, maxTokens: 8, temperature: 1, topP: 1, seed: 1 };

function open(t: TestContext, url: string, options: Partial<OpenAiEngineOptions> = {}): Engine {
  const engine = createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 20_000, ...options });
  t.after(() => engine[Symbol.asyncDispose]());
  return engine;
}

/** A server whose answer can be changed between calls, and an engine on it. */
async function start(t: TestContext, options: Partial<OpenAiEngineOptions> = {}) {
  const state: { answer: Answer } = { answer: silence };
  const server: FaultServer = await startFaultServer(t, (response, request) => state.answer(response, request));
  return { state, server, engine: open(t, server.url, options) };
}

async function failureOf(call: Promise<unknown>): Promise<EngineError> {
  const error = await call.then(
    () => assert.fail('the call should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, String(error));
  assert.doesNotMatch(error.message, /\p{Cc}/u, 'one line');
  assert.ok(error.message.length <= 420, `${error.message.length} characters`);
  assert.match(error.message, /^(GET|POST) http:\/\/127\.0\.0\.1:\d+\/\S+: /);
  return error;
}

/** The failures of calls that were made at once. */
const failuresOf = (...calls: Promise<unknown>[]) => Promise.all(calls.map(failureOf));

/** A URL on which nobody listens any more. */
async function findDeadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const choices = (...list: Wire[]): Answer => json({ choices: list });

test('1. statuses and bodies', async (t) => {
  const { state, engine } = await start(t);
  const retryable = [408, 409, 423, 425, 429, 499, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524, 529, 530];
  const final = [301, 400, 401, 402, 403, 404, 405, 410, 413, 422, 501, 505];
  for (const status of [...retryable, ...final]) {
    state.answer = json({ error: { message: 'the reason' } }, status);
    for (const error of await failuresOf(engine.complete(ASK), engine.chat(CHAT))) {
      assert.equal(error.status, status);
      assert.equal(error.retryable, retryable.includes(status), String(status));
      assert.match(error.message, new RegExp(`completions: ${status} the reason$`));
    }
  }
  const bodies: [Answer, string][] = [
    [json({ message: 'inner alone', type: 'BadRequestError' }, 400), '400 inner alone'],
    [json({ error: 'of TGI', error_type: 'validation' }, 422), '422 of TGI'],
    [json({ detail: 'of FastAPI' }, 404), '404 of FastAPI'],
    [json({ detail: [{ loc: ['body', 'n'], msg: 'too large' }] }, 422), '422 body.n: too large'],
    [json({ success: false, error_message: 'of SGLang' }, 400), '400 of SGLang'],
    [text('upstream is down', 502), '502 upstream is down'],
    [text('', 503), '503 Service Unavailable'],
  ];
  for (const [answer, said] of bodies) {
    state.answer = answer;
    assert.ok((await failureOf(engine.complete(ASK))).message.endsWith(`: ${said}`), said);
  }
});

test('2. retry-after', async (t) => {
  const { state, engine } = await start(t);
  const cases: [Record<string, string>, (pauseMs: number | null) => boolean][] = [
    [{ 'retry-after': '2' }, (pauseMs) => pauseMs === 2000],
    [{ 'retry-after': '0.5' }, (pauseMs) => pauseMs === 500],
    [{ 'retry-after': '3600' }, (pauseMs) => pauseMs === 60_000],
    [{ 'retry-after-ms': '70', 'retry-after': '9' }, (pauseMs) => pauseMs === 70],
    [{ 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, (pauseMs) => pauseMs === 60_000],
    [{ 'retry-after': new Date(0).toUTCString() }, (pauseMs) => pauseMs === 0],
    [{ 'retry-after': 'soon' }, (pauseMs) => pauseMs === null],
    [{ 'retry-after': '-5x' }, (pauseMs) => pauseMs === null],
    [{}, (pauseMs) => pauseMs === null],
  ];
  for (const [headers, isRight] of cases) {
    state.answer = json({ detail: 'later' }, 429, headers);
    for (const { retryAfterMs } of await failuresOf(engine.complete(ASK), engine.chat(CHAT))) {
      assert.ok(isRight(retryAfterMs), `${JSON.stringify(headers)} gave ${retryAfterMs}`);
    }
  }
});

test('3. connections that fail', async (t) => {
  const { state, server, engine } = await start(t, { timeoutMs: 300 });
  const faults: [Answer, RegExp][] = [
    [cut, /cut before the answer was complete/],
    [cutInBody, /cut before the answer was complete/],
    [silence, /no answer within 300 ms: raise engine\.timeoutSeconds/],
    [stall, /no answer within 300 ms: raise engine\.timeoutSeconds/],
  ];
  for (const [answer, said] of faults) {
    state.answer = answer;
    for (const error of await failuresOf(engine.complete(ASK), engine.chat(CHAT))) {
      assert.match(error.message, said);
      assert.deepEqual([error.retryable, error.status], [true, null]);
      assert.notEqual(error.cause, undefined);
    }
  }
  assert.equal(server.seen.length, 2 * faults.length);
  const nobody = open(t, await findDeadUrl());
  for (const error of await failuresOf(nobody.complete(ASK), nobody.chat(CHAT), nobody.checkHealth())) {
    assert.match(error.message, /is the server running there\?/);
    assert.equal(error.retryable, true);
  }
});

test('4. answers that are not the protocol', async (t) => {
  const { state, engine } = await start(t);
  const faults: [Answer, RegExp][] = [
    [text('<html>Welcome</html>', 200, { 'content-type': 'application/json' }), /expected JSON, got/],
    [json(null), /expected an object with choices, got null/],
    [json([1, 2]), /expected an object with choices, got \[1,2\]/],
    [json({ object: 'error', message: 'quiet failure' }), /expected an object with choices, got .*quiet failure/],
    [choices(), /number of choices: asked for 1, got 0/],
    [choices(wireChoice(0, [11]), wireChoice(1, [12])), /number of choices: asked for 1, got 2/],
  ];
  for (const [answer, said] of faults) {
    state.answer = answer;
    for (const error of await failuresOf(engine.complete(ASK), engine.chat(CHAT))) {
      assert.match(error.message, said);
      assert.equal(error.retryable, false);
    }
  }
  const passing: [Answer, RegExp, number | null][] = [
    [text(''), /the answer is empty/, null],
    [text('{"choices": [{"index": 0, "te'), /the answer was cut/, null],
    [json({ error: { message: 'slow down', code: 429 } }), /429 slow down/, 429],
    [json({ error: { message: 'gone', code: '502' } }), /502 gone/, 502],
    [json({ error: { message: 'full', type: 'overloaded_error' } }), /529 full/, 529],
    [json({ error: 'upstream went away' }), /the server says: upstream went away/, null],
  ];
  for (const [answer, said, status] of passing) {
    state.answer = answer;
    for (const error of await failuresOf(engine.complete(ASK), engine.chat(CHAT), engine.listModels())) {
      assert.match(error.message, said);
      assert.deepEqual([error.retryable, error.status], [true, status]);
    }
  }
  state.answer = json({ error: { message: 'no such field', code: 400 } });
  for (const error of await failuresOf(engine.complete(ASK), engine.chat(CHAT))) {
    assert.deepEqual([error.retryable, error.status], [false, 400]);
  }
  state.answer = json({ tokens: [1, -2] });
  const tokenize = engine.tokenize({ model: 'm', input: { text: 'x' } });
  assert.match((await failureOf(tokenize)).message, /expected an object with tokens/);
  assert.match((await failureOf(engine.detokenize('m', [1]))).message, /expected an object with prompt/);
  assert.match((await failureOf(engine.listModels())).message, /expected an object with data/);
  state.answer = json({ data: [{ id: 7 }] });
  assert.match((await failureOf(engine.listModels())).message, /expected models with an id/);
});

test('5. order of choices', async (t) => {
  const { state, engine } = await start(t);
  state.answer = choices(wireChoice(2, [13]), wireChoice(0, [11]), wireChoice(1, [12]));
  const completions = await engine.complete({ ...ASK, n: 3 });
  assert.deepEqual(
    completions.map(({ ids }) => ids[0]),
    [11, 12, 13],
  );
  for (const indices of [
    [0, 0, 1],
    [1, 2, 3],
    [0, 1, -1],
    [0, 1, '2'],
    [0, 1, 1.5],
    [0, 1, 'length'],
  ]) {
    state.answer = choices(...indices.map((index) => ({ ...wireChoice(0, [11]), index })));
    assert.match(
      (await failureOf(engine.complete({ ...ASK, n: 3 }))).message,
      /indices 0 to 2, each once/,
      String(indices),
    );
  }
  const answer = (index: number) => ({ index, message: { content: `answer ${index}` }, finish_reason: 'stop' });
  state.answer = choices(answer(1), answer(0));
  assert.deepEqual(
    (await engine.chat({ ...CHAT, n: 2 })).map(({ content }) => content),
    ['answer 0', 'answer 1'],
  );
  state.answer = choices(answer(1), answer(1));
  assert.match((await failureOf(engine.chat({ ...CHAT, n: 2 }))).message, /indices 0 to 1, each once/);
});

test('6. tokens that cannot be trained on', async (t) => {
  const { state, engine } = await start(t);
  const logprobs = (list: unknown) => ({ logprobs: { token_logprobs: list } });
  const faults: [Wire, RegExp][] = [
    [
      { token_ids: undefined },
      /token ids at choices\[0\] \(needs a server build that knows return_token_ids\), got nothing/,
    ],
    [{ token_ids: [11, '12'] }, /token ids at choices\[0\]/],
    [{ token_ids: [11, -1] }, /token ids at choices\[0\]/],
    [{ token_ids: [11] }, /1 token ids but 2 log-probs/],
    [{ logprobs: null }, /a finite log-prob per token at choices\[0\], got nothing/],
    [logprobs([-1, null]), /a finite log-prob per token/],
    [logprobs([-1, 'NaN']), /a finite log-prob per token/],
    [logprobs([-1, -1, -1]), /2 token ids but 3 log-probs/],
    [{ text: null }, /a string at choices\[0\]\.text/],
    [
      { finish_reason: 'stop', stop_reason: 14 },
      /stopped by token 14, but the server drops it .*include_stop_str_in_output/,
    ],
    [{ prompt_token_ids: [5] }, /sampled after 1 prompt tokens, 2 were sent/],
  ];
  for (const [patch, said] of faults) {
    state.answer = choices(wireChoice(0, [11, 12], patch));
    const error = await failureOf(engine.complete(ASK));
    assert.match(error.message, said);
    assert.equal(error.retryable, false);
  }
  const good: [Wire, string][] = [
    [{ token_ids: [11, 14], finish_reason: 'stop', stop_reason: 14 }, 'stop'],
    [{ finish_reason: 'stop', stop_reason: null }, 'stop'],
    [{ finish_reason: 'abort' }, 'abort'],
    [{ finish_reason: 'error', token_ids: null }, 'abort'],
    [{ finish_reason: null }, 'abort'],
    [{ prompt_token_ids: [5, 6] }, 'length'],
  ];
  for (const [patch, finish] of good) {
    const usage = { prompt_tokens_details: { cached_tokens: 16 } };
    state.answer = json({ choices: [wireChoice(0, [11, 12], patch)], usage });
    const [completion] = await engine.complete(ASK);
    assert.equal(completion?.finish, finish);
    assert.equal(completion?.cachedTokens, 16);
    assert.equal(completion?.text, 'bc');
  }
});

test('7. hostile words and the key', async (t) => {
  const apiKey = 'sk-very-secret-0123456789';
  const { state, server, engine } = await start(t, { apiKey });
  const hostile = `\u001b[31mred\u001b[0m\nline\r\n\u001b]0;title\u0007key ${apiKey} \u0000then\u202e${'x'.repeat(5000)} the reason`;
  const calls = [
    () => engine.complete(ASK),
    () => engine.chat(CHAT),
    () => engine.tokenize({ model: 'm', input: { text: 'x' } }),
    () => engine.listModels(),
    () => engine.loadWeights('v', '/w'),
    () => engine.checkHealth(),
  ];
  for (const answer of [json({ error: { message: hostile } }, 400), text(hostile, 500)]) {
    state.answer = answer;
    for (const call of calls) {
      const { message } = await failureOf(call());
      assert.match(message, /: [45]00 red line key \*\*\* then x+ … x+ the reason$/);
    }
  }
  state.answer = choices({ ...wireChoice(0, [11]), index: `\u001b[31m${apiKey}` });
  assert.match((await failureOf(engine.complete(ASK))).message, /, got \*\*\*$/);
  assert.equal(server.seen.length, 2 * calls.length + 1);
  for (const { headers, path, body } of server.seen) {
    assert.equal(headers.authorization, `Bearer ${apiKey}`, path);
    assert.ok(!JSON.stringify([{ ...headers, authorization: '' }, path, body]).includes(apiKey));
  }
});

test('8. too large', async (t) => {
  const { state, engine } = await start(t, { maxResponseBytes: 100_000 });
  state.answer = text(' '.repeat(200_000), 200, { 'content-type': 'application/json' });
  for (const error of await failuresOf(engine.complete(ASK), engine.chat(CHAT), engine.listModels())) {
    assert.match(error.message, /the answer is larger than the limit/);
    assert.equal(error.retryable, false);
  }
});

test('9. aborts', async (t) => {
  const { state, server, engine } = await start(t);
  for (const answer of [silence, stall]) {
    for (const call of [
      (signal: AbortSignal) => engine.complete(ASK, signal),
      (signal: AbortSignal) => engine.chat(CHAT, signal),
      (signal: AbortSignal) => engine.listModels(signal),
    ]) {
      state.answer = answer;
      const stop = new AbortController();
      const reason = new Error('enough');
      const arrival = server.next();
      const failed = assert.rejects(call(stop.signal), (error) => error === reason);
      const request = await arrival;
      stop.abort(reason);
      await failed;
      assert.equal(await request.hungUp, true);
    }
  }
  const before = server.seen.length;
  await assert.rejects(engine.chat(CHAT, AbortSignal.abort(new Error('before'))), { message: 'before' });
  assert.equal(server.seen.length, before);
});

test('10. the environment of the openai package', async (t) => {
  const foreign = {
    OPENAI_API_KEY: 'sk-of-someone-else',
    OPENAI_ORG_ID: 'org',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    OPENAI_CUSTOM_HEADERS: 'x-custom: leaked',
  };
  Object.assign(process.env, foreign);
  t.after(() => {
    for (const name of Object.keys(foreign)) delete process.env[name];
  });
  const { state, server, engine } = await start(t);
  state.answer = json({
    choices: [{ index: 0, message: { content: 'fine', reasoning: 'because' }, finish_reason: 'stop' }],
  });
  const [answer] = await engine.chat(CHAT);
  assert.equal(answer?.content, 'fine');
  assert.equal(answer?.reasoning, 'because');
  assert.equal(answer?.promptTokens, null);
  const { headers } = server.seen[0]!;
  assert.equal(headers.authorization, undefined);
  assert.doesNotMatch(JSON.stringify(headers), /someone-else|org|leaked|stainless/);
});

test('11. many at once', async (t) => {
  const held: (() => void)[] = [];
  const double = createVllmDouble();
  let most = 0;
  const server = await startFaultServer(t, (response, request) => {
    held.push(() => double(response, request));
    most = Math.max(most, held.length);
    if (held.length === 600) for (const answer of held.splice(0)) answer();
  });
  const warnings: string[] = [];
  const note = (warning: Error) => void warnings.push(warning.name);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  const engine = open(t, server.url);
  const { signal } = new AbortController();
  const calls = Array.from({ length: 600 }, (_, seed) => engine.complete({ ...ASK, model: DOUBLE_BASE, seed }, signal));
  assert.equal((await Promise.all(calls)).length, 600);
  assert.equal(most, 600);
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
});
