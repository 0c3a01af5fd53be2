/**
 * The one HTTP wire, for whatever boundary:
 *  1. an answer is read whole, as text, bytes or JSON, or piece by piece; its status and headers are told
 *  2. any other status is an error of the boundary with what the server said, its meaning and its pause; a wire may mean
 *     something else by one, and tell it in its own words
 *  3. connections refused, cut and silent are retryable, say whether anything was sent, and are never repeated here
 *  4. a body beyond the limit is refused, whole or compressed; so is one that lies about its compression
 *  5. a failed request's body is read no further than needed
 *  6. an answer that is empty, cut, or an error in disguise may be repeated by its code; what is no JSON is final
 *  7. redirects are followed where allowed, a few times, and only the first origin is shown the credentials
 *  8. whoever stops reading ends the request; an abort ends it with its reason; closing ends all
 *  9. https goes through HTTPS_PROXY, but not to hosts that NO_PROXY names and never to this machine; http never does
 * 10. secrets that are added later are kept out of messages too
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { HttpWire, type WireAnswer, type WireOptions } from '../../src/edge/http-wire.ts';
import { OutsideError, UsageError } from '../../src/errors.ts';
import { type Answer, cut, cutInBody, json, silence, stall, startFaultServer, text } from '../support/fault-server.ts';

class ShopError extends OutsideError {}

function createWire(t: TestContext, over: Partial<WireOptions> = {}): HttpWire {
  const wire = new HttpWire({ Failure: ShopError, silenceMs: 20_000, maxBytes: 100_000, ...over });
  t.after(() => wire.close());
  return wire;
}

/** A server whose answer can be changed, and a wire to it. */
async function start(t: TestContext, over: Partial<WireOptions> = {}) {
  const state: { answer: Answer } = { answer: json({}) };
  const server = await startFaultServer(t, (response, request) => state.answer(response, request));
  const wire = createWire(t, over);
  const send = (path = '/goods', signal?: AbortSignal): Promise<WireAnswer> =>
    wire.send({ at: 'buying', origin: server.url, path, method: 'GET', headers: { 'x-who': 'me' }, signal });
  return { state, server, wire, send };
}

