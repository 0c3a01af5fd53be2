/**
 * bin/parallel-r1.js under a Node that is too old (skipped where this machine has none):
 *  1. the local pinned Node runs the program; output, stdin and exit code come through
 *  2. without one it says in one sentence what is needed and ends with 2; one that was installed without its program
 *     (`npm ci --ignore-scripts`) is told with the command that fetches it
 *  3. the package `node` that was installed beside it, in a folder above, is found
 *  4. SIGTERM and SIGINT to the launcher stop the program in order, once, with its exit code
 *  5. a program that a signal killed gives 128 and the signal's number
 *  8. a launcher that is killed takes the program with it: the run stops in order, and its store is free
 * and under a Node that is new enough:
 *  6. the launcher itself is the program: it starts no process of its own
 *  7. a program that has nothing left to wait for before its work is done ends with 1 and one line, never with 0; so
 *     does one that cannot be loaded
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { LAUNCHER, listChildren, startCli } from '../support/cli-process.ts';
import { findOldNode } from '../support/old-node.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('launcher');
const oldNode = findOldNode();
const skip = oldNode === null ? 'this machine has no Node older than 22.19' : false;

/** Starts a launcher with the old Node. */
function start(launcher: string, args: readonly string[], input = '') {
  const child = spawn(oldNode!, [launcher, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(input);
  const result = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal,
    stdout,
    stderr,
  }));
  return { child, result };
}

/** A copy of the launcher in a package of its own, below `parent`. */
function copyLauncher(parent: string): string {
  const bin = join(parent, 'bin');
  mkdirSync(bin, { recursive: true });
  const copy = join(bin, 'parallel-r1.js');
  cpSync(LAUNCHER, copy);
  cpSync(join(dirname(LAUNCHER), '..', 'package.json'), join(parent, 'package.json'));
  return copy;
}

test('1: handing over', { skip }, async () => {
  const right = await start(LAUNCHER, ['check', '-', '--json'], '<Parallel>').result;
  assert.equal(right.code, 1, right.stderr);
  assert.equal(JSON.parse(right.stdout).violations[0].code, 'unclosed_block');
  const wrong = await start(LAUNCHER, ['rnu']).result;
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean run/);
});

test('2: no newer Node', { skip }, async () => {
  const { code, stdout, stderr } = await start(copyLauncher(join(folder, 'alone')), ['--help']).result;
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^parallel-r1 needs Node 22\.19 or newer and this is v\d+.*npm install node@24\n$/);
  const bare = join(folder, 'bare');
  mkdirSync(join(bare, 'node_modules', 'node'), { recursive: true });
  writeFileSync(join(bare, 'node_modules', 'node', 'package.json'), '{}');
  const without = await start(copyLauncher(bare), ['--help']).result;
  assert.equal(without.code, 2);
  assert.match(without.stderr, /^.*without its program.*npm rebuild node --ignore-scripts=false\n$/);
});

test('3: a newer Node in a folder above', { skip }, async () => {
  const project = join(folder, 'project');
  const launcher = copyLauncher(join(project, 'node_modules', 'parallel-r1'));
  const dist = join(project, 'node_modules', 'parallel-r1', 'dist', 'src', 'cli');
  mkdirSync(dist, { recursive: true });
  mkdirSync(join(project, 'node_modules', 'node', 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(project, 'node_modules', 'node', 'bin', 'node'));
  const script =
    'export const main = async (args) => { console.log(process.version, ...args); process.exitCode = 7; };';
  writeFileSync(join(dist, 'main.js'), script);
  const { code, stdout } = await start(launcher, ['a', '--b']).result;
  assert.deepEqual([code, stdout], [7, `${process.version} a --b\n`]);
});

test('4: signals', { skip }, async () => {
  for (const [signal, name] of [
    ['SIGINT', 'int'],
    ['SIGTERM', 'term'],
  ] as const) {
    const { child, result } = start(LAUNCHER, [
      'run',
      '--quick',
      '--set',
      'embedded.threads=1',
      '--db',
      join(folder, `${name}.db`),
    ]);
    child.stderr.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('stage 1 of')) child.kill(signal);
    });
    const { code, stderr } = await result;
    assert.equal(code, 130, stderr);
    assert.equal(stderr.match(/stopping; press Ctrl-C again/g)?.length, 1);
    assert.match(stderr, /parallel-r1 resume \S+/);
  }
});

test('5: a killed program', {
  skip: skip || (process.platform !== 'linux' && 'the children of a process are found in /proc'),
}, async () => {
  const { child, result } = start(LAUNCHER, [
    'embedded',
    'serve',
    '--port',
    '0',
    '--threads',
    '1',
    '--state-dir',
    join(folder, 'state'),
  ]);
  await once(child.stdout, 'data');
  const [program] = listChildren(child.pid!);
  process.kill(program!, 'SIGKILL');
  assert.equal((await result).code, 137);
});

test('8: a killed launcher', {
  skip: skip || (process.platform !== 'linux' && 'the children of a process are found in /proc'),
}, async () => {
  const db = join(folder, 'killed.db');
  const { child } = start(LAUNCHER, ['run', '--quick', '--set', 'embedded.threads=1', '--db', db]);
  const [program] = await new Promise<number[]>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('stage 1 of')) return;
      const children = listChildren(child.pid!);
      child.kill('SIGKILL');
      resolve(children);
    });
  });
  assert.ok(program !== undefined);
  while (existsSync(`/proc/${program}`)) await new Promise((resolve) => setTimeout(resolve, 50));
  using store = openRunStore(db, { readonly: true });
  assert.equal(store.listRuns()[0]?.status, 'interrupted');
  acquireRunLock(db)[Symbol.dispose]();
});

test('6: no extra process', async () => {
  const { child, result } = startCli([
    'embedded',
    'serve',
    '--port',
    '0',
    '--threads',
    '1',
    '--state-dir',
    join(folder, 'direct'),
  ]);
  await once(child.stdout!, 'data');
  assert.deepEqual(listChildren(child.pid!), []);
  child.kill('SIGINT');
  assert.equal((await result).code, 0);
  assert.doesNotMatch(readFileSync(LAUNCHER, 'utf8'), /^import /m);
});

test('7: an empty event loop', async () => {
  const project = join(folder, 'empty');
  const launcher = copyLauncher(join(project, 'node_modules', 'parallel-r1'));
  const dist = join(project, 'node_modules', 'parallel-r1', 'dist', 'src', 'cli');
  mkdirSync(dist, { recursive: true });
  const run = async (main: string) => {
    writeFileSync(join(dist, 'main.js'), `export const main = ${main};`);
    const child = spawn(process.execPath, [launcher], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    return { code: code as number | null, stderr };
  };
  const silent = await run('() => new Promise(() => {})');
  assert.equal(silent.code, 1);
  assert.match(silent.stderr, /^parallel-r1: ended before the work was done: .*\n$/);
  // A program that names no code has not said that it succeeded.
  assert.deepEqual(await run('async () => {}'), { code: 1, stderr: '' });
  assert.deepEqual(await run('async () => { process.exitCode = 0; }'), { code: 0, stderr: '' });
  // One that cannot be loaded is told by its own error alone.
  assert.deepEqual(await run('missing'), { code: 1, stderr: 'parallel-r1: missing is not defined\n' });
});
