import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HeldByProcess } from './memory-probe.ts';

/** A program of this repository in a process whose memory and handles can be read while it runs (Linux). */

const PROBE = fileURLToPath(new URL('./memory-probe.ts', import.meta.url));

/** Characters of what a process wrote that are kept for a report on its end. */
const TAIL_CHARS = 4000;

/** What a process holds: `rss` in bytes, open file descriptors, threads, and what it tells itself. */
export interface ProcessSample extends HeldByProcess {
  readonly rss: number;
  readonly descriptors: number;
  readonly threads: number;
}

export class WatchedProcess {
  readonly child: ChildProcess;
  /** Settles with the exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  #tail = '';
  #hasEnded = false;

  /** Starts `node file ...args`. Its standard input and its channel close with this process, which ends servers and the launcher. */
  constructor(file: string, args: readonly string[]) {
    this.child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, file, ...args], {
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, PARALLEL_R1_LAUNCHED: '1' },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#tail = (this.#tail + chunk).slice(-TAIL_CHARS);
      });
    }
    // A message sent to a process that is just ending is an error of the channel, and none of the end.
    this.child.on('error', (error) => {
      this.#tail += error.message;
      if (this.child.pid === undefined) throw error;
    });
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code) => {
        this.#hasEnded = true;
        resolve(code);
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The last that it wrote. */
  get tail(): string {
    return this.#tail;
  }

  /** The first line on its standard output, which is JSON. Rejects when it ends before. */
  async readJsonLine(): Promise<unknown> {
    const line = new Promise<string>((resolve) => {
      let text = '';
      this.child.stdout?.on('data', (chunk: string) => {
        text += chunk;
        const end = text.indexOf('\n');
        if (end >= 0) resolve(text.slice(0, end));
      });
    });
    const early = this.ended.then(() => {
      throw new Error(`ended before it was ready: ${this.#tail}`);
    });
    return JSON.parse(await Promise.race([line, early]));
  }

  /** Reads what it holds now, or null when it ends meanwhile. */
  async sample(): Promise<ProcessSample | null> {
    if (this.#hasEnded) return null;
    const answer = once(this.child, 'message').then(([held]) => held as HeldByProcess);
    try {
      this.child.send('sample');
      const held = await Promise.race([answer, this.ended.then(() => null)]);
      return held === null ? null : { ...readProc(this.child.pid!), ...held };
    } catch {
      // The channel or the process is gone.
      return null;
    }
  }

  /** Asks it to end, as Ctrl-C does, and waits. */
  async stop(): Promise<number | null> {
    if (!this.#hasEnded) {
      this.child.kill('SIGCONT');
      this.child.kill('SIGINT');
      this.child.stdin?.end();
    }
    return this.ended;
  }
}

function readProc(pid: number): Pick<ProcessSample, 'rss' | 'descriptors' | 'threads'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { rss: read('VmRSS') * 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length, threads: read('Threads') };
}