async function failureOf(call: Promise<unknown>): Promise<ShopError> {
  const error = await call.then(
    () => assert.fail('the call should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ShopError, String(error));
  assert.match(error.message, /^buying: [^\n]+$/);
  return error;
}

const readAll = async (answer: WireAnswer) => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

test('1. answers', async (t) => {
  const { state, server, send } = await start(t);
  state.answer = json({ price: 3 }, 201, { 'content-type': 'Application/JSON; charset=utf-8', 'x-a': 'b' });
  const answer = await send();
  assert.deepEqual([answer.status, answer.contentType, answer.header('x-a')], [201, 'application/json', 'b']);
  assert.equal(answer.header('x-missing'), null);
  assert.deepEqual(await answer.json(), { price: 3 });
  assert.equal(await (await send()).text(), '{"price":3}');
  assert.equal(await readAll(await send()), '{"price":3}');
  state.answer = text('½');
  assert.deepEqual(await (await send()).bytes(), Buffer.from('½'));
  const packed: [string, Buffer][] = [
    ['gzip', gzipSync('{"price":4}')],
    ['br', brotliCompressSync('{"price":4}')],
    ['deflate', deflateSync('{"price":4}')],
  ];
  for (const [encoding, bytes] of packed) {
    state.answer = (response) => void response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
    assert.deepEqual(await (await send()).json(), { price: 4 }, encoding);
    assert.equal(await readAll(await send()), '{"price":4}', encoding);
  }
  assert.equal(server.seen[0]!.headers['x-who'], 'me');
});

test('2. statuses', async (t) => {
  const { state, send } = await start(t, { longestAskedMs: 60_000 });
  const cases: [Answer, Partial<ShopError>, RegExp][] = [
    [json({ detail: 'sold out' }, 404), { status: 404, retryable: false, retryAfterMs: null }, /: 404 sold out$/],
    [
      json({ error: { message: 'wait' } }, 503, { 'retry-after': '3' }),
      { retryable: true, retryAfterMs: 3000 },
      /wait/,
    ],
    [text('', 429, { 'retry-after': '600' }), { retryable: true, retryAfterMs: 60_000 }, /429 Too Many Requests/],
    [text('', 520), { status: 520, retryable: true }, /520/],
    [text('', 302, { location: '/x' }), { status: 302, retryable: false }, /302 Found/],
  ];
  for (const [answer, facts, said] of cases) {
    state.answer = answer;
    const error = await failureOf(send());
    assert.match(error.message, said);
    for (const [key, value] of Object.entries(facts)) assert.equal(error[key as keyof ShopError], value, key);
  }
  const own = await start(t, {
    meanings: { 402: 'billing', 503: 'final' },
    describeStatus: (status, said) => `closed (${status}): ${said}`,
    correctStatus: (status, said) => (said === 'gone' ? 404 : status),
    now: () => Date.UTC(2030, 0, 1),
  });
  own.state.answer = text('pay', 402, { 'retry-after': 'Tue, 01 Jan 2030 00:00:09 GMT' });
  const paused = await failureOf(own.send());
  assert.deepEqual([paused.message, paused.retryable, paused.retryAfterMs], ['buying: closed (402): pay', true, 9000]);
  own.state.answer = text('gone', 400);
  assert.equal((await failureOf(own.send())).status, 404);
  own.state.answer = text('no', 503);
  assert.equal((await failureOf(own.send())).retryable, false);
});

test('3. connections', async (t) => {
  const { state, server, send } = await start(t, { silenceMs: 200, silenceAdvice: 'ask later' });
  for (const answer of [cut, cutInBody, stall, silence]) {
    state.answer = answer;
    const error = await failureOf(send().then((one) => one.text()));
    const timedOut = answer === stall || answer === silence;
    assert.deepEqual([error.retryable, error.status, error.unsent, error.timedOut], [true, null, false, timedOut]);
    assert.match(error.message, timedOut ? /no answer within 200 ms: ask later/ : /the connection was cut/);
    if (answer === cutInBody || answer === stall) await assert.rejects(send().then(readAll), ShopError);
  }
  assert.equal(server.seen.length, 6);
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const call = { at: 'buying', origin: `http://127.0.0.1:${port}`, path: '/', method: 'GET', headers: {} } as const;
  const refused = await failureOf(createWire(t).send(call));
  assert.deepEqual([refused.retryable, refused.unsent], [true, true]);
  assert.match(refused.message, /connection refused: is the server running there\?/);
});

test('4. too large', async (t) => {
  const { state, send } = await start(t);
  const zeros = Buffer.alloc(50_000_000);
  const bodies: [Record<string, string>, Buffer][] = [
    [{}, zeros.subarray(0, 200_000)],
    [{ 'content-encoding': 'gzip' }, gzipSync(zeros)],
  ];
  for (const [headers, body] of bodies) {
    state.answer = (response) => void response.writeHead(200, headers).end(body);
    const error = await failureOf(send().then((answer) => answer.bytes()));
    assert.match(error.message, /the answer is larger than the limit/);
    assert.equal(error.retryable, false);
  }
  state.answer = (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
  await failureOf(send().then((answer) => answer.text()));
});

test('5. large failures', async (t) => {
  const { state, send } = await start(t);
  let sent = 0;
  state.answer = (response) => {
    response.writeHead(500);
    const more = (): void => {
      sent += 1;
      if (!response.destroyed) response.write('x'.repeat(100_000), more);
    };
    more();
  };
  const error = await failureOf(send());
  assert.equal(error.status, 500);
  assert.match(error.message, /^buying: 500 x+ … x+$/);
  assert.ok(sent < 200, `${sent} pieces`);
});

test('6. JSON', async (t) => {
  const { state, send } = await start(t);
  const cases: [string, RegExp, boolean, number | null][] = [
    ['', /the answer is empty/, true, null],
    [' \n', /the answer is empty/, true, null],
    ['{"a": [1, 2', /the answer was cut/, true, null],
    ['[1, 2', /the answer was cut/, true, null],
    ['{"a": NAN}', /expected JSON, got \{"a": NAN\}/, false, null],
    ['{"a": NaN, oops}', /expected JSON, got \{"a": NaN, oops\}/, false, null],
    ['<html>', /expected JSON, got <html>/, false, null],
    ['{"error": {"code": 429, "message": "slow down"}}', /429 slow down/, true, 429],
    ['{"error": {"code": "context_length_exceeded", "type": "invalid_request_error"}}', /400/, false, 400],
    ['{"error": {"type": "overloaded_error", "message": "full"}}', /529 full/, true, 529],
    ['{"error": "upstream went away", "code": 502}', /502 upstream/, true, 502],
    ['{"error": "upstream went away"}', /the server says: upstream went away/, true, null],
  ];
  for (const [body, said, retryable, status] of cases) {
    state.answer = text(body);
    const error = await failureOf(send().then((answer) => answer.json()));
    assert.match(error.message, said);
    assert.deepEqual([error.retryable, error.status], [retryable, status], body);
  }
  for (const body of ['{"error": null, "a": 1}', '{"error": ""}', '7', 'null', '[]']) {
    state.answer = text(body);
    assert.deepEqual(await (await send()).json(), JSON.parse(body));
  }
  // Python's json writes numbers that JSON has not.
  state.answer = text('{"a": NaN, "b": [-Infinity, Infinity, 1.5], "c": "NaN, \\"Infinity", "NaN": {"d": NaN}}');
  assert.deepEqual(await (await send()).json(), {
    a: null,
    b: [null, null, 1.5],
    c: 'NaN, "Infinity',
    NaN: { d: null },
  });
  const owned = await start(t, { ownsErrors: true });
  owned.state.answer = text('{"error": "boom", "category": "user"}');
  assert.deepEqual(await (await owned.send()).json(), { error: 'boom', category: 'user' });
});

test('7. redirects', async (t) => {
  const { server, wire, state } = await start(t);
  const other = await startFaultServer(t, (response, request) => text(`from ${request.path}`)(response, request));
  const next = (location: string | null, from: URL) => {
    if (location === '/forbidden') throw new ShopError('buying: not there');
    return new URL(location ?? '', from);
  };
  const follow = (path: string) =>
    wire.follow(
      { at: 'buying', url: new URL(path, server.url), method: 'GET', headers: { accept: '*/*' } },
      { authorization: 'Bearer mine' },
      next,
    );
  const places: Record<string, string> = {
    '/a': '/b?c=1',
    '/b?c=1': `${other.url}/file?signed=1`,
    '/round': '/round',
    '/bad': '/forbidden',
  };
  state.answer = (response, request) => void response.writeHead(302, { location: places[request.path] }).end('moved');
  assert.equal(await (await follow('/a')).text(), 'from /file?signed=1');
  assert.deepEqual(
    server.seen.map(({ path, headers }) => [path, headers.authorization]),
    [
      ['/a', 'Bearer mine'],
      ['/b?c=1', 'Bearer mine'],
    ],
  );
  assert.deepEqual([other.seen[0]!.headers.authorization, other.seen[0]!.headers.accept], [undefined, '*/*']);
  assert.match((await failureOf(follow('/round'))).message, /more than 6 redirects/);
  assert.match((await failureOf(follow('/bad'))).message, /not there/);
});

test('8. ends', async (t) => {
  const { state, server, wire, send } = await start(t);
  state.answer = (response) => {
    response.writeHead(200);
    response.write('first');
  };
  const arrival = server.next();
  const answer = await send();
  for await (const chunk of answer.chunks()) {
    assert.equal(chunk.toString(), 'first');
    break;
  }
  assert.equal(await (await arrival).hungUp, true);
  const unread = server.next();
  (await send()).letGo();
  assert.equal(await (await unread).hungUp, true);
  const stop = new AbortController();
  const reason = new Error('enough');
  const seen = server.next();
  const aborted = send('/goods', stop.signal).then((one) => one.text());
  const outcome = assert.rejects(aborted, (error) => error === reason);
  await seen;
  stop.abort(reason);
  await outcome;
  await assert.rejects(send('/goods', stop.signal), (error) => error === reason);
  const last = server.next();
  const closed = failureOf(send().then((one) => one.text()));
  await last;
  await wire.close();
  assert.equal((await closed).retryable, false);
  assert.match((await failureOf(send())).message, /closed on this side/);
});

test('9. proxies', async (t) => {
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy'];
  const before = names.map((name) => [name, process.env[name]] as const);
  t.after(() => {
    proxy.close();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  for (const name of names) delete process.env[name];
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  Object.assign(process.env, { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: 'inside.invalid' });
  const plain = await start(t, { connectMs: 300 });
  const ask = (origin: string) =>
    plain.wire.send({ at: 'buying', origin, path: '/', method: 'GET', headers: {} }).catch((error: unknown) => error);
  assert.ok((await ask('https://outside.invalid')) instanceof ShopError);
  assert.deepEqual(tunnels, ['outside.invalid:443']);
  for (const origin of ['https://inside.invalid', 'https://127.0.0.1:9', 'https://localhost:9', 'http://plain.invalid'])
    assert.ok((await ask(origin)) instanceof ShopError, origin);
  assert.equal((await plain.send()).status, 200, 'loopback http is reached');
  process.env.HTTPS_PROXY = 'no url:secret';
  assert.throws(
    () => createWire(t),
    (error) => error instanceof UsageError && /^HTTPS_PROXY is not the URL of a proxy/.test(error.message),
  );
  assert.deepEqual(tunnels, ['outside.invalid:443']);
});

test('10. later secrets', async (t) => {
  const { state, wire, send } = await start(t, { secrets: ['first-secret'] });
  wire.keepSecret('second-secret');
  state.answer = text('first-secret and second-secret', 403);
  assert.match((await failureOf(send())).message, /403 \*\*\* and \*\*\*$/);
});
