import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A real inference server of somebody else's, in a process of its own, with a tiny random model made on the spot. */

const [MAKE_MODEL, MAKE_ADAPTERS] = ['make-tiny-model', 'make-tiny-adapters'].map((name) =>
  fileURLToPath(new URL(`./${name}.py`, import.meta.url)),
) as [string, string];

/** Tokens the tiny model takes. */
export const TINY_CONTEXT = 4096;

/** One thread, nothing fetched, nothing reported. */
const ENVIRONMENT = {
  OMP_NUM_THREADS: '1',
  TOKENIZERS_PARALLELISM: 'false',
  HF_HUB_OFFLINE: '1',
  HF_HUB_DISABLE_TELEMETRY: '1',
  DO_NOT_TRACK: '1',
};

const POLL_MS = 100;
const LOG_CHARS = 2000;
const READY_MS = 240_000;
const STOP_MS = 30_000;

/** A server that answers. */
export interface LiveServer {
  /** Base URL, `/v1` included. */
  readonly url: string;
  /** The model's folder, which is its name at the server. */
  readonly model: string;
  /** Ends the process and waits for its end. */
  close(): Promise<void>;
}

export interface LiveServerOptions {
  readonly python: string;
  /** Holds the model; removed by the caller. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: any free one. */
  readonly port?: number;
  /** Arguments of Python that serve a model's folder on a port of 127.0.0.1. */
  toArgs(model: string, port: number): readonly string[];
}

/** Makes the model, starts the server and waits until it is healthy. Rejects, with the process ended, when it does not get there. */
export async function startLiveServer({
  python,
  folder,
  env,
  port: fixed,
  toArgs,
}: LiveServerOptions): Promise<LiveServer> {
  const model = join(folder, 'tiny-model');
  const options = { env: { ...process.env, ...ENVIRONMENT, ...env } };
  await promisify(execFile)(python, [MAKE_MODEL, model, String(TINY_CONTEXT)], options);
  const port = fixed ?? (await findFreePort());
  const child = spawn(python, toArgs(model, port), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const close = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await closed;
    clearTimeout(killer);
  };
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_CHARS);
    });
  }
  const root = `http://127.0.0.1:${port}`;
  const isLate = AbortSignal.timeout(READY_MS);
  try {
    while (!(await isHealthy(root))) {
      assert.equal(child.exitCode ?? child.signalCode, null, 'the server ended before it was healthy');
      await pause(POLL_MS, undefined, { signal: isLate });
    }
  } catch (error) {
    await close();
    throw new Error(`no healthy server at ${root}; its last words:\n${log}`, { cause: error });
  }
  return { url: `${root}/v1`, model, close };
}

/** Writes two LoRA adapters of rank 8 for a tiny model; returns their folders. */
export async function makeTinyAdapters(python: string, model: string): Promise<readonly [string, string]> {
  const folders = [`${model}-adapter-1`, `${model}-adapter-2`] as const;
  await promisify(execFile)(python, [MAKE_ADAPTERS, model, ...folders]);
  return folders;
}

async function isHealthy(root: string): Promise<boolean> {
  try {
    return (await fetch(`${root}/health`)).ok;
  } catch {
    return false;
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
