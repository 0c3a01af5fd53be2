/**
 * The embedded server for a stranger who knows only the `openai` package and its documentation.
 *
 * 1. Models are listed; a text completion and a token-id completion come back with usage and finish reason.
 * 2. The rule-based teacher answers chat, as does the base model through its template.
 * 3. Sampling options of the package work; the same seed gives the same answer.
 * 4. Faults arrive as the package's own error classes, with the server's words.
 * 5. The key goes the package's way; without it the package says so.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } from 'openai';
import { startOnUnigram } from '../support/embedded-requests.ts';

const QUESTION = 'Dan has 18 keys, then makes 31. How many in all?';

test('1. models and completions', async (t) => {
  const { url } = await startOnUnigram(t);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' });
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ['embedded-base', 'embedded-teacher']);
  for (const prompt of ['<Parallel>', [1, 20, 30]]) {
    const { choices, usage, object } = await client.completions.create({
      model: 'embedded-base',
      prompt,
      max_tokens: 6,
    });
    assert.equal(object, 'text_completion');
    assert.equal(choices.length, 1);
    assert.equal(typeof choices[0]?.text, 'string');
    assert.ok(['stop', 'length'].includes(choices[0]!.finish_reason));
    assert.equal(usage?.prompt_tokens, typeof prompt === 'string' ? 1 : 3);
    assert.ok(usage!.completion_tokens >= 1 && usage!.completion_tokens <= 6);
  }
});

test('2. chat', async (t) => {
  const { url } = await startOnUnigram(t);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' });
  const messages = [
    { role: 'system' as const, content: 'Think in parallel.' },
    { role: 'user' as const, content: QUESTION },
  ];
  const taught = await client.chat.completions.create({ model: 'embedded-teacher', messages, seed: 1 });
  assert.equal(taught.choices[0]?.message.role, 'assistant');
  assert.match(taught.choices[0]?.message.content ?? '', /\d/);
  assert.ok(taught.usage!.prompt_tokens > 0);
  const tried = await client.chat.completions.create({ model: 'embedded-base', messages, max_completion_tokens: 5 });
  assert.equal(typeof tried.choices[0]?.message.content, 'string');
  assert.ok(tried.usage!.completion_tokens <= 5);
});

test('3. sampling options', async (t) => {
  const { url } = await startOnUnigram(t);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' });
  const ask = (seed: number) =>
    client.completions.create({
      ...{ model: 'embedded-base', prompt: [1, 20, 30], n: 3, max_tokens: 10, temperature: 0.8, top_p: 0.9, seed },
      ...{ presence_penalty: 0, frequency_penalty: 0, logprobs: 0, user: 'a stranger' },
    });
  const textsOf = async (seed: number) => (await ask(seed)).choices.map(({ text }) => text);
  const texts = await textsOf(4);
  assert.equal(texts.length, 3);
  assert.deepEqual(await textsOf(4), texts);
  assert.notDeepEqual(await textsOf(5), texts);
  const { choices } = await ask(4);
  assert.ok((choices[0]?.logprobs?.token_logprobs?.length ?? 0) > 0);
});

test('4. faults', async (t) => {
  const { url } = await startOnUnigram(t);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' });
  const prompt = [1, 20, 30];
  await assert.rejects(client.completions.create({ model: 'gpt-x', prompt }), (error) => {
    assert.ok(error instanceof NotFoundError);
    assert.match(error.message, /`gpt-x` does not exist/);
    return true;
  });
  await assert.rejects(client.completions.create({ model: 'embedded-base', prompt, best_of: 5 }), (error) => {
    assert.ok(error instanceof BadRequestError);
    assert.equal(error.param, 'best_of');
    return true;
  });
  await assert.rejects(
    client.chat.completions.create({ model: 'embedded-base', messages: [{ role: 'user', content: 'What is love?' }] }),
    (error) => error instanceof BadRequestError && /outside the vocabulary/.test(error.message),
  );
});

test('5. the key', async (t) => {
  const { url } = await startOnUnigram(t, { apiKey: 'right' });
  const list = (apiKey: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey }).models.list();
  assert.equal((await list('right')).data.length, 2);
  await assert.rejects(list('wrong'), PermissionDeniedError);
  const keyless = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'x', defaultHeaders: { Authorization: null } });
  await assert.rejects(keyless.models.list(), AuthenticationError);
});
