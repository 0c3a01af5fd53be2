/**
 * Answers of servers that speak the protocol in their own way. What is needed is read, and what is no answer says so:
 *  1. content as text, as nothing, as a list of parts; thinking in any of its fields is told apart
 *  2. finish reasons: the words for complete and for cut; any other, none and an unknown one mean no complete answer
 *  3. choices without indices come as they came; a message that is none, a refusal and a tool call are bad answers, never
 *     errors
 *  4. a stream: comments and events without data are skipped, an empty finish is no end, a null text is none, usage at the
 *     end is no choice
 *  5. a stream that ends early, or holds an error, is an error with the server's words that may be repeated
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { EngineError } from '../../src/errors.ts';
import type { ChatRequest } from '../../src/ports/engine.ts';
import { type Answer, json, startFaultServer, text } from '../support/fault-server.ts';

const CHAT: ChatRequest = { model: 'm', prompt: 'hi', n: 1, maxTokens: 8, temperature: 1, topP: 1, seed: 1 };

async function start(t: TestContext, kind: 'vllm' | 'openai' = 'openai') {
  const state: { answer: Answer } = { answer: json({}) };
  const server = await startFaultServer(t, (response, request) => state.answer(response, request));
  const engine = createOpenAiEngine({ kind, url: server.url, timeoutMs: 20_000, eosTexts: ['<end>'] });
  t.after(() => engine[Symbol.asyncDispose]());
  return { state, engine };
}

const choose = (choice: unknown) => json({ choices: [choice] });

test('1: content and thinking', async (t) => {
  const { state, engine } = await start(t);
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] };
  const cases: [message: object, content: string, reasoning: string | null][] = [
    [{ content: 'four' }, 'four', null],
    [{ content: 'four', reasoning: 'hm' }, 'four', 'hm'],
    [{ content: 'four', reasoning_content: 'hm', reasoning: '' }, 'four', 'hm'],
    [{ content: null, reasoning_content: 'hm' }, '', 'hm'],
    [{ reasoning: 'hm' }, '', 'hm'],
    [{ content: '<think>hm</think>four' }, '<think>hm</think>four', null],
    [
      {
        content: [
          { type: 'text', text: 'fo' },
          { type: 'text', text: 'ur' },
        ],
      },
      'four',
      null,
    ],
    [{ content: [thinking, { type: 'text', text: 'four' }] }, 'four', 'hm'],
    [{ content: [{ type: 'reasoning', reasoning: 'hm' }, 'four'] }, 'four', 'hm'],
    [{ content: 'four', tool_calls: [], refusal: null, annotations: [] }, 'four', null],
  ];
  for (const [message, content, reasoning] of cases) {
    state.answer = choose({ index: 0, message, finish_reason: 'stop' });
    const [answer] = await engine.chat(CHAT);
    assert.deepEqual(
      [answer!.content, answer!.reasoning, answer!.finish],
      [content, reasoning, 'stop'],
      JSON.stringify(message),
    );
  }
});

test('2: finish reasons', async (t) => {
  const { state, engine } = await start(t);
  const cases: [said: unknown, finish: string][] = [
    ...(['stop', 'eos', 'eos_token', 'stop_sequence', 'end_turn', 'STOP'] as const).map((one): [string, string] => [
      one,
      'stop',
    ]),
    ...(['length', 'max_tokens', 'model_length'] as const).map((one): [string, string] => [one, 'length']),
    ...(['abort', 'content_filter', 'error', 'some_new_word'] as const).map((one): [string, string] => [one, one]),
    [null, 'no_finish_reason'],
    [undefined, 'no_finish_reason'],
    ['', 'no_finish_reason'],
    [7, 'unreadable_finish_reason'],
    ['\u001b[31m sk-0123456789', 'unreadable_finish_reason'],
    ['constructor', 'constructor'],
  ];
  for (const [said, finish] of cases) {
    state.answer = choose({ index: 0, message: { content: 'four' }, finish_reason: said });
    assert.equal((await engine.chat(CHAT))[0]!.finish, finish, String(said));
  }
});

test('3: odd choices', async (t) => {
  const { state, engine } = await start(t, 'vllm');
  const answer = (content: string) => ({ message: { content }, finish_reason: 'stop' });
  state.answer = json({ choices: [answer('a'), answer('b')] });
  const both = await engine.chat({ ...CHAT, n: 2 });
  assert.deepEqual(
    both.map(({ content }) => content),
    ['a', 'b'],
  );
  const cases: [choice: unknown, finish: string][] = [
    [{ index: 0, finish_reason: 'stop' }, 'no_message'],
    [{ message: 'text', finish_reason: 'stop' }, 'no_message'],
    [null, 'no_message'],
    ['text', 'no_message'],
    [{ message: { content: 7 }, finish_reason: 'stop' }, 'unreadable_content'],
    [{ message: { content: [{ type: 'image', url: 'x' }] }, finish_reason: 'stop' }, 'unreadable_content'],
    [{ message: { content: null, refusal: 'I will not.' }, finish_reason: 'stop' }, 'refusal'],
    [{ message: { content: null, tool_calls: [{ id: 'a' }] }, finish_reason: 'stop' }, 'tool_calls'],
  ];
  for (const [choice, finish] of cases) {
    state.answer = choose(choice);
    assert.equal((await engine.chat(CHAT))[0]!.finish, finish, JSON.stringify(choice));
  }
});

const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const piece = (more: unknown, finish: unknown = null) =>
  event({ choices: [{ index: 0, text: more, finish_reason: finish }] });
const stream = (...parts: string[]) =>
  text(parts.join(''), 200, { 'content-type': 'text/event-stream; charset=utf-8' });

async function complete(engine: Awaited<ReturnType<typeof start>>['engine']) {
  const prompt = await engine.tokenize({ model: 'm', input: { text: 'What is 2 + 2?' } });
  const [stop] = await engine.tokenize({ model: 'm', input: { text: '<end>' } });
  const request = { model: 'm', prompt, n: 1, maxTokens: 8, temperature: 1, topP: 1, seed: 1, stopTokenIds: [stop!] };
  const [completion] = await engine.complete(request);
  return { text: completion!.text.replace('<end>', ''), finish: completion!.finish };
}

test('4: streams', async (t) => {
  const { state, engine } = await start(t);
  const done = 'data: [DONE]\n\n';
  const good = { text: 'It is four.', finish: 'stop' };
  const cases: [name: string, answer: Answer][] = [
    ['plain', stream(piece('It is '), piece('four.'), piece('', 'stop'), done)],
    [
      'byte order mark and comments',
      stream('\ufeff: hello\n\n', piece('It is '), ': ping\r\n\r\n', piece('four.', 'stop'), done),
    ],
    [
      'events without data',
      stream('data:\n\n', piece('It is '), 'data: \n\n', 'data\n\n', piece('four.', 'stop'), done),
    ],
    ['an empty finish', stream(piece('It is ', ''), piece('four.', ''), piece('', 'stop'), done)],
    ['a null text', stream(piece('It is four.'), piece(null, 'stop'), done)],
    ['no text', stream(piece('It is four.'), event({ choices: [{ index: 0, finish_reason: 'stop' }] }), done)],
    ['usage', stream(piece('It is four.', 'stop'), event({ choices: [], usage: {} }), done)],
    ['eos', stream(piece('It is four.', 'eos'), done)],
  ];
  for (const [name, answer] of cases) {
    state.answer = answer;
    assert.deepEqual(await complete(engine), good, name);
  }
  state.answer = stream(piece('It is', 'content_filter'), done);
  assert.equal((await complete(engine)).finish, 'abort');
});

test('5: broken streams', async (t) => {
  const { state, engine } = await start(t);
  const cases: [answer: Answer, said: RegExp][] = [
    [
      stream(piece('It is '), event({ error: { message: 'engine restarted', code: 503 } }), 'data: [DONE]\n\n'),
      /503 engine restarted/,
    ],
    [stream(piece('It is '), 'data: [DONE]\n\n'), /ended before it was complete/],
    [stream(piece('It is ', '')), /ended before it was complete/],
    [stream(''), /ended before it was complete/],
  ];
  for (const [answer, said] of cases) {
    state.answer = answer;
    await assert.rejects(complete(engine), (error) => {
      assert.ok(error instanceof EngineError && error.retryable, String(error));
      assert.match(error.message, said);
      return true;
    });
  }
});
