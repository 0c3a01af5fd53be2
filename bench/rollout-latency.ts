/**
 * What stands between a rollout and a server that answers: `node bench/rollout-latency.ts [--rounds 3] [--json]`.
 *
 * 1. 128 calls of 500 ms at once: wall clock of the whole path (call policy, fleet, adapter) beside bare undici.
 * 2. 2,048 in flight, instant completions of 512 tokens: CPU of this process per completion of the bare client, the
 *    openai package, the adapter, and the whole path.
 *
 * The server is a process of its own on 127.0.0.1. Sides take turns; the median round counts. The machine must be
 * idle: neighbours slow all sides, and not alike.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OpenAI } from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import { createOpenAiEngine } from '../adapters/engine-openai/create-openai-engine.ts';
import { systemClock } from '../src/app/system-clock.ts';
import { createRng } from '../src/core/rng.ts';
import { createCallPolicy } from '../src/pipeline/engine/calls.ts';
import { createEngineFleet } from '../src/pipeline/engine/fleet/create-engine-fleet.ts';
import type { CompletionRequest } from '../src/ports/engine.ts';

const DELAY_MS = 500;
const AT_ONCE = 128;
const IN_FLIGHT = 2048;
const COMPLETIONS = 4096;
const TOKENS = 512;
const PROMPT = Array.from({ length: 128 }, (_, i) => 1000 + i);
const NEVER = new AbortController().signal;

/** One way of asking for a completion. */
interface Side {
  readonly name: string;
  ask(index: number): Promise<unknown>;
  close(): Promise<void>;
}

const { values } = parseArgs({
  options: {
    server: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
if (values.server) serve();
else await measure(Number(values.rounds), values.json);

/** Answers every completion with the same body, at once or under `/slow` after a while; says its port. */
function serve(): void {
  const tokens = Array.from({ length: TOKENS }, (_, i) => 5000 + 7 * i);
  const logprobs = { tokens: tokens.map((id) => `t${id}`), token_logprobs: tokens.map((id) => -id / 9999) };
  const choice = { index: 0, text: ' word'.repeat(TOKENS), finish_reason: 'length', token_ids: tokens, logprobs };
  const usage = { prompt_tokens: PROMPT.length, completion_tokens: TOKENS };
  const body = JSON.stringify({ id: 'cmpl-1', object: 'text_completion', choices: [choice], usage });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const server = createServer((request, response) => {
    const answer = () => response.writeHead(200, headers).end(body);
    const isSlow = request.url?.startsWith('/slow') === true;
    request.resume().on('end', () => (isSlow ? setTimeout(answer, DELAY_MS) : answer()));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
  process.stdin.resume().on('end', () => process.exit(0));
}

async function measure(rounds: number, asJson: boolean): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--server'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data).trim())),
  );
  try {
    const latency = await measureLatency(`http://127.0.0.1:${port}/slow`, rounds);
    const cpu = await measureCpu(`http://127.0.0.1:${port}`, rounds);
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
    if (asJson) console.log(JSON.stringify({ machine, latency, cpu }));
    else print(machine, latency, cpu);
  } finally {
    child.stdin.end();
  }
}

/** Seconds until all are answered, per side. */
async function measureLatency(url: string, rounds: number): Promise<Record<string, number>> {
  const sides = [createBareSide(url), createPathSide(url)];
  const ask = async (side: Side) => {
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => side.ask(i)));
    return (performance.now() - startedMs) / 1000;
  };
  return takeTurns(sides, rounds, ask);
}

/** CPU milliseconds of this process per completion, per side. */
async function measureCpu(url: string, rounds: number): Promise<Record<string, number>> {
  const sides = [createBareSide(url), createSdkSide(url), createAdapterSide(url), createPathSide(url)];
  const ask = async (side: Side) => {
    const before = process.cpuUsage();
    let next = 0;
    const work = async () => {
      while (next < COMPLETIONS) {
        next += 1;
        await side.ask(next);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / COMPLETIONS;
  };
  return takeTurns(sides, rounds, ask);
}

/** Median per side; the first round opens connections and warms up, and is not counted. */
async function takeTurns(
  sides: readonly Side[],
  rounds: number,
  ask: (side: Side) => Promise<number>,
): Promise<Record<string, number>> {
  const figures = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of sides) {
      const figure = await ask(side);
      if (round > 0) figures.get(side.name)!.push(figure);
    }
  }
  for (const side of sides) await side.close();
  return Object.fromEntries([...figures].map(([name, all]) => [name, all.sort((a, b) => a - b)[rounds >> 1]!]));
}

function toRequest(index: number): CompletionRequest {
  const sampling = { temperature: 1, topP: 1, seed: index, stopTokenIds: [1, 2] };
  return { model: 'm', prompt: PROMPT, n: 1, maxTokens: TOKENS, ...sampling, prefixKey: `group ${index >> 3}` };
}

function toBody({ seed }: CompletionRequest) {
  return {
    ...{ model: 'm', prompt: PROMPT, n: 1, max_tokens: TOKENS, temperature: 1, top_p: 1, seed, logprobs: 0 },
    ...{ stop_token_ids: [1, 2], return_token_ids: true },
  };
}

function createBareSide(url: string): Side {
  const agent = new Agent();
  const { origin, pathname } = new URL(url);
  const path = `${pathname === '/' ? '' : pathname}/v1/completions`;
  return {
    name: 'bare undici',
    ask: async (index) => {
      const body = JSON.stringify(toBody(toRequest(index)));
      const headers = { 'content-type': 'application/json' };
      const response = await agent.request({ origin, path, method: 'POST', headers, body });
      return JSON.parse(await response.body.text());
    },
    close: () => agent.close(),
  };
}

function createSdkSide(url: string): Side {
  const agent = new Agent();
  const onAgent = (input: string, init: object) => undiciFetch(input, { ...init, dispatcher: agent });
  const fetch = onAgent as unknown as typeof globalThis.fetch;
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, fetch });
  return {
    name: 'openai-node',
    ask: (index) => client.completions.create(toBody(toRequest(index))),
    close: () => agent.close(),
  };
}

