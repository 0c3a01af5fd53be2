/**
 * What cold-start data cost the controller: `node bench/generate.ts [--rows 8192] [--rounds 3] [--json]`.
 *
 * `generate` as the command line runs it (prompt, chat call, thinking stripped, format, answer line, verification,
 * tokens counted by the server, row in the store) against an instant server, up to 2,048 calls in flight, completions of
 * 512 tokens: CPU milliseconds of this process, its threads included, per accepted row. Beside it bare undici with JSON
 * alone, for the chat call and for all three calls a row takes.
 *
 * The server is a process of its own on 127.0.0.1. Sides take turns; the median round counts. The machine must be idle.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Agent } from 'undici';
import { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
import { keepColdStart, letEngineTeach } from '../src/app/cut-recipe.ts';
import { startRun } from '../src/app/start-run.ts';
import { loadRunConfig } from '../src/config/load.ts';
import { reportYield } from '../src/pipeline/cold-start/yield-report.ts';
import { INSTANT_GOLD, INSTANT_MODEL, startInstantTeacher } from './instant-teacher.ts';

const IN_FLIGHT = 2048;

const { values } = parseArgs({
  options: {
    server: { type: 'boolean', default: false },
    rows: { type: 'string', default: '8192' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
if (values.server) await serve();
else await measure(Number(values.rows), Number(values.rounds), values.json);

/** Serves until stdin ends; says its port. */
async function serve(): Promise<void> {
  const { url } = await startInstantTeacher();
  process.stdout.write(`${new URL(url).port}\n`);
  process.stdin.resume().on('end', () => process.exit(0));
}

async function measure(rows: number, rounds: number, asJson: boolean): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--server'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-bench-generate-'));
  try {
    const port = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    const figures = await takeTurns(`http://127.0.0.1:${port}`, folder, rows, rounds);
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
    if (asJson) console.log(JSON.stringify({ machine, rows, cpuMsPerRow: figures }));
    else print(machine, rows, figures);
  } finally {
    child.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Median CPU milliseconds per row of each side; the first round warms up and is not counted. */
async function takeTurns(url: string, folder: string, rows: number, rounds: number): Promise<Record<string, number>> {
  const problems = join(folder, 'problems.jsonl');
  const lines = Array.from({ length: rows }, (_, i) => ({
    id: `p${i}`,
    problem: `${writeProblem(i)}`,
    answer: INSTANT_GOLD,
  }));
  writeFileSync(problems, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const sides: Record<string, (round: number) => Promise<void>> = {
    'bare undici, chat alone': () => askBare(url, rows, ['/v1/chat/completions']),
    'bare undici, the calls of a row': () => askBare(url, rows, ['/v1/chat/completions', '/tokenize', '/tokenize']),
    generate: (round) => generate(url, problems, join(folder, `round-${round}.db`), rows),
  };
  const figures = new Map<string, number[]>(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(sides)) {
      const before = process.cpuUsage();
      await run(round);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) figures.get(name)!.push((user + system) / 1000 / rows);
    }
  }
  return Object.fromEntries([...figures].map(([name, all]) => [name, all.sort((a, b) => a - b)[rounds >> 1]!]));
}

function writeProblem(index: number): string {
  return `In village ${index} there is one red house and there are two blue ones. How many houses are there?`;
}

async function generate(url: string, problems: string, db: string, rows: number): Promise<void> {
  const sets = [
    ...[`engine.maxInFlight=${IN_FLIGHT}`, `engine.urls=${url}/v1`, `engine.model=${INSTANT_MODEL}`],
    `stages.cold-start.problems=${problems}`,
  ];
  const whole = loadRunConfig({ preset: 'seen', sets }).config;
  const { runId: id } = await startRun({ config: letEngineTeach(keepColdStart(whole)), db });
  using store = openRunStore(db, { readonly: true });
  assert.equal(reportYield({ store, runId: id }, 0).accepted, rows);
}

async function askBare(origin: string, rows: number, paths: readonly string[]): Promise<void> {
  const agent = new Agent();
  const headers = { 'content-type': 'application/json' };
  let next = 0;
  const work = async () => {
    while (next < rows) {
      next += 1;
      const messages = [{ role: 'user', content: 'x'.repeat(2600) + writeProblem(next) }];
      const body = JSON.stringify({ model: INSTANT_MODEL, messages, n: 1, max_tokens: 16_384, seed: next });
      for (const path of paths) {
        const response = await agent.request({ origin, path, method: 'POST', headers, body });
        JSON.parse(await response.body.text());
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  await agent.close();
}

function print(machine: object, rows: number, figures: Record<string, number>): void {
  console.log(JSON.stringify(machine));
  console.log(`${rows} rows, up to ${IN_FLIGHT} calls in flight, 512 tokens each: CPU of the controller per row`);
  const base = figures['bare undici, chat alone']!;
  for (const [name, figure] of Object.entries(figures)) {
    console.log(`  ${name.padEnd(34)} ${figure.toFixed(3)} ms  ${(figure / base).toFixed(2)} x bare undici`);
  }
}
