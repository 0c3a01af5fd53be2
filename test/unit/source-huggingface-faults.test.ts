/**
 * Pulling from a hub that misbehaves.
 *
 *  1. a body that is cut is continued by Range where it stopped, as often as it gets further; the bytes are whole
 *  2. a pull that was stopped goes on where it stopped; whole files are not fetched again
 *  3. 429 is waited out as Retry-After says (seconds or a date), 503 with growing pauses; both are told, and end after some calls
 *  4. a Retry-After beyond ten minutes is not waited for
 *  5. content of another size or checksum is refused and removed; a spoilt beginning from an earlier call is fetched again once
 *  6. 401, 403 and 404 say what to do and are not tried again
 *  7. redirects: relative and to another server on loopback are followed from a loopback hub; other schemes, plain http elsewhere and endless ones are refused
 *  8. the token goes to the hub only, and stands in no file, message or manifest; neither does a signature
 *  9. file names that lead out of the folder, and listings that go on elsewhere or never end, are refused
 * 10. a server that compresses unasked, or ignores ranges, is understood
 * 11. the hub's address must be https or loopback, without a password
 * 12. Ctrl-C ends a pull with its reason
 * 13. answers that are no hub's are told as such
 * 14. every repetition is counted by its cause, told at the end, and no part of the manifest; what the hub said is shown without the token
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { followRedirect, parseHubAddress } from '../../adapters/source-huggingface/hub-address.ts';
import { SourceError, UsageError } from '../../src/errors.ts';
import {
  COMMIT,
  cutInside,
  endAfter,
  type HubSet,
  listRequests,
  sendFile,
  sendGzip,
  sendJson,
  startHub,
} from '../support/hub-server.ts';
import { toJsonl } from '../support/hub-sets.ts';
import { pullFrom, readPulled } from '../support/pull-from.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const root = makeTempFolder('pull-faults');
const ROWS = Array.from({ length: 400 }, (_, i) => ({ problem: `problem number ${i} of many`, answer: String(i) }));
const BYTES = toJsonl(ROWS);
const plainSet: HubSet = { id: 'ann/plain', files: { 'x.jsonl': { bytes: BYTES } } };
const lfsSet: HubSet = { id: 'ann/lfs', files: { 'x.jsonl': { bytes: BYTES, lfs: true } } };

async function start(t: TestContext, sets: readonly HubSet[] = [plainSet, lfsSet]) {
  const folder = mkdtempSync(join(root, 'set-'));
  const hub = await startHub(t, sets);
  return { folder, hub, ...pullFrom(hub, folder) };
}

function source(pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof SourceError, String(error));
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes('\n'));
    return true;
  };
}

const readFrom = (range: string | undefined) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);

test('1: cut bodies', async (t) => {
  const { folder, pull, hub, pausesMs } = await start(t);
  let ends = 0;
  hub.faults.push(({ path, headers }, response) => {
    if (!path.startsWith('/storage/') || ends === 12) return false;
    ends += 1;
    endAfter(BYTES, 1_000, response, readFrom(headers.range));
    return true;
  });
  const { manifest } = await pull('ann/lfs');
  assert.equal(manifest.rows, 400);
  assert.equal(readPulled(folder, 'ann_lfs')[399]!.problem, ROWS[399]!.problem);
  const starts = listRequests(hub, '/storage/').map(({ headers }) => readFrom(headers.range));
  assert.deepEqual(
    starts,
    Array.from({ length: 13 }, (_, i) => i * 1_000),
  );
  assert.ok(
    pausesMs.every((ms) => ms === 500),
    'a call that got further starts the pauses anew',
  );
  let cuts = 0;
  hub.faults.push(({ path, headers }, response) => {
    if (!path.endsWith('/x.jsonl') || cuts === 4) return false;
    cuts += 1;
    cutInside(BYTES, response, readFrom(headers.range));
    return true;
  });
  const { sha256 } = (await pull('ann/plain')).manifest.source.files[0]!;
  assert.deepEqual([cuts, sha256], [4, manifest.source.files[0]!.sha256]);
});

test('2: resumed', async (t) => {
  const { folder, pull, hub } = await start(t, [
    {
      id: 'ann/two',
      files: { 'a.jsonl': { bytes: BYTES }, 'b.jsonl': { bytes: toJsonl([{ problem: 'b?', answer: '1' }]) } },
    },
  ]);
  let broken = true;
  hub.faults.push(({ path }, response) => {
    if (!broken || !path.endsWith('/b.jsonl')) return false;
    response.destroy();
    return true;
  });
  await assert.rejects(pull('ann/two'), source(/b\.jsonl: the connection was cut/));
  assert.ok(readdirSync(join(folder, '.partial')).some((name) => name.endsWith('.jsonl')));
  broken = false;
  assert.equal((await pull('ann/two')).manifest.rows, 401);
  assert.equal(listRequests(hub, '/a.jsonl').length, 1);
});

test('3: busy hubs', async (t) => {
  const { pull, hub, pausesMs, told } = await start(t);
  const answers: [number, Record<string, string>][] = [
    [429, { 'retry-after': '7' }],
    [429, { 'retry-after': 'Tue, 01 Jan 2030 00:00:09 GMT' }],
    [503, {}],
    [503, {}],
  ];
  hub.faults.push(({ path }, response) => {
    const next = path.includes('/tree/') ? answers.shift() : undefined;
    if (next === undefined) return false;
    sendJson(response, {}, next[0], next[1]);
    return true;
  });
  await pull('ann/plain');
  assert.deepEqual(pausesMs, [7_000, 9_000, 500, 1_000]);
  assert.ok(told.some((message) => /429.*again in 7 s/.test(message)));
  hub.faults.push(({ path }, response) => {
    if (!path.includes('/revision/')) return false;
    sendJson(response, {}, 503);
    return true;
  });
  const before = hub.seen.length;
  await assert.rejects(pull('ann/plain'), source(/the hub answered 503/));
  assert.equal(hub.seen.length - before, 6);
});

test('4: long pauses', async (t) => {
  const { pull, hub, pausesMs } = await start(t);
  hub.faults.push((_, response) => {
    sendJson(response, {}, 429, { 'retry-after': '3600' });
    return true;
  });
  await assert.rejects(pull('ann/plain'), source(/429/));
  assert.deepEqual([pausesMs, hub.seen.length], [[], 1]);
});

test('5: other content', async (t) => {
  for (const id of ['ann/plain', 'ann/lfs']) {
    const { folder, pull, hub } = await start(t);
    let content: Buffer = Buffer.from(BYTES);
    hub.faults.push(({ path, headers }, response) => {
      if (!path.startsWith('/storage/') && !path.endsWith('/x.jsonl')) return false;
      sendFile(content, headers.range, response);
      return true;
    });
    content[5] = 0x41;
    await assert.rejects(pull(id), source(/x\.jsonl: the download does not match the hub's checksum/));
    content = Buffer.concat([BYTES, BYTES]);
    await assert.rejects(pull(id), source(/x\.jsonl: the hub sends more than the \d+ bytes/));
    content = BYTES.subarray(0, 100);
    await assert.rejects(pull(id), source(/x\.jsonl: the download broke off|does not continue/));
    assert.deepEqual(readdirSync(folder), ['.partial']);
    content = Buffer.from(BYTES);
    const part = readdirSync(join(folder, '.partial')).find((name) => name.endsWith('.part'))!;
    writeFileSync(join(folder, '.partial', part), 'spoilt beginning');
    assert.equal((await pull(id)).manifest.rows, 400);
  }
});

test('6: refusals', async (t) => {
  const expected: [number, RegExp][] = [
    [401, /gated, private or does not exist; HF_TOKEN/],
    [403, /gated, private or does not exist; HF_TOKEN/],
    [404, /not found \(404\): check the id and the revision/],
    [418, /the hub answered 418/],
  ];
  for (const [status, pattern] of expected) {
    const { pull, hub } = await start(t);
    hub.faults.push((_, response) => {
      sendJson(response, { error: 'a\nb' }, status);
      return true;
    });
    await assert.rejects(pull('ann/plain'), source(pattern));
    assert.equal(hub.seen.length, 1);
  }
});

test('7: redirects', async (t) => {
  const other = await startHub(t, [lfsSet]);
  const follow = async (location: string) => {
    const { pull, hub } = await start(t);
    hub.faults.push(({ path }, response) => {
      if (!path.includes('/resolve/')) return false;
      response.writeHead(302, { location }).end();
      return true;
    });
    return pull('ann/lfs');
  };
  const target = `${other.url}/datasets/ann/lfs/resolve/${COMMIT}/x.jsonl`;
  assert.equal((await follow(target)).manifest.rows, 400);
  await assert.rejects(follow('file:///etc/passwd'), source(/redirects to file:.*not followed/));
  await assert.rejects(follow('ftp://127.0.0.1/x'), source(/not followed/));
  await assert.rejects(
    follow('http://example.org/x?token=secret'),
    source(/http:\/\/example\.org\/x, which is not followed/),
  );
  await assert.rejects(follow(`/datasets/ann/lfs/resolve/${COMMIT}/x.jsonl`), source(/more than 6 redirects/));
  const remote = new URL('https://hub.example');
  const attempt = (location: string) => () => followRedirect(location, remote, remote);
  assert.equal(attempt('https://cdn.example/x')().host, 'cdn.example');
  for (const local of [
    'http://127.0.0.1/',
    'https://localhost/',
    'https://[::1]/',
    'https://0.0.0.0/',
    'https://127.1/',
    'http://cdn.example/',
  ])
    assert.throws(attempt(local), SourceError, local);
});

test('8: secrets', async (t) => {
  const storage = await startHub(t, [lfsSet]);
  const { folder, pull, hub, told } = await start(t);
  hub.faults.push(({ path }, response) => {
    if (!path.includes('/resolve/')) return false;
    response.writeHead(302, { location: `${storage.url}${path}?signature=hush` }).end();
    return true;
  });
  const token = 'hf_verySecret123';
  await pull('ann/lfs', { token });
  assert.ok(hub.seen.length > 0 && hub.seen.every(({ headers }) => headers.authorization === `Bearer ${token}`));
  assert.ok(storage.seen.length > 0 && storage.seen.every(({ headers }) => headers.authorization === undefined));
  storage.faults.push((_, response) => {
    response.destroy();
    return true;
  });
  await assert.rejects(pull('ann/lfs', { token }), (error) => {
    assert.ok(!String((error as Error).stack).includes(token));
    return source(/^((?!hush).)*$/)(error);
  });
  const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = [...told, ...written.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))];
  assert.ok(texts.every((text) => !text.includes(token) && !text.includes('hush')));
  await assert.rejects(pull('ann/lfs', { token: 'a\r\nb' }), /HF_TOKEN holds characters/);
});

test('9: hostile listings', async (t) => {
  const hostile = [
    '../../x.jsonl',
    '/etc/x.jsonl',
    'a/../../x.jsonl',
    'a\\..\\x.jsonl',
    'C:x.jsonl',
    'a//x.jsonl',
    'x\u0000.jsonl',
    '',
  ];
  for (const path of hostile) {
    const { folder, pull, hub } = await start(t);
    hub.faults.push((request, response) => {
      if (!request.path.includes('/tree/')) return false;
      sendJson(response, [{ type: 'file', path, size: 3, oid: 'a'.repeat(40) }]);
      return true;
    });
    await assert.rejects(pull('ann/plain'), source(/not a path inside a set/), path);
    assert.deepEqual(readdirSync(join(folder, '.partial')), []);
  }
  for (const link of ['<https://elsewhere.example/x>; rel="next"', `<?again>; rel="next"`]) {
    const { pull, hub } = await start(t);
    hub.faults.push((request, response) => {
      if (!request.path.includes('/tree/')) return false;
      sendJson(response, [], 200, { link });
      return true;
    });
    await assert.rejects(pull('ann/plain'), source(/not followed|does not end/));
    assert.ok(hub.seen.length < 250);
  }
});

test('10: compression and ranges', async (t) => {
  const { pull, hub } = await start(t);
  let calls = 0;
  hub.faults.push(({ path, headers }, response) => {
    if (!path.endsWith('/x.jsonl')) return false;
    calls += 1;
    if (calls === 1) endAfter(BYTES, 500, response);
    else if (headers.range !== undefined && calls === 2)
      response.writeHead(206, { 'content-range': 'bytes 0-9/10', 'content-length': 10 }).end(BYTES.subarray(0, 10));
    else sendGzip(BYTES, response);
    return true;
  });
  assert.equal((await pull('ann/plain')).manifest.rows, 400);
  assert.equal(calls, 3);
  hub.faults.splice(0);
  hub.faults.push(({ path }, response) => {
    if (!path.includes('/revision/')) return false;
    sendGzip(Buffer.from(JSON.stringify({ sha: COMMIT })), response);
    return true;
  });
  assert.equal((await pull('ann/plain')).manifest.source.commit, COMMIT);
});

test('11: addresses', () => {
  assert.equal(parseHubAddress('https://mirror.example/hf').href, 'https://mirror.example/hf/');
  assert.equal(parseHubAddress('http://localhost:8080').port, '8080');
  for (const bad of ['mirror.example', 'http://mirror.example', 'ftp://127.0.0.1', 'https://ann:pw@mirror.example', ''])
    assert.throws(
      () => parseHubAddress(bad),
      (error) => error instanceof UsageError && !error.message.includes('pw@'),
      bad,
    );
});

test('12: interrupted', async (t) => {
  const { pull, hub, stop } = await start(t);
  const reason = new Error('enough');
  hub.faults.push(({ path }, response) => {
    if (!path.endsWith('/x.jsonl')) return false;
    response.writeHead(200, { 'content-length': BYTES.length });
    response.write(BYTES.subarray(0, 100), () => stop.abort(reason));
    return true;
  });
  await assert.rejects(pull('ann/plain'), reason);
});

test('13: no hub', async (t) => {
  const { pull, hub } = await start(t);
  const bodies = ['<html>', '{}', '[]', '{"sha":"../../x"}'];
  for (const body of bodies) {
    hub.faults.splice(0);
    hub.faults.push((_, response) => {
      response.writeHead(200).end(body);
      return true;
    });
    await assert.rejects(pull('ann/plain'), source(/is this address a hub\?/), body);
  }
});

test('14: repetitions', async (t) => {
  const { pull, hub, told } = await start(t);
  const answers: [number, string][] = [
    [429, '{}'],
    [520, 'the origin is away'],
    [200, ''],
    [200, '{"sha": "c0f'],
  ];
  hub.faults.push(({ path }, response) => {
    const next = path.includes('/revision/') ? answers.shift() : undefined;
    if (next === undefined) return false;
    response.writeHead(next[0]).end(next[1]);
    return true;
  });
  const { retries, manifest } = await pull('ann/plain');
  assert.deepEqual([retries.rate_limited, retries.server_error, retries.no_answer], [1, 1, 2]);
  assert.ok(told.includes('requests repeated: rate_limited 1, no_answer 2, server_error 1'));
  assert.ok(!JSON.stringify(manifest).includes('rate_limited'));
  hub.faults.push((_, response) => {
    response.writeHead(418).end('token hf_verySecret123 is\nno teapot');
    return true;
  });
  const refused = pull('ann/plain', { token: 'hf_verySecret123' });
  await assert.rejects(refused, source(/the hub answered 418: token \*\*\* is no teapot$/));
});
