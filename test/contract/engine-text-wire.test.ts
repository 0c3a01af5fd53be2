/**
 * What is said to servers of text, and what is made of their answers.
 *
 *  1. OpenAI: one standard request per choice, without stops, with text for ids
 *  2. The stream ends at the first stop, wherever its pieces are cut, and the server is hung up on
 *  3. The stop that was met is told from the end of sequence, and both stay in the completion as one id
 *  4. A server that does not stream is read too; so are comments, CRs, characters cut in half, events of several lines
 *  5. Failures: status, cut connection, an end too early, no JSON, wrong count, missing text, unknown finish, endless line
 *  6. TGI: what is sent; details are read, so that special tokens stay in the text
 *  7. TGI: stops, its own end of sequence, the cap, and what is no answer
 *  8. A user message goes through TGI's chat template, or is plain text and a line end where there is none
 *  9. One choice that fails ends the others
 * 10. An abort in the middle of a stream closes the connection and rejects with the reason
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine, type OpenAiEngineOptions } from '../../adapters/engine-openai/create-openai-engine.ts';
import { EngineError } from '../../src/errors.ts';
import type { CompletionRequest, Engine } from '../../src/ports/engine.ts';
import type { Wire } from '../support/embedded-requests.ts';
import { sendEvent, TEXT_MODEL } from '../support/engine-text-doubles.ts';
import { type Answer, cut, json, routes, silence, startFaultServer, text } from '../support/fault-server.ts';

const EOS = '<|im_end|>';

async function start(t: TestContext, kind: OpenAiEngineOptions['kind'], answer: Answer) {
  const state = { answer };
  const server = await startFaultServer(t, (response, request) => state.answer(response, request));
  const engine = createOpenAiEngine({ kind, url: server.url, timeoutMs: 20_000, eosTexts: [EOS, '</s>'] });
  t.after(() => engine[Symbol.asyncDispose]());
  return { server, engine, state };
}

const idsOf = (engine: Engine, input: string) => engine.tokenize({ model: TEXT_MODEL, input: { text: input } });

async function ask(engine: Engine, prompt: string, stops: readonly string[], patch: Partial<CompletionRequest> = {}) {
  const stopTokenIds = (await Promise.all(stops.map((stop) => idsOf(engine, stop)))).flat();
  const settings = { model: TEXT_MODEL, n: 1, maxTokens: 50, temperature: 0.7, topP: 1, seed: 2 ** 31 - 1 };
  return engine.complete({ ...settings, prompt: await idsOf(engine, prompt), stopTokenIds, ...patch });
}

const choice = (piece: unknown, finish: unknown = null): Wire => ({
  choices: [{ index: 0, text: piece, finish_reason: finish }],
});

/** A stream of these events; without the mark at the end when it is to break off. */
function stream(events: readonly unknown[], end = true): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) sendEvent(response, event);
    if (end) sendEvent(response, '[DONE]');
    response.end();
  };
}

/** Bytes of a body, in these pieces. */
function bytes(parts: readonly (string | Uint8Array)[], headers: Record<string, string>): Answer {
  return async (response) => {
    response.writeHead(200, headers);
    for (const part of parts) await new Promise<void>((resolve) => response.write(part, () => setImmediate(resolve)));
    response.end();
  };
}

const rejectsWith = (call: Promise<unknown>, words: RegExp, patch: Partial<EngineError> = { retryable: false }) =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.match(error.message, words);
    for (const [key, value] of Object.entries(patch)) assert.equal(error[key as keyof EngineError], value, key);
    return true;
  });

test('1. what an OpenAI server is sent', async (t) => {
  const { engine, server } = await start(t, 'openai', stream([choice('a', 'length')]));
  await ask(engine, 'Say <Path>it', ['<Parallel>', EOS], { n: 2 });
  assert.deepEqual(
    server.seen.map(({ body }) => body).sort((a, b) => b.seed - a.seed),
    [2 ** 31 - 1, 0].map((seed) => ({
      ...{ model: TEXT_MODEL, prompt: 'Say <Path>it', max_tokens: 50, temperature: 0.7, top_p: 1, seed, stream: true },
    })),
  );
});

test('2. hanging up', async (t) => {
  const pieces = ['one ', 'two<', '/Pa', 'th> thr', 'ee'];
  const { engine, server } = await start(t, 'openai', (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // It never ends by itself.
    for (const piece of pieces) sendEvent(response, choice(piece));
  });
  const [completion] = await ask(engine, 'Say', ['</Path>', EOS]);
  assert.equal(completion?.text, 'one two</Path>');
  assert.equal(completion?.finish, 'stop');
  assert.equal(await server.seen[0]!.hungUp, true);
});