function createAdapterSide(url: string): Side {
  const engine = createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 60_000 });
  return {
    name: 'adapter',
    ask: (index) => engine.complete(toRequest(index)),
    close: () => engine[Symbol.asyncDispose](),
  };
}

/** What a run uses: call policy with deadline and adaptive limit, fleet, adapter. */
function createPathSide(url: string): Side {
  const fleet = createEngineFleet({
    engines: [createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 60_000 })],
    placement: 'sticky',
    clock: systemClock,
    onChange: ({ reason }) => {
      if (reason !== null) throw new Error(reason);
    },
  });
  const calls = createCallPolicy({
    ...{ maxInFlight: IN_FLIGHT, startInFlight: AT_ONCE, tries: 8, firstPauseMs: 250, maxPauseMs: 30_000 },
    ...{ deadlineMs: 60_000, rng: createRng(7), clock: systemClock },
  });
  return {
    name: 'policy, fleet and adapter',
    ask: (index) => calls.run((signal) => fleet.complete(toRequest(index), signal), NEVER),
    close: () => fleet[Symbol.asyncDispose](),
  };
}

function print(machine: object, latency: Record<string, number>, cpu: Record<string, number>): void {
  console.log(JSON.stringify(machine));
  const line = (figures: Record<string, number>, unit: string, digits: number) => {
    const base = figures['bare undici']!;
    for (const [name, figure] of Object.entries(figures)) {
      console.log(
        `  ${name.padEnd(26)} ${figure.toFixed(digits)} ${unit}  ${(figure / base).toFixed(2)} x bare undici`,
      );
    }
  };
  console.log(`${AT_ONCE} calls of ${DELAY_MS} ms at once, wall clock (reach: 0.56 s)`);
  line(latency, 's', 4);
  console.log(`${IN_FLIGHT} in flight, ${TOKENS} tokens each, CPU of the controller per completion`);
  line(cpu, 'ms', 3);
}
