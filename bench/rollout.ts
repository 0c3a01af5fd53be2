/**
 * What a finished rollout costs the controller: `node bench/rollout.ts [--rollouts 4096] [--rounds 3] [--json]`.
 *
 * 1. 2,048 calls in flight, instant completions of 512 tokens: CPU milliseconds of this process, threads included, per
 *    finished rollout of a step as a run takes it (send, receive, keep, parse, check, verify, store), beside bare undici
 *    and the openai package, which send, receive and parse JSON.
 * 2. `--memory`: 10,000 forked trajectories in flight (two paths each, up to 8,000 calls at once, answers after 20 ms):
 *    peak resident memory of a process that does nothing else.
 *
 * The server is a process of its own on 127.0.0.1. Sides take turns; the median round counts. The machine must be idle.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OpenAI } from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import { openBenchStep } from './bench-step.ts';

const IN_FLIGHT = 2048;
const TOKENS = 512;
const DELAY_MS = 20;
const TRAJECTORIES = 10_000;

/** Places enough for all of them to be under way at once; a step has a few more at work than places. */
const PLACES = 8_000;
const TAG_IDS = { parallelOpen: 1, parallelClose: 2, pathOpen: 3, pathClose: 4, summaryOpen: 5, summaryClose: 6 };
const EOS = 0;

const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    url: { type: 'string' },
    rollouts: { type: 'string', default: '4096' },
    rounds: { type: 'string', default: '3' },
    memory: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (values.server !== undefined) serve(values.server === 'slow' ? DELAY_MS : 0);
else if (values.url !== undefined) await holdMany(values.url);
else if (values.memory) await measureMemory(values.json);
else await measureCpu(Number(values.rollouts), Number(values.rounds), values.json);

/** Answers what the stop tokens ask for: a main segment that forks once, paths, a summary, an end; says its port. */
function serve(delayMs: number): void {
  const words = Array.from({ length: TOKENS - 1 }, (_, i) => 5000 + 7 * (i % 997));
  const answerOf = (last: number, text: string) => {
    const ids = [...words, last];
    const logprobs = { tokens: ids.map((id) => `t${id}`), token_logprobs: ids.map((id) => -id / 9999) };
    const choice = { index: 0, text, finish_reason: 'stop', stop_reason: last, token_ids: ids, logprobs };
    const usage = { prompt_tokens: 64, completion_tokens: TOKENS };
    return JSON.stringify({ id: 'cmpl-1', object: 'text_completion', choices: [choice], usage });
  };
  const prose = ' word'.repeat(TOKENS - 8);
  const bodies = {
    main: answerOf(EOS, `${prose}\nFinal Answer: 3<|end|>`),
    fork: answerOf(TAG_IDS.parallelOpen, `${prose}<Parallel>`),
    path: answerOf(TAG_IDS.pathClose, `${prose}</Path>`),
    summary: answerOf(TAG_IDS.summaryClose, `${prose}</Summary>`),
    tokenize: JSON.stringify({ count: 64, tokens: Array.from({ length: 64 }, (_, i) => 1000 + i) }),
  };
  const choose = (body: string): string => {
    if (!body.includes('stop_token_ids')) return bodies.main;
    const { stop_token_ids: stops, prompt } = JSON.parse(body) as { stop_token_ids: number[]; prompt: number[] };
    if (stops.includes(TAG_IDS.pathClose)) return bodies.path;
    if (stops.includes(TAG_IDS.summaryClose)) return bodies.summary;
    return stops.includes(TAG_IDS.parallelOpen) && !prompt.includes(TAG_IDS.summaryClose) ? bodies.fork : bodies.main;
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const text = request.url === '/tokenize' ? bodies.tokenize : choose(body);
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const answer = () => response.writeHead(200, headers).end(text);
      if (delayMs === 0) answer();
      else setTimeout(answer, delayMs);
    });
  });
  // A busy client comes back to an idle connection late; that is not what is measured.
  server.keepAliveTimeout = 120_000;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
  process.stdin.resume().on('end', () => process.exit(0));
}

/** Runs `work` against a server of its own. */
async function withServer<T>(kind: 'instant' | 'slow', work: (url: string) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--server', kind], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const port = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    child.stdin.end();
  }
}

