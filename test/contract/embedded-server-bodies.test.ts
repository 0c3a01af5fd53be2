/**
 * What requests may make the embedded server hold or do before they are understood:
 * 1. Bodies on their way have one budget together: what does not fit is refused with 503, what is cut gives its share
 *    back, and the server goes on.
 * 2. A web page of another origin cannot post, with or without a body: no session is opened for it. A client that is no
 *    browser, and a page of the server itself, can.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import test from 'node:test';
import { BodyBudget } from '../../adapters/embedded-lm/server/http/body-budget.ts';
import { send, startOnUnigram } from '../support/embedded-requests.ts';

const MEBI = 1024 * 1024;

/** Sends 30 MiB of a body of 31 and waits: for the answer, or until all of it is written. */
async function sendMost(url: string): Promise<{ request: ClientRequest; status: number | null }> {
  const headers = { 'content-type': 'application/json', 'content-length': String(31 * MEBI) };
  const request = openRequest(`${url}/api/v1/create_session`, { method: 'POST', headers });
  request.on('error', () => {});
  const answered = once(request, 'response').then(([response]) => {
    (response as IncomingMessage).resume();
    return (response as IncomingMessage).statusCode ?? null;
  });
  answered.catch(() => {});
  const written = new Promise<null>((resolve) => request.write(Buffer.alloc(30 * MEBI, ' '), () => resolve(null)));
  return { request, status: await Promise.race([answered, written]) };
}

test('1: unfinished bodies', async (t) => {
  const { url } = await startOnUnigram(t);
  const sent = [];
  for (let i = 0; i < 6; i += 1) sent.push(await sendMost(url));
  const refused = sent.filter(({ status }) => status === 503).length;
  assert.ok(refused >= 1, `of 180 MiB ${refused} were refused`);
  for (const { request } of sent) request.destroy();
  // The connections are torn down in their own time; then there is room again.
  for (;;) {
    const again = await sendMost(url);
    again.request.destroy();
    if (again.status === null) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await send(`${url}/api/v1/create_session`, {})).status, 200);

  const budget = new BodyBudget(100);
  {
    using one = budget.open();
    one.take(60);
    using two = budget.open();
    assert.throws(() => two.take(50), { status: 503 });
    two.take(40);
  }
  budget.open().take(100);
});

test('2: web pages', async (t) => {
  const { url } = await startOnUnigram(t);
  const post = async (headers: Record<string, string>, body?: string): Promise<number> => {
    const request = openRequest(`${url}/api/v1/create_session`, { method: 'POST', headers });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode!;
  };
  const json = { 'content-type': 'application/json' };
  assert.equal(await post({ origin: 'https://page.example' }), 403);
  assert.equal(await post({ origin: 'null' }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await post({ origin: 'http://127.0.0.1:1' }, '{}'), 403);
  assert.equal(await post({ 'content-type': 'text/plain' }), 415);
  assert.equal(await post({ 'content-type': 'application/x-www-form-urlencoded' }), 415);
  const list = async () => (await send(`${url}/api/v1/sessions`, undefined, { method: 'GET' })).body.sessions.length;
  assert.equal(await list(), 0);
  assert.equal(await post({ ...json, origin: url }, '{}'), 200);
  assert.equal(await post(json, '{}'), 200);
  assert.equal(await list(), 2);
});
