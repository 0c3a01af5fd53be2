import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Somebody else's server in a process group of its own, which ends as a whole. */

const POLL_MS = 100;
const LOG_CHARS = 4000;
const READY_MS = 180_000;

export interface LiveProgram {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** SIGKILL to the whole group: nothing is written any more. */
  kill(): Promise<void>;
}

export interface LiveProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Path that answers 200 once the server is ready. */
  readonly readyPath: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts it and waits until it is ready; rejects with its last words, the group ended, when it does not get there. */
export async function startLiveProgram(options: LiveProgramOptions): Promise<LiveProgram> {
  const { command, args, port, readyPath, env, cwd } = options;
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const closed = once(child, 'close');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARS);
    });
  }
  const kill = async () => {
    // The group may be gone already, by its own end.
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
    await closed;
  };
  const url = `http://127.0.0.1:${port}`;
  const isLate = AbortSignal.timeout(READY_MS);
  try {
    while (!(await isReady(url + readyPath))) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      await pause(POLL_MS, undefined, { signal: isLate });
    }
  } catch (error) {
    await kill();
    throw new Error(`no server at ${url}; its last words:\n${log}`, { cause: error });
  }
  return { url, kill };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A relay to a server which can keep an answer to itself. */
export interface LosingRelay {
  readonly url: string;
  /** The next request whose path ends so is carried out, and its answer is lost. */
  loseNext(path: string): void;
  close(): Promise<void>;
}

export async function openLosingRelay(target: string): Promise<LosingRelay> {
  let losing: string | null = null;
  const server = createHttpServer((request, response) => {
    const headers = { ...request.headers, host: new URL(target).host };
    const onward = sendRequest(target + request.url!, { method: request.method, headers }, (answer) => {
      if (losing === null || !request.url!.endsWith(losing)) {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
        return;
      }
      losing = null;
      answer.resume().on('end', () => request.socket.destroy());
    });
    onward.on('error', () => request.socket.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNext: (path) => {
      losing = path;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
