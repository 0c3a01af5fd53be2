/**
 * Sampling by the Tinker API under the contract of the engine port, on the embedded server's two faces, and what
 * is its own:
 *
 * 1. The wire: what is sent, what is not; results as protobuf (the embedded server) and as JSON (the doubles)
 * 2. Failures are EngineErrors that name the request: statuses, lost connections, answers that are not the protocol
 * 3. A result that cannot be trained on is refused: wrong count, unequal lengths, a stop token that is missing
 * 4. A result that never comes ends at the time limit, and an abort at once
 * 5. Only sampler paths are taken for weights
 * 6. It is healthy when its tokenizer is too
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createTinkerEngine } from '../../adapters/tinker/engine/create-tinker-engine.ts';
import { EngineError } from '../../src/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CompletionRequest } from '../../src/ports/engine.ts';
import { openModel, startOnUnigram, type Wire } from '../support/embedded-requests.ts';
import { runEngineContract } from '../support/engine-contract.ts';
import { type Answer, cut, cutInBody, json, routes, startFaultServer, text } from '../support/fault-server.ts';
import { createInstantClock } from '../support/trainer-instant-clock.ts';

const MODEL = 'embedded-base';

function open(t: TestContext, url: string, options: { clock?: Clock; timeoutMs?: number; apiKey?: string } = {}) {
  const tokenizer = createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 20_000 });
  const shared = { url, model: MODEL, tokenizer, timeoutMs: 20_000, eosTexts: ['<eos>'], clock: createInstantClock() };
  const engine = createTinkerEngine({ ...shared, ...options });
  t.after(() => engine[Symbol.asyncDispose]());
  return engine;
}

runEngineContract(
  'tinker',
  async (t) => {
    const { url, lm } = await startOnUnigram(t);
    return {
      engine: open(t, url),
      ...{ model: MODEL, chatModel: MODEL, text: '<Parallel>', stopTokenIds: [2, 3, 4, 5] },
      userMessage: 'Dan has 18 keys, then makes 31. How many in all?',
      prompt: [11, 12, 13],
      completionPath: '/api/v1/asample',
      makeWeights: async () => {
        const model = await openModel(url, 99);
        const first = await model.run('save_weights_for_sampler', { seq_id: 1, path: 'v1' });
        const second = await model.run('save_weights_for_sampler', { seq_id: 2, path: 'v2' });
        return [first.path, second.path];
      },
      hold: (isHeld) => lm.hold(isHeld),
      arrived: async () => {
        while (lm.stats().running !== 20 * 4) await new Promise(setImmediate);
      },
      freed: async () => {},
    };
  },
  {
    version: 'no endpoint of the Tinker API tells it',
    freeing: 'no call of the Tinker API cancels a sampling that was accepted',
  },
);

const ASK: CompletionRequest = {
  ...{ model: 'run-v1', prompt: [5, 6], n: 1, maxTokens: 8, temperature: 0.7, topP: 0.9, seed: 3, stopTokenIds: [14] },
};

const sequence = (tokens: number[], patch: Wire = {}): Wire => ({
  ...{ stop_reason: 'length', tokens, logprobs: tokens.map(() => -0.5) },
  ...patch,
});

/** A Tinker server whose two answers are written by the test, with a tokenizer beside. */
async function start(t: TestContext, result: () => Answer, submitted: () => Answer = () => json({ request_id: '7' })) {
  const server = await startFaultServer(t, (response, request) =>
    routes({
      '/api/v1/asample': submitted(),
      '/api/v1/retrieve_future': result(),
      '/api/v1/client/config': json({}),
      '/detokenize': json({ prompt: 'words' }),
      '/tokenize': json({ tokens: [0] }),
    })(response, request),
  );
  const bodiesOf = (path: string): Wire[] => server.seen.filter((one) => one.path === path).map(({ body }) => body);
  return { server, bodiesOf };
}