test('3. which stop it was', async (t) => {
  const { engine, state } = await start(t, 'openai', cut);
  const [tag] = await idsOf(engine, '<Parallel>');
  const [eos] = await idsOf(engine, EOS);
  const cases: [Wire[], string, number | null, string][] = [
    [[choice('a<Parallel>b', 'stop')], 'a<Parallel>', tag!, 'stop'],
    [[choice('a'), choice('', 'stop')], `a${EOS}`, eos!, 'stop'],
    [[choice(`a${EOS}`), choice('', 'stop')], `a${EOS}`, eos!, 'stop'],
    [[choice('a</s>b<Parallel>', 'stop')], 'a</s>', null, 'stop'],
    [[choice('a<'), choice('', 'length')], 'a<', null, 'length'],
    [[choice('a<Parallel>', 'length')], 'a<Parallel>', tag!, 'stop'],
    [[choice('a', 'abort')], 'a', null, 'abort'],
  ];
  for (const [events, said, last, finish] of cases) {
    state.answer = stream(events);
    const [completion] = await ask(engine, 'Say', ['<Parallel>', EOS, '</s>']);
    assert.equal(completion?.text, said);
    assert.equal(completion?.finish, finish, said);
    assert.equal(completion?.retokenised, true);
    if (last !== null) assert.equal(completion?.ids.at(-1), last, said);
    assert.equal(await engine.detokenize(TEXT_MODEL, completion?.ids ?? []), said);
  }
});

test('4. forms of an answer', async (t) => {
  const { engine, state } = await start(t, 'openai', json(choice('a½<Path>', 'stop')));
  const said = async () => (await ask(engine, 'Say', ['<Path>']))[0]?.text;
  assert.equal(await said(), 'a½<Path>');
  const half = new TextEncoder().encode('½');
  const head = 'data: {"choices":[{"index":0,"text":"a';
  const parts = [': hello\r', '\n\r\nevent: x\r\n', head, half.slice(0, 1), half.slice(1), '"}]}\r\n', '\r\n'];
  const rest = ['data: {"choices":[{"index":0,"text":"b",\ndata: "finish_reason":"length"}]}'];
  state.answer = bytes([...parts, ...rest], { 'content-type': 'text/event-stream' });
  assert.equal(await said(), 'a½b');
});

