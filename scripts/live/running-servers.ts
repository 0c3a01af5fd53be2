import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { endFamily, identifyProcess, isRunning, type ProcessId, yieldProcesses } from './process-family.ts';
import { type Rig, RigError, SERVER_NAMES, type ServerName } from './rig.ts';
import { readLastLines } from './run-logged.ts';
import { SERVER_KINDS, type ServerChoice, urlOf } from './servers.ts';
import { showProgress, tell } from './tell.ts';

/** Servers of the rig as processes: started apart from the command that starts them, known by a record on disk, ended by number. */

/** A server that was started. */
export interface RunningServer extends ServerChoice {
  readonly process: ProcessId;
  readonly logFile: string;
}

const LOOK_EVERY_MS = 500;
/** A start takes a minute or two on two busy cores; SmolLM2 somewhat more. */
const READY_MS = 600_000;
const GRACE_MS = 20_000;
const LAST_LINES = 15;
const PORT_WAIT_MS = 5000;
const FIRST_PORT = 18_200;
const PORTS = 100;

const recordOf = (rig: Rig, name: ServerName) => rig.at('servers', `${name}.json`);

/** The server of that name if it runs; a record whose process has ended counts for nothing. */
export function findServer(rig: Rig, name: ServerName): RunningServer | null {
  try {
    const server = JSON.parse(readFileSync(recordOf(rig, name), 'utf8')) as RunningServer;
    return isRunning(server.process) ? server : null;
  } catch {
    return null;
  }
}

/** All that run. */
export function listServers(rig: Rig): RunningServer[] {
  return SERVER_NAMES.flatMap((name) => findServer(rig, name) ?? []);
}

/** Starts a server without waiting for it. Rejects when one of that name runs already or the port is taken. */
export async function startServer(rig: Rig, choice: ServerChoice): Promise<RunningServer> {
  const { name, port } = choice;
  const present = findServer(rig, name);
  if (present !== null) {
    throw new RigError(
      `${name} runs already at ${urlOf(present)} with ${present.model} (process ${present.process.pid}): npm run live -- down ${name}`,
    );
  }
  if (!(await becomesFree(port)))
    throw new RigError(`port ${port} of 127.0.0.1 is taken; give ${name} another one, or none`);
  const { command, args, env } = SERVER_KINDS[name].prepare(rig, choice);
  const logFile = rig.at('logs', `${name}.log`);
  const workFolder = rig.at('servers', name);
  for (const folder of [rig.at('logs'), workFolder]) mkdirSync(folder, { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd: workFolder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const fault = await Promise.race([
    once(child, 'spawn').then(() => null),
    once(child, 'error').then(([error]) => error as Error),
  ]);
  const id = child.pid === undefined ? null : identifyProcess(child.pid);
  if (fault !== null || id === null)
    throw new RigError(`${name} could not be started: ${fault?.message ?? readLastLines(logFile, 1)}`);
  child.unref();
  const server = { name, model: choice.model, port, process: id, logFile };
  writeFileSync(recordOf(rig, name), `${JSON.stringify(server, null, 2)}\n`);
  return server;
}

/** Waits until a server answers, and puts what spins in it behind the rest; rejects with the end of its log when it ends before, and with the signal's reason. */
export async function waitUntilReady(server: RunningServer, signal: AbortSignal): Promise<void> {
  const { title, spinning } = SERVER_KINDS[server.name];
  using progress = showProgress(`start ${title}`);
  const deadline = performance.now() + READY_MS;
  while (!(await isHealthy(server))) {
    signal.throwIfAborted();
    const isLate = performance.now() > deadline;
    if (isLate || !isRunning(server.process)) {
      const fault = isLate ? `does not answer after ${READY_MS / 1000} s` : 'ended before it answered';
      throw new RigError(
        `${title} ${fault}; the end of ${server.logFile}:\n${readLastLines(server.logFile, LAST_LINES)}`,
      );
    }
    progress.show(readLastLines(server.logFile, 1));
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  if (spinning !== undefined) yieldProcesses(server.process, spinning);
}

/** Starts several at once and waits for all; ends those it started when one fails or the signal comes. */
export async function bringUp(
  rig: Rig,
  choices: readonly ServerChoice[],
  signal: AbortSignal,
): Promise<RunningServer[]> {
  const started: RunningServer[] = [];
  try {
    for (const choice of choices) started.push(await startServer(rig, choice));
    for (const server of started) await waitUntilReady(server, signal);
    return started;
  } catch (error) {
    await Promise.all(started.map((server) => endServer(rig, server)));
    throw error;
  }
}

/** Ends a server with all its processes and waits for that. */
export async function endServer(rig: Rig, server: RunningServer): Promise<void> {
  await endFamily(server.process, GRACE_MS);
  rmSync(recordOf(rig, server.name), { force: true });
  tell(`${server.name} ended (process ${server.process.pid})`);
}

export async function isHealthy({ name, port }: ServerChoice): Promise<boolean> {
  try {
    return (
      await fetch(`http://127.0.0.1:${port}${SERVER_KINDS[name].healthPath}`, { signal: AbortSignal.timeout(5000) })
    ).ok;
  } catch {
    return false;
  }
}

/**
 * A port of the loopback that nobody listens on now and that is not among `given`. Below the range that systems take
 * ports from by themselves: Ray and torch take many while a server starts, and one of them would be this.
 */
export async function findFreePort(given: readonly number[]): Promise<number> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS; port += 1) {
    if (!given.includes(port) && (await isFree(port))) return port;
  }
  throw new RigError(
    `all of the ports ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} are taken; give --engine-port and --trainer-port`,
  );
}

/** Waits a little for a port: of a process that was killed, threads that still end may hold it for a moment. */
async function becomesFree(port: number): Promise<boolean> {
  const deadline = performance.now() + PORT_WAIT_MS;
  while (!(await isFree(port))) {
    if (performance.now() > deadline) return false;
    await pause(LOOK_EVERY_MS);
  }
  return true;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