async function failureOf(call: Promise<unknown>): Promise<EngineError> {
  const error = await call.then(
    () => assert.fail('the call should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, String(error));
  assert.match(error.message, /^POST http:\/\/127\.0\.0\.1:\d+\/api\/v1\/asample: /);
  return error;
}

test('1. the wire', async (t) => {
  const result = json({ sequences: [sequence([11, 14], { stop_reason: 'stop' }), sequence([12])] });
  const { server, bodiesOf } = await start(t, () => result);
  const engine = open(t, server.url, { apiKey: 'tml-secret' });
  await engine.loadWeights('run-v1', 'tinker://m1/sampler_weights/v1');
  const completions = await engine.complete({ ...ASK, n: 2 });
  assert.deepEqual(
    completions.map(({ ids, text: words, finish }) => [ids, words, finish]),
    [
      [[11, 14], 'words', 'stop'],
      [[12], 'words', 'length'],
    ],
  );
  await engine.complete({ ...ASK, model: MODEL, stopTokenIds: [] }).catch(() => {});
  const [first, second] = bodiesOf('/api/v1/asample');
  assert.deepEqual(first, {
    model_path: 'tinker://m1/sampler_weights/v1',
    num_samples: 2,
    prompt: { chunks: [{ type: 'encoded_text', tokens: [5, 6] }] },
    sampling_params: { max_tokens: 8, temperature: 0.7, top_p: 0.9, top_k: -1, seed: 3, stop: [14] },
  });
  assert.equal(second.base_model, MODEL);
  assert.equal('stop' in second.sampling_params, false);
  assert.deepEqual(bodiesOf('/detokenize')[0], { model: MODEL, tokens: [11, 14] });
  for (const { headers, path } of server.seen) {
    assert.equal(headers['x-api-key'], path.startsWith('/api/') ? 'tml-secret' : undefined, path);
  }
});

test('2. failures', async (t) => {
  let submitted: Answer = cut;
  let result: Answer = cut;
  const { server } = await start(
    t,
    () => result,
    () => submitted,
  );
  const engine = open(t, server.url);
  for (const [status, retryable] of [
    [400, false],
    [401, false],
    [404, false],
    [422, false],
    [410, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
  ] as const) {
    submitted = json({ detail: 'the reason' }, status);
    const error = await failureOf(engine.complete(ASK));
    assert.deepEqual([error.status, error.retryable], [status, retryable]);
    assert.match(error.message, new RegExp(`: ${status} the reason(; check the API key \\(engine\\.apiKeyEnv\\))?$`));
  }
  const before = server.seen.length;
  for (const lost of [cut, cutInBody]) {
    submitted = lost;
    const error = await failureOf(engine.complete(ASK));
    assert.equal(error.retryable, true);
    assert.match(error.message, /the connection was cut before the answer was complete/);
  }
  assert.equal(server.seen.length, before + 2);
  submitted = text('<html>');
  assert.match((await failureOf(engine.complete(ASK))).message, /expected JSON, got <html>/);
  submitted = json({ request_id: '7' });
  result = cut;
  assert.equal((await failureOf(engine.complete(ASK))).retryable, true);
  for (const [answer, said] of [
    [json({ error: 'out of memory', category: 'server' }), /failed: out of memory/],
    [json({ detail: 'no such weights' }, 404), /404 no such weights/],
    [text('{"sequences":'), /the answer was cut/],
    [json({ samples: [] }), /sequences/],
    [json({ sequences: [{ stop_reason: 'stop', tokens: [1] }] }), /sequences\.0\.logprobs/],
    [json({ sequences: [sequence([11], { stop_reason: 'error' })] }), /sequences\.0\.stop_reason/],
  ] as const) {
    result = answer;
    assert.match((await failureOf(engine.complete(ASK))).message, said);
  }
});

test('3. results that cannot be trained on', async (t) => {
  let result: Answer = cut;
  const { server } = await start(t, () => result);
  const engine = open(t, server.url);
  for (const [sequences, said] of [
    [[], /expected 1 sequences, got 0/],
    [[sequence([11]), sequence([12])], /expected 1 sequences, got 2/],
    [[sequence([11, 12], { logprobs: [-1] })], /2 token ids but 1 log-probs/],
    [[sequence([11, -1])], /sequences\.0\.tokens/],
    [[sequence([11], { stop_reason: 'stop' })], /ends with no stop token.*engine\.eosTokens/],
  ] as const) {
    result = json({ sequences });
    const error = await failureOf(engine.complete(ASK));
    assert.match(error.message, said);
    assert.equal(error.retryable, false);
  }
  result = json({ sequences: [sequence([11, 0], { stop_reason: 'stop' })] });
  const [ended] = await engine.complete(ASK);
  assert.deepEqual(ended?.ids, [11, 0], 'its own end of sequence is none that was dropped');
});

test('4. waiting', async (t) => {
  const { server } = await start(t, () => json({ type: 'try_again', request_id: '7', queue_state: 'active' }));
  const error = await failureOf(open(t, server.url, { timeoutMs: 5000 }).complete(ASK));
  assert.deepEqual([error.retryable, error.timedOut], [true, true]);
  assert.match(error.message, /no answer within 5000 ms: raise engine\.timeoutSeconds/);
  const stop = new AbortController();
  const reason = new Error('enough');
  const arrival = server.next();
  const failed = assert.rejects(
    open(t, server.url, { timeoutMs: 1e9 }).complete(ASK, stop.signal),
    (thrown) => thrown === reason,
  );
  await arrival;
  stop.abort(reason);
  await failed;
});

test('5. weights', async (t) => {
  const engine = open(t, 'http://127.0.0.1:9');
  for (const location of ['/weights/a', 'tinker://m1/weights/s1', 'tinker://m1/a/b/c']) {
    await assert.rejects(engine.loadWeights('v', location), (error) => {
      assert.ok(error instanceof EngineError && !error.retryable);
      assert.match(error.message, /no sampler path .*trainer\.handover path/);
      return true;
    });
  }
});

test('6. health', async (t) => {
  const tokenizer = await startFaultServer(t, (response, request) =>
    routes({ '/health': isUp ? text('') : text('', 503), '/api/v1/healthz': json({ status: 'ok' }) })(
      response,
      request,
    ),
  );
  let isUp = true;
  const engine = open(t, tokenizer.url);
  assert.deepEqual(await engine.checkHealth(), { version: null });
  isUp = false;
  await assert.rejects(engine.checkHealth(), /\/health: 503/);
});
