/**
 * Memory of a cold start: `node bench/generate-memory.ts [--megabytes 1000] [--attempts 2000] [--json]`.
 *
 * Over a problem file of 1 MB and over one of `--megabytes`, each in a process of its own: (a) every row is read and
 * checked as the stage reads it; (b) `generate`, which reads the file whole twice and asks until a token budget ends it
 * after so many attempts, up to 64 at once. Peak resident memory of the process, threads included. Exit code 1 when
 * reading passes 300 MB. What (b) has beyond its live data (some 45 MB) is what the garbage collector lets lie.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createProblemResolver } from '../src/problem-sets/resolve-problems.ts';
import { INSTANT_MODEL, INSTANT_TOKENS, startInstantTeacher } from './instant-teacher.ts';

const LIMIT_MB = 300;

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1000' },
    attempts: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
    url: { type: 'string' },
  },
});
if (values.child === undefined) await compare(Number(values.megabytes), Number(values.attempts), values.json);
else {
  if (values.url === undefined) await read(values.child);
  else await generate(values.child, values.url, Number(values.attempts));
  // The biggest it ever was, in KiB.
  process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
}

async function compare(megabytes: number, attempts: number, asJson: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-bench-memory-'));
  const teacher = await startInstantTeacher();
  try {
    const peaks: Record<string, number> = {};
    for (const size of [1, megabytes]) {
      const file = join(folder, `problems-${size}.jsonl`);
      const rows = writeProblems(file, size);
      const reading = await measure(file, []);
      peaks[`reading ${size} MB, ${rows} problems`] = reading;
      if (reading > LIMIT_MB) process.exitCode = 1;
      const asking = ['--url', teacher.url, '--attempts', String(Math.min(attempts, rows))];
      peaks[`generate from ${size} MB, ${Math.min(attempts, rows)} attempts`] = await measure(file, asking);
      rmSync(file);
    }
    if (asJson) console.log(JSON.stringify({ peakMb: peaks, limitMb: LIMIT_MB }));
    else for (const [name, peak] of Object.entries(peaks)) console.log(`${name}: peak ${peak.toFixed(0)} MB`);
  } finally {
    await teacher.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeProblems(file: string, megabytes: number): number {
  const out = openSync(file, 'w');
  let rows = 0;
  for (let bytes = 0; bytes < megabytes * 1e6; ) {
    const lines = Array.from({ length: 1000 }, (_, i) => {
      const problem = `In village ${rows + i} there is one red house and there are two blue ones. ${'It rains. '.repeat(30)}How many houses are there?`;
      return `${JSON.stringify({ id: `p${rows + i}`, problem, answer: '3' })}\n`;
    });
    rows += lines.length;
    bytes += writeSync(out, lines.join(''));
  }
  closeSync(out);
  return rows;
}

/** Peak megabytes of a process of its own. */
async function measure(file: string, options: readonly string[]): Promise<number> {
  const args = [fileURLToPath(import.meta.url), '--child', file, ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0);
  return Number(said);
}

async function read(file: string): Promise<void> {
  const resolver = createProblemResolver([], new AbortController().signal);
  for await (const _problem of resolver.read([{ kind: 'file', path: file, limit: null }]));
}

async function generate(problems: string, url: string, attempts: number): Promise<void> {
  // Loaded here: the process that only reads must not pay for them.
  const { openRunStore } = await import('../adapters/store-sqlite/open-run-store.ts');
  const { startRun } = await import('../src/app/start-run.ts');
  const { loadRunConfig } = await import('../src/config/load.ts');
  const { keepColdStart, letEngineTeach } = await import('../src/app/cut-recipe.ts');
  const db = `${problems}.db`;
  const sets = [
    ...['engine.maxInFlight=64', `engine.urls=${url}`, `engine.model=${INSTANT_MODEL}`],
    `stages.cold-start.problems=${problems}`,
    `stages.cold-start.budgetTokens=${attempts * INSTANT_TOKENS}`,
  ];
  const whole = loadRunConfig({ preset: 'seen', sets }).config;
  const { runId: id } = await startRun({ config: letEngineTeach(keepColdStart(whole)), db });
  using store = openRunStore(db, { readonly: true });
  assert.ok(store.measureAttempts(id, 0).attempts >= attempts);
}
