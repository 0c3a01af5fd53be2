import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Pair } from './pair.ts';
import { identifyProcess, type ProcessId } from './process-family.ts';
import { type RunFolder, TUFT_KEY_VARIABLE } from './recipe.ts';
import { REPOSITORY } from './rig.ts';
import { readRun } from './run-figures.ts';
import { TUFT_KEY, urlOf } from './servers.ts';

/** The command line of this repository as a process of the rig. */

export interface Controller {
  readonly child: ChildProcess;
  readonly process: ProcessId;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const GRACE_MS = 60_000;

/** Arguments that bring a run on: `run` while the store has none, else `resume`; null when it is done. */
export function nextCommand(run: RunFolder, pair: Pair): readonly string[] | null {
  const found = readRun(run.store, run.name);
  const urls = ['--engine', urlOf(pair.engine), '--trainer', urlOf(pair.trainer)];
  if (found === null) return ['run', '--config', run.config, '--db', run.store, ...urls];
  return found.status === 'done' ? null : ['resume', found.id, '--db', run.store, ...urls];
}

/** Starts `parallel-r1 ...args`; its words go to stderr, or to the run's log. */
export function startController(args: readonly string[], run: RunFolder | null): Controller {
  const log = run === null ? null : openSync(run.log, 'a');
  const child = spawn(process.execPath, [join(REPOSITORY, 'bin', 'parallel-r1.js'), ...args], {
    stdio: log === null ? ['ignore', 'inherit', 'inherit'] : ['ignore', log, log],
    env: { ...process.env, [TUFT_KEY_VARIABLE]: TUFT_KEY },
    // Ctrl-C is passed on once, by endController; from the terminal it would come twice and mean "at once".
    detached: true,
  });
  if (log !== null) closeSync(log);
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal!));
  });
  return { child, process: identifyProcess(child.pid!) ?? { pid: child.pid!, startTicks: -1 }, ended };
}

/** Runs it to its end; interrupted, it is asked to stop and waited for, which leaves its run ready to be resumed. */
export async function runController(
  args: readonly string[],
  run: RunFolder | null,
  signal: AbortSignal,
): Promise<number | NodeJS.Signals> {
  signal.throwIfAborted();
  const controller = startController(args, run);
  const stop = () => endController(controller);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await controller.ended;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Asks a controller to stop as Ctrl-C does, and kills it when that takes longer than a minute. */
export async function endController({ child, ended }: Controller): Promise<void> {
  child.kill('SIGINT');
  const killer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await ended;
  clearTimeout(killer);
}
