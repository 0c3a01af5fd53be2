/**
 * Addresses of servers:
 *  1. the route that users copy along, and slashes at the end, are taken off; the path in front stays
 *  2. what is no http or https URL, holds a password, a query or a fragment is refused; a password is never repeated
 *  3. an address is shown without query
 *  4. every spelling of this machine is known as one, and no other
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isLoopback, parseServerAddress, showAddress } from '../../src/edge/server-address.ts';
import { UsageError } from '../../src/errors.ts';

const RULES = {
  name: 'engine URL',
  example: 'http://127.0.0.1:8000/v1',
  keyAdvice: 'give the key by engine.apiKeyEnv',
  route: '/v1',
  fail: (message: string) => new UsageError(message),
};

test('1: routes', () => {
  const cases: [string, string, string][] = [
    ['http://a:8000', 'http://a:8000', ''],
    ['http://a:8000/', 'http://a:8000', ''],
    ['http://a:8000/v1', 'http://a:8000', ''],
    ['https://A.example:443/proxy/v1//', 'https://a.example', '/proxy'],
    ['http://a/v1/v1', 'http://a', '/v1'],
    ['http://a/v10', 'http://a', '/v10'],
    ['http://a/v1/chat/completions', 'http://a', ''],
    ['http://a/proxy/v1/completions/', 'http://a', '/proxy'],
    ['http://a/v1/models', 'http://a', ''],
    ['http://a/chat/completions', 'http://a', '/chat/completions'],
  ];
  for (const [text, origin, prefix] of cases)
    assert.deepEqual(parseServerAddress(text, RULES), { origin, prefix }, text);
});

test('2: refused', () => {
  const cases: [string, RegExp][] = [
    ['a:8000', /engine URL "a:8000" is not an http or https URL, such as http:\/\/127/],
    ['ftp://a', /is not an http or https URL/],
    ['', /is not an http or https URL/],
    ['http://ann:secret@a/v1', /engine URL of a holds a user name or password: give the key by engine\.apiKeyEnv/],
    ['http://a/v1?key=secret', /engine URL http:\/\/a\/v1 has a query or fragment/],
    ['http://a/#x', /has a query or fragment: give the path up to \/v1 only/],
  ];
  for (const [text, pattern] of cases) {
    assert.throws(
      () => parseServerAddress(text, RULES),
      (error) => error instanceof UsageError && pattern.test(error.message) && !error.message.includes('secret'),
      text,
    );
  }
});

test('3: shown', () => {
  assert.equal(showAddress(new URL('https://cdn.example/a/b?signature=hush#x')), 'https://cdn.example/a/b');
});

test('4: this machine', () => {
  const local = ['localhost', 'a.localhost', 'LOCALHOST.', '127.0.0.1', '127.1', '0.0.0.0', '0x7f.1', '[::1]', '[::]'];
  for (const host of [...local, '[::ffff:127.0.0.1]', '2130706433'])
    assert.ok(isLoopback(new URL(`http://${host}/`)), host);
  for (const host of ['localhost.example', '128.0.0.1', '10.127.0.0', '[::2]', 'my-localhost', '[::ffff:10.0.0.1]'])
    assert.ok(!isLoopback(new URL(`http://${host}/`)), host);
});
