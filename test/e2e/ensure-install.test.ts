/**
 * scripts/ensure-install.js, with a stand-in for npm:
 *  1. without node_modules it calls `npm ci` once, with development packages, and says so in one line on stderr
 *  2. when everything of the lock file is there it calls nothing and says nothing
 *  3. another version in the lock file, a missing package or a missing local Node make it call again; optional ones do not
 *  4. when npm fails it ends with 1
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { findOldNode } from '../support/old-node.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/ensure-install.js', import.meta.url));
const root = makeTempFolder('install');
const calls = join(root, 'calls.txt');

/** Writes what npm would: its own lock file, last of all, and the local Node. */
const NPM = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
appendFileSync('calls.txt', process.argv.slice(2).join(' ') + '\\n');
if (process.env.NPM_FAILS) process.exit(1);
mkdirSync('node_modules/node/bin', { recursive: true });
writeFileSync('node_modules/node/bin/' + (process.platform === 'win32' ? 'node.exe' : 'node'), '');
const { '': _, 'node_modules/other-os': __, ...packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
`;

function writeLock(version: string): void {
  const packages = {
    '': { name: 'x' },
    'node_modules/a': { version },
    'node_modules/other-os': { version: '1.0.0', optional: true },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

function ensure(env: NodeJS.ProcessEnv = {}) {
  const node = findOldNode() ?? process.execPath;
  const result = spawnSync(node, [join(root, 'scripts', 'ensure-install.js')], {
    encoding: 'utf8',
    env: { ...process.env, npm_execpath: join(root, 'npm.cjs'), ...env },
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

function countCalls(): number {
  return existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0;
}

mkdirSync(join(root, 'scripts'));
cpSync(SCRIPT, join(root, 'scripts', 'ensure-install.js'));
writeFileSync(join(root, 'package.json'), '{"type": "module"}');
writeFileSync(join(root, 'npm.cjs'), NPM);

test('1+2: once', () => {
  writeLock('1.0.0');
  const first = ensure();
  assert.deepEqual([first.code, first.stdout], [0, '']);
  assert.match(first.stderr, /^installing .*\n$/);
  assert.match(readFileSync(calls, 'utf8'), /^ci --include=dev /);
  assert.deepEqual(ensure(), { code: 0, stdout: '', stderr: '' });
  assert.equal(countCalls(), 1);
});

test('3: again', () => {
  writeLock('1.0.1');
  assert.equal(ensure().code, 0);
  assert.equal(countCalls(), 2);
  rmSync(join(root, 'node_modules', 'node'), { recursive: true });
  assert.equal(ensure().code, 0);
  assert.equal(countCalls(), 3);
  rmSync(join(root, 'node_modules', '.package-lock.json'));
  assert.equal(ensure().code, 0);
  assert.equal(countCalls(), 4);
});

test('4: failure', () => {
  writeLock('2.0.0');
  const { code, stderr } = ensure({ NPM_FAILS: '1' });
  assert.equal(code, 1);
  assert.match(stderr, /npm ci failed/);
});