test('5. failures', async (t) => {
  const { engine, state } = await start(t, 'openai', cut);
  const cutStream: Answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(choice('a'))}\n\n`, () => response.destroy());
  };
  const again = { retryable: true };
  const final = { retryable: false };
  const faults: [Answer, RegExp, Partial<EngineError>][] = [
    [json({ error: { message: 'busy' } }, 503), /503 busy/, { retryable: true, status: 503 }],
    [json({ error: { message: 'no stream' } }, 400), /400 no stream/, { retryable: false, status: 400 }],
    [cut, /cut before the answer was complete/, again],
    [cutStream, /cut before the answer was complete/, again],
    [stream([choice('a')]), /the answer ended before it was complete/, again],
    [stream([choice('a')], false), /the answer ended before it was complete/, again],
    [stream(['{"choices":']), /the answer was cut/, again],
    [stream(['{"choices": oops}']), /expected JSON, got \{"choices": oops\}/, final],
    [text('<html>'), /expected JSON, got <html>/, final],
    [stream([{ error: { message: 'broke' } }]), /the server says: broke/, again],
    [stream([{ error: { message: 'slow down', code: 429 } }]), /429 slow down/, { retryable: true, status: 429 }],
    [
      stream([{ choices: [choice('a').choices[0], choice('b').choices[0]] }]),
      /number of choices: asked for 1, got 2/,
      final,
    ],
    [json({ choices: [] }), /number of choices: asked for 1, got 0/, final],
    [stream([choice(7)]), /expected a string at choices\[0\]\.text, got 7/, final],
    [bytes(['a'.repeat(2 << 20)], { 'content-type': 'text/event-stream' }), /one line without an end/, final],
  ];
  for (const [answer, words, patch] of faults) {
    state.answer = answer;
    await rejectsWith(ask(engine, 'Say', [EOS]), words, patch);
  }
  await rejectsWith(ask(engine, 'Say', [EOS], { prompt: [127] }), /not from this engine/);
});

const token = (piece: unknown, special = false): Wire => ({ id: 1, text: piece, logprob: -1, special });

const generated = (tokens: readonly Wire[], finish_reason: unknown): Wire => ({
  generated_text: 'without special tokens',
  details: { finish_reason, generated_tokens: tokens.length, tokens },
});

test('6. what TGI is sent', async (t) => {
  const answer = generated([token('a'), token('<Parallel>', true)], 'stop_sequence');
  const { engine, server } = await start(t, 'tgi', json(answer));
  const [completion] = await ask(engine, 'Say', ['</s>', EOS, '<Parallel>', 'x', 'y'], { topP: 0.9 });
  assert.equal(completion?.text, 'a<Parallel>');
  await ask(engine, 'Say', [], { temperature: 0, seed: 3 });
  const [first, second] = server.seen.map(({ body }) => body);
  assert.deepEqual(first, {
    inputs: 'Say',
    parameters: {
      ...{ max_new_tokens: 50, do_sample: true, temperature: 0.7, top_p: 0.9, seed: 2 ** 31 - 1 },
      ...{ stop: ['<Parallel>', '</s>', EOS, 'x'], details: true, return_full_text: false },
    },
  });
  assert.deepEqual([second.parameters.do_sample, second.parameters.temperature], [false, undefined]);
  assert.equal('top_p' in second.parameters, false);
});

test('7. what TGI answers', async (t) => {
  const { engine, state } = await start(t, 'tgi', cut);
  const cases: [Wire, string, string][] = [
    [generated([token('a'), token('<eot>', true)], 'eos_token'), `a${EOS}`, 'stop'],
    [generated([token('a'), token(EOS, true)], 'eos_token'), `a${EOS}`, 'stop'],
    [generated([token('a</Pa'), token('th>')], 'length'), 'a</Path>', 'stop'],
    [generated([token('a'), token('b')], 'length'), 'ab', 'length'],
    [generated([token('a')], null), 'a', 'abort'],
  ];
  for (const [answer, said, finish] of cases) {
    state.answer = json(answer);
    const [completion] = await ask(engine, 'Say', ['</Path>', EOS]);
    assert.deepEqual([completion?.text, completion?.finish], [said, finish]);
  }
  const faults: [Answer, RegExp, Partial<EngineError>][] = [
    [json({ error: 'too long', error_type: 'validation' }, 422), /\/generate: 422 too long/, { status: 422 }],
    [json({ error: 'overloaded', error_type: 'overloaded' }, 429), /429 overloaded/, { retryable: true }],
    [cut, /cut before the answer was complete/, { retryable: true }],
    [text('{"generated_text":'), /the answer was cut/, { retryable: true }],
    [text('{"generated_text": oops}'), /expected JSON/, { retryable: false }],
    [json({ generated_text: 'a' }), /expected an object with details\.tokens/, { retryable: false }],
    [json(generated([token(null)], 'length')), /a string at details\.tokens\[0\]\.text/, { retryable: false }],
  ];
  for (const [answer, words, patch] of faults) {
    state.answer = answer;
    await rejectsWith(ask(engine, 'Say', [EOS]), words, patch);
  }
});

test('8. user messages', async (t) => {
  const { engine, state, server } = await start(t, 'tgi', json({ templated_text: '<u>Say</u>' }));
  const render = async (from: Engine) =>
    from.detokenize(TEXT_MODEL, await from.tokenize({ model: TEXT_MODEL, input: { userMessage: 'Say' } }));
  assert.equal(await render(engine), '<u>Say</u>');
  assert.deepEqual(server.seen[0]?.body.messages, [{ role: 'user', content: 'Say' }]);
  for (const none of [routes({}), json({ error: 'Template error: template not found' }, 422)]) {
    state.answer = none;
    assert.equal(await render(engine), 'Say\n');
  }
  state.answer = json({ error: 'overloaded' }, 429);
  await rejectsWith(render(engine), /chat_tokenize: 429 overloaded/, { retryable: true });
  const plain = await start(t, 'openai', silence);
  assert.equal(await render(plain.engine), 'Say\n');
  assert.equal(plain.server.seen.length, 0);
});

test('9. choices together', async (t) => {
  for (const kind of ['openai', 'tgi'] as const) {
    const { engine, server } = await start(t, kind, (response, request) => {
      const seed = request.body.seed ?? request.body.parameters.seed;
      (seed === 3 ? json({ error: 'overloaded' }, 429) : silence)(response, request);
    });
    await rejectsWith(ask(engine, 'Say', [EOS], { n: 3, seed: 2 }), /429 overloaded/, { retryable: true });
    const silent = server.seen.filter(({ body }) => (body.seed ?? body.parameters.seed) !== 3);
    for (const request of silent) assert.equal(await request.hungUp, true);
  }
});

test('10. an abort in the stream', async (t) => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const { engine, server } = await start(t, 'openai', (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify(choice('a'))}\n\n`, () => stop.abort(reason));
  });
  const prompt = await idsOf(engine, 'Say');
  const request = { model: TEXT_MODEL, prompt, n: 1, maxTokens: 9, temperature: 1, topP: 1, seed: 1, stopTokenIds: [] };
  await assert.rejects(engine.complete(request, stop.signal), (error) => error === reason);
  assert.equal(await server.seen[0]!.hungUp, true);
});
