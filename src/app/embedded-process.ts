import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WordFamilyName } from '../core/word-sums/word-problem.ts';
import { EngineError } from '../errors.ts';

/** The embedded engine and trainer as a process of its own on a free loopback port. */
export interface EmbeddedProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

export interface EmbeddedProcessOptions {
  /** Where it keeps its checkpoints. */
  readonly stateDir: string;
  readonly seed: number;
  readonly threads: number;
  readonly family: WordFamilyName;
}

/**
 * Starts the server and waits until it answers. It watches its standard input and ends with this
 * process, even when this process is killed.
 */
export async function startEmbeddedProcess(
  options: EmbeddedProcessOptions,
  signal: AbortSignal,
): Promise<EmbeddedProcess> {
  const args = [findServerMain(), '--port', '0', '--state-dir', options.stateDir];
  args.push('--seed', String(options.seed), '--threads', String(options.threads));
  args.push('--family', options.family, '--parent-watch');
  // A process group of its own: Ctrl-C in the terminal must reach only the controller, which then stops the server in order.
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const url = await readUrl(child, signal);
  return {
    url,
    pid: child.pid!,
    [Symbol.asyncDispose]: () => stop(child),
  };
}

function findServerMain(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const base = join(here, '..', '..', 'adapters', 'embedded-lm', 'server', 'main');
  return existsSync(`${base}.ts`) ? `${base}.ts` : `${base}.js`;
}

function readUrl(child: ChildProcess, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onAbort = () => {
      child.kill();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) =>
      reject(new EngineError('the embedded server could not be started', { cause: error })),
    );
    child.once('exit', (code, kill) => {
      reject(new EngineError(`the embedded server ended before it was ready (${kill ?? `exit code ${code}`})`));
    });
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      signal.removeEventListener('abort', onAbort);
      try {
        resolve((JSON.parse(text.slice(0, end)) as { url: string }).url);
      } catch (error) {
        reject(new EngineError('the embedded server did not say where it listens', { cause: error }));
      }
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.stdin?.end();
  });
}
