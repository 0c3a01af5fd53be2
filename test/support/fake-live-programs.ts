import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs in the places of Python, uv and the servers, so that the live rig can be tried without any of them. */

const LIVE = fileURLToPath(new URL('../../scripts/live/live.ts', import.meta.url));

/**
 * One program under all names. It appends what it is asked to `calls.txt`, and does what the file `wishes.json` in the rig says of the
 * words in its command: `fail` (exit 1), `hang` (with a child in a session of its own), `end` (a server that ends at once).
 */
const PROGRAM = `
const { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const { dirname, join } = require('node:path');
const root = process.env.PARALLEL_R1_LIVE;
const args = process.argv.slice(2);
const line = args.join(' ');
mkdirSync(root, { recursive: true });
const note = (file, text) => appendFileSync(join(root, file), text + '\\n');
const install = (path) => { mkdirSync(dirname(path), { recursive: true }); copyFileSync(__filename, path); chmodSync(path, 0o755); };
const keepChild = () => { const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore', argv0: line.includes('vllm.entrypoints') ? 'VLLM::EngineCore' : 'other' }); note('children.txt', String(child.pid)); };
const wishes = existsSync(join(root, 'wishes.json')) ? JSON.parse(readFileSync(join(root, 'wishes.json'), 'utf8')) : {};
const wish = Object.entries(wishes).find(([word]) => line.includes(word))?.[1];
const portAt = args.indexOf('--port');
if (args[0] === '-c') console.log('3.12');
else if (wish === 'fail' || wish === 'end') { console.log('first words'); console.log('last words'); process.exit(1); }
else if (wish === 'hang') { note('calls.txt', line); keepChild(); setInterval(() => {}, 1000); }
else if (portAt !== -1) {
  note('calls.txt', line);
  keepChild();
  require('node:http').createServer((_, response) => response.end('{}')).listen(Number(args[portAt + 1]), '127.0.0.1');
} else {
  note('calls.txt', line);
  console.log('working');
  const made = args.at(-1);
  if (args.includes('venv')) for (const name of ['python', 'uv']) install(join(made, 'bin', name));
  else if (line.includes('make-')) mkdirSync(made, { recursive: true });
}
`;

export interface FakeRig {
  readonly root: string;
  /** Starts `live ...args`. */
  start(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): { readonly child: ChildProcess; readonly ended: Promise<LiveEnd> };
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<LiveEnd>;
  /** What programs shall do from now on, by a word of their command. */
  wish(wishes: Readonly<Record<string, 'fail' | 'hang' | 'end'>>): void;
  /** Commands that were run, in order. */
  calls(): string[];
  /** Numbers of the processes that programs left beside them. */
  children(): number[];
}

export interface LiveEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options that give engine and trainer ports of the system's own choice, far from those of a real rig on this machine. */
export async function choosePorts(): Promise<string[]> {
  const servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')];
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [engine, trainer] = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ['--engine-port', engine!, '--trainer-port', trainer!];
}

/** A rig in `folder` whose Python is made up; other Pythons of the machine are not found. */
export function makeFakeRig(folder: string): FakeRig {
  const root = join(folder, 'rig');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'python3.12'), `#!${process.execPath}\n${PROGRAM}`, { mode: 0o755 });
  const env = {
    ...process.env,
    PARALLEL_R1_LIVE: root,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    HOME: folder,
    PYENV_ROOT: folder,
  };
  const start: FakeRig['start'] = (args, more) => {
    const child = spawn(process.execPath, [LIVE, ...args], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, ...texts }))) };
  };
  const lines = (file: string) =>
    existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8').trim().split('\n') : [];
  return {
    root,
    start,
    run: (args, more) => start(args, more).ended,
    wish(wishes) {
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, 'wishes.json'), JSON.stringify(wishes));
    },
    calls: () => lines('calls.txt'),
    children: () => lines('children.txt').map(Number),
  };
}
