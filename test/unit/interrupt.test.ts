/**
 * Ctrl-C:
 *  1. signals that arrive together are one keystroke: the work is asked to stop and goes on stopping
 *  2. a later one ends the process at once with 130, whatever the work does
 *  3. disposed, the listener keeps nothing alive and a signal has its default effect again
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';

const MODULE = new URL('../../src/cli/interrupt.ts', import.meta.url).href;

/** Starts a process that runs `body` with the listener at hand. */
function startScript(body: string) {
  const code = `import { listenForInterrupt } from ${JSON.stringify(MODULE)};\n${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  /** Resolves when the process has printed `word`. */
  const saw = async (word: string) => {
    while (!stdout.includes(word)) await once(child.stdout, 'data');
  };
  return { child, saw, closed: once(child, 'close'), read: () => stdout };
}

test('1+2: one keystroke, then another', async () => {
  const { child, saw, closed, read } = startScript(`
    const { signal } = listenForInterrupt((message) => console.log(message));
    signal.addEventListener('abort', () => setTimeout(() => console.log('still here'), 100));
    setInterval(() => {}, 1000);
    console.log('ready');
  `);
  await saw('ready');
  child.kill('SIGINT');
  child.kill('SIGTERM');
  await saw('still here');
  const again = setInterval(() => child.kill('SIGINT'), 50);
  const [code] = await closed;
  clearInterval(again);
  assert.equal(code, 130);
  assert.equal(read().match(/press Ctrl-C again/g)?.length, 1);
});

test('3: disposed', async () => {
  const { child, saw, closed } = startScript(`
    listenForInterrupt(() => {})[Symbol.dispose]();
    const timer = setInterval(() => {}, 1000);
    console.log('ready');
  `);
  await saw('ready');
  child.kill('SIGINT');
  const [code, signal] = await closed;
  assert.deepEqual([code, signal], [null, 'SIGINT']);
});
