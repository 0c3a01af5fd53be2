import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endFamily, identifyProcess } from './process-family.ts';
import { RigError } from './rig.ts';
import { showProgress } from './tell.ts';

/** A command whose words go to a log while one line tells how it gets on. */
export interface LoggedCommand {
  /** What is being done, as the progress line says it. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const LOOK_EVERY_MS = 500;
const GRACE_MS = 5000;
const LAST_LINES = 12;

/** Runs a command to its end. Rejects with the last lines of its log when it fails, and with the signal's reason, the children ended, when aborted. */
export async function runLogged(
  { title, command, args, env, logFile }: LoggedCommand,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  // A session of its own: Ctrl-C reaches this process alone, which then ends the whole family.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  const ended = new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, killer) => resolve(code === 0 ? null : `exit code ${code ?? killer}`));
  });
  const id = child.pid === undefined ? null : identifyProcess(child.pid);
  using progress = showProgress(title);
  for (let fault: string | null | undefined; ; ) {
    fault = await Promise.race([ended, pause(LOOK_EVERY_MS, undefined)]);
    if (signal.aborted && id !== null) {
      await endFamily(id, GRACE_MS);
      signal.throwIfAborted();
    }
    if (fault === null) return;
    if (fault !== undefined)
      throw new RigError(`${title} failed (${fault}); the end of ${logFile}:\n${readLastLines(logFile, LAST_LINES)}`);
    progress.show(readLastLines(logFile, 1));
  }
}

/** The last lines of a log that say something, without terminal codes; empty when it cannot be read. */
export function readLastLines(file: string, count: number): string {
  try {
    const text = readFileSync(file, 'utf8').slice(-20_000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what is taken out
    const plain = text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, '').split(/[\r\n]+/);
    return plain
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .join('\n');
  } catch {
    return '';
  }
}