async function measureCpu(rollouts: number, rounds: number, asJson: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-bench-rollout-'));
  try {
    const figures = await withServer('instant', async (url) => {
      const agent = new Agent();
      await using sequential = openSteps(url, folder, 'sequential');
      await using forked = openSteps(url, folder, 'parallel');
      const sides: Record<string, () => Promise<number>> = {
        'bare undici, per call': () => askAll(rollouts, createBareCall(agent, url)),
        'openai-node, per call': () => askAll(rollouts, createSdkCall(agent, url)),
        'sequential rollout, 1 call': () => sequential.rollOut(rollouts),
        'forked rollout, 5 calls': () => forked.rollOut(Math.ceil(rollouts / 4)),
      };
      const medians = await takeTurns(sides, rounds);
      await agent.close();
      return medians;
    });
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
    if (asJson) {
      console.log(JSON.stringify({ machine, rollouts, cpuMs: figures }));
      return;
    }
    console.log(JSON.stringify(machine));
    console.log(
      `up to ${IN_FLIGHT} calls in flight, ${TOKENS} tokens each: CPU of the controller (reach: 0.6 ms per rollout)`,
    );
    const base = figures['bare undici, per call']!;
    for (const [name, figure] of Object.entries(figures)) {
      console.log(`  ${name.padEnd(28)} ${figure.toFixed(3)} ms  ${(figure / base).toFixed(2)} x bare undici`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Median CPU milliseconds per item and side; the first round opens connections and warms up, and is not counted. */
async function takeTurns(
  sides: Readonly<Record<string, () => Promise<number>>>,
  rounds: number,
): Promise<Record<string, number>> {
  const figures = new Map<string, number[]>(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(sides)) {
      const before = process.cpuUsage();
      const items = await run();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) figures.get(name)!.push((user + system) / 1000 / items);
    }
  }
  return Object.fromEntries([...figures].map(([name, all]) => [name, all.sort((a, b) => a - b)[rounds >> 1]!]));
}

/** A run whose steps are measured; `rollOut` checks that what it finished is what the server wrote. */
function openSteps(url: string, folder: string, mode: 'sequential' | 'parallel', maxInFlight = IN_FLIGHT) {
  const step = openBenchStep({
    url,
    file: join(folder, `${mode}.db`),
    mode,
    maxInFlight,
    tags: TAG_IDS,
    eos: EOS,
  });
  let all = 0;
  return {
    rollOut: async (count: number) => {
      all += count;
      assert.deepEqual(await step.rollOut(count), { correct: all, forked: mode === 'parallel' ? all : 0 });
      return count;
    },
    [Symbol.asyncDispose]: () => step[Symbol.asyncDispose](),
  };
}

async function askAll(count: number, ask: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      next += 1;
      await ask(next);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return count;
}

function toBody(seed: number) {
  const prompt = Array.from({ length: 64 }, (_, i) => 1000 + i);
  return {
    ...{ model: 'm', prompt, n: 1, max_tokens: TOKENS, temperature: 1, top_p: 1, seed, logprobs: 0 },
    ...{ stop_token_ids: [EOS], return_token_ids: true },
  };
}

function createBareCall(agent: Agent, origin: string) {
  return async (index: number) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(toBody(index));
    const response = await agent.request({ origin, path: '/v1/completions', method: 'POST', headers, body });
    return JSON.parse(await response.body.text());
  };
}

function createSdkCall(agent: Agent, url: string) {
  const onAgent = (input: string, init: object) => undiciFetch(input, { ...init, dispatcher: agent });
  const fetch = onAgent as unknown as typeof globalThis.fetch;
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, fetch });
  return (index: number) => client.completions.create(toBody(index));
}

async function measureMemory(asJson: boolean): Promise<void> {
  const peakMb = await withServer('slow', async (url) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--url', url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
    return Number(said);
  });
  if (asJson) console.log(JSON.stringify({ trajectories: TRAJECTORIES, peakMb }));
  else console.log(`${TRAJECTORIES} forked trajectories in flight, 2,560 tokens each: peak ${peakMb.toFixed(0)} MB`);
}

/** The measured process: all trajectories begun at once. Prints its peak megabytes. */
async function holdMany(url: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-bench-hold-'));
  try {
    await using steps = openSteps(url, folder, 'parallel', PLACES);
    await steps.rollOut(TRAJECTORIES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // The biggest it ever was, in KiB.
  process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
}
